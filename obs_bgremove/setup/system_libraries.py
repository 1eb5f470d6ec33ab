"""System libraries that the engine's packages load but no wheel carries, and how each system installs them.

Found by running the engine's imports in a bare Debian (tests/bare_system.sh). OBS brings only some of them.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from obs_bgremove.setup.runner import Runner
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text, sentences, tr

# soname: packages of Debian and Ubuntu, of Fedora, of Arch.
PACKAGES = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl", "libglvnd"),
    "libGLESv2.so.2": ("libgles2", "libglvnd-gles", "libglvnd"),
    "libGL.so.1": ("libgl1", "libglvnd-glx", "libglvnd"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2", "glib2"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2", "glib2"),
    "libX11.so.6": ("libx11-6", "libX11", "libx11"),
}
_MANAGERS = (("apt-get", "apt-get install"), ("dnf", "dnf install"), ("pacman", "pacman -S"))

PROBE = """
import ctypes, json, sys
missing = []
for name in sys.argv[1:]:
    try:
        ctypes.CDLL(name)
    except OSError:
        missing.append(name)
print(json.dumps(missing))
"""


def missing(python: Path, runner: Runner) -> list[str]:
    """Which libraries of the table the engine's Python cannot load. On Linux: elsewhere none has such a name."""
    if sys.platform != "linux":
        return []
    result = runner.ask([str(python), "-c", PROBE, *PACKAGES])
    try:
        return [str(name) for name in json.loads(result.output.strip().splitlines()[-1])]
    except (ValueError, IndexError):
        return []


def named_in(text: str) -> list[str]:
    """Libraries that a failed import names."""
    return re.findall(r"(\S+\.so[.\d]*): cannot open shared object file", text)


def error(names: Sequence[str]) -> UserError:
    """What is missing, and the line that installs it on this system."""
    names = list(dict.fromkeys(names))
    return UserError(tr("System libraries are missing: {names}.", names=", ".join(names)), remedy(names))


def remedy(names: Sequence[str]) -> Text:
    """The command for this system's package manager, else for each known one, else the bare names."""
    known = [name for name in names if name in PACKAGES]
    unknown = ", ".join(name for name in names if name not in PACKAGES)
    by_hand = tr(
        "Install what provides {libraries} with your system's package manager, then run this again.", libraries=unknown
    )
    if not known:
        return by_hand
    sudo = "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
    lines = [
        f"`{sudo}{command} {' '.join(dict.fromkeys(PACKAGES[name][column] for name in known))}`"
        for column, (program, command) in enumerate(_MANAGERS)
        if shutil.which(program) or not any(shutil.which(other) for other, _ in _MANAGERS)
    ]
    commands = Text("{command}", command=lines[0])
    for line in lines[1:]:
        commands = tr("{command} or {other}", command=commands, other=line)
    install = tr("Install them: {commands}, then run this again.", commands=commands)
    return sentences(install, by_hand) if unknown else install
