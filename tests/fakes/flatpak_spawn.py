#!/usr/bin/env python3
"""flatpak-spawn as tests need it: takes its words apart strictly, and runs the rest as the host would.

The host's session has an environment of its own, so nothing of ours is handed on but what --env names. What it was
called with is written into $FLATPAK_SPAWN_CALLS, a line a call; with $FLATPAK_SPAWN_REFUSES it refuses, as a sandbox
without the permission does.
"""

import json
import os
import sys


def main(words: list[str]) -> None:
    with open(os.environ["FLATPAK_SPAWN_CALLS"], "a", encoding="utf-8") as calls:
        calls.write(json.dumps(words) + "\n")
    if os.environ.get("FLATPAK_SPAWN_REFUSES"):
        sys.exit("Portal call failed: org.freedesktop.DBus.Error.ServiceUnknown")
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LANG": "C.UTF-8"}
    descriptors: list[int] = []
    host = False
    while words and words[0].startswith("--"):
        name, _, value = words.pop(0).partition("=")
        if name == "--host":
            host = True
        elif name == "--directory":
            os.chdir(value)
        elif name == "--forward-fd":
            descriptors.append(int(value))
        elif name == "--env":
            environment.update([value.split("=", 1)])
        elif name != "--watch-bus":
            sys.exit(f"Unknown option {name}")
    if not host:
        sys.exit("this would run in the sandbox")
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            os.set_inheritable(number, number < 3 or number in descriptors)
        except OSError:
            continue  # the listing's own
    os.execvpe(words[0], words, environment)


if __name__ == "__main__":
    main(sys.argv[1:])
