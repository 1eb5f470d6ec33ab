"""The engine's end of the pipe, in a real process: whose stdin and stdout are, and what still comes through."""

import json
import subprocess
import sys
from pathlib import Path

from obs_bgremove.shared import protocol
from obs_bgremove.shared.protocol import DesiredState

PROGRAM = """
import json, os, sys, threading
from obs_bgremove.engine.host_link import HostLink
from obs_bgremove.shared.language import Text
woken = threading.Event()
link = HostLink(woken.set)
said = {"null": os.read(0, 1) == b""}  # the pipe would give a byte of a message
print("a library prints to stdout", flush=True)
link.start()
seen = []
while not link.closed:
    woken.wait(10)
    woken.clear()
    seen += link.take_commands()
seen += link.take_commands()
said["inherited"] = os.get_inheritable(link._in.fileno())
said = json.dumps({**said, "commands": seen, "privacy": link.desired.privacy})
link.send("status", level="info", text=Text("{said}", said=said))
"""


def test_stdin_is_the_null_device_and_messages_and_the_end_still_come() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        words = DesiredState(privacy=True).encode() + protocol.encode("command", name="learn")
        out, errors = process.communicate(words, timeout=30)
    assert process.returncode == 0, errors
    said = json.loads(str(protocol.decode(out)["text"]))
    assert said == {"null": True, "inherited": False, "commands": ["learn"], "privacy": True}
    assert errors.strip() == b"a library prints to stdout"
