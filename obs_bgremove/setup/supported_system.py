"""Computers that the engine's packages are made for; all others are refused before a download, each with its remedy."""

import importlib.util
import os
import platform
import struct
import sys
from typing import Optional

from obs_bgremove.setup import windows_pythons
from obs_bgremove.shared.errors import UserError

OLDEST_MACOS = (14, 0)
# Both commands work on a Windows of today; the second is Python's own install manager.
WINDOWS_PYTHON = "`winget install Python.Python.3.12` or `py install 3.12`"


def problem() -> Optional[UserError]:
    """Why this computer or this Python cannot run AI Background, or None."""
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return _macos()
    if sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64") and _pointer_bits() == 64:
        return None
    return UserError(
        f"AI Background's packages are not made for this system ({sys.platform}, {platform.machine()}).",
        "It runs on 64-bit Linux (Intel, AMD or ARM), 64-bit Windows (Intel or AMD) and macOS on Apple silicon.",
    )


def check() -> None:
    """Raises UserError when this computer or this Python cannot run it, or cannot make environments."""
    found = problem() or _without_venv()
    if found:
        raise found


def _pointer_bits() -> int:
    return struct.calcsize("P") * 8


def _windows() -> Optional[UserError]:
    machine = platform.machine().upper()
    # A 32-bit or an emulated x64 Python on another processor: Windows says here what the processor is.
    processor = os.environ.get("PROCESSOR_ARCHITEW6432", machine).upper()
    if windows_pythons.STORE.search(sys.base_prefix.replace("/", "\\") + "\\"):
        return UserError(
            "This Python comes from the Microsoft Store: what it writes is not seen by OBS.",
            f"Install another one ({WINDOWS_PYTHON}), then run this again with `py -3.12`.",
        )
    if machine == "ARM64":
        return UserError(
            "AI Background's packages are not made for Windows on ARM.",
            "Use a computer with an Intel or AMD processor.",
        )
    if _pointer_bits() != 64 or machine != "AMD64":
        if processor != "AMD64":
            return UserError(
                "AI Background needs a 64-bit Windows on an Intel or AMD processor.", "Use another computer."
            )
        return UserError(
            "This Python is a 32-bit one; AI Background needs a 64-bit one.",
            f"Install it ({WINDOWS_PYTHON}), then run this again with `py -3.12`.",
        )
    return None


def _macos() -> Optional[UserError]:
    if platform.machine() != "arm64":
        # Rosetta: an Intel Python on Apple silicon sees an Intel processor, but the kernel names itself.
        if "ARM64" in platform.version().upper():
            return UserError(
                "This Python is one for Intel processors, on a Mac with Apple silicon.",
                "Install Python 3.12 from python.org or by Homebrew in /opt/homebrew, then run this again with it.",
            )
        return UserError(
            "AI Background's packages are not made for Macs with an Intel processor.",
            "Use a Mac with Apple silicon, or a PC.",
        )
    version = platform.mac_ver()[0]
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers and numbers < OLDEST_MACOS:
        return UserError(
            f"This is macOS {version}; AI Background's packages are made for {OLDEST_MACOS[0]} and newer.",
            "Update macOS, then run this again.",
        )
    return None


def _without_venv() -> Optional[UserError]:
    """Debian and Ubuntu pack that part of Python separately."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return None
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return UserError(
        f"This Python ({sys.executable}) cannot make environments: its venv module is not installed.",
        f"Install it, then run this again. Debian, Ubuntu: `sudo apt-get install python{version}-venv`. "
        "Other systems: install Python with pip and venv.",
    )
