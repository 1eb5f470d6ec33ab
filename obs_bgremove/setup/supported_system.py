"""Computers that the engine's packages are made for; all others are refused before a download, each with its remedy."""

from __future__ import annotations

import importlib.util
import os
import platform
import struct
import sys

from obs_bgremove.setup import windows_pythons
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

OLDEST_MACOS = (14, 0)
# Both commands work on a Windows of today; the second is Python's own install manager.
WINDOWS_PYTHON = tr("`winget install Python.Python.3.12` or `py install 3.12`")


def problem() -> UserError | None:
    """Why this computer or this Python cannot run AI Background, or None."""
    if sys.platform == "win32":
        return _windows()
    if sys.platform == "darwin":
        return _macos()
    if sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64") and _pointer_bits() == 64:
        return None
    return UserError(
        tr(
            "AI Background's packages are not made for this system ({system}, {processor}).",
            system=sys.platform,
            processor=platform.machine(),
        ),
        tr("It runs on 64-bit Linux (Intel, AMD or ARM), 64-bit Windows (Intel or AMD) and macOS on Apple silicon."),
    )


def check() -> None:
    """Raises UserError when this computer or this Python cannot run it, or cannot make environments."""
    found = problem() or _without_venv()
    if found:
        raise found


def _pointer_bits() -> int:
    return struct.calcsize("P") * 8


def _windows() -> UserError | None:
    machine = platform.machine().upper()
    # A 32-bit or an emulated x64 Python on another processor: Windows says here what the processor is.
    processor = os.environ.get("PROCESSOR_ARCHITEW6432", machine).upper()
    if windows_pythons.STORE.search(sys.base_prefix.replace("/", "\\") + "\\"):
        return UserError(
            tr("This Python comes from the Microsoft Store: what it writes is not seen by OBS."),
            tr("Install another one ({commands}), then run this again with `py -3.12`.", commands=WINDOWS_PYTHON),
        )
    if machine == "ARM64":
        return UserError(
            tr("AI Background's packages are not made for Windows on ARM."),
            tr("Use a computer with an Intel or AMD processor."),
        )
    if _pointer_bits() != 64 or machine != "AMD64":
        if processor != "AMD64":
            return UserError(
                tr("AI Background needs a 64-bit Windows on an Intel or AMD processor."), tr("Use another computer.")
            )
        return UserError(
            tr("This Python is a 32-bit one; AI Background needs a 64-bit one."),
            tr("Install it ({commands}), then run this again with `py -3.12`.", commands=WINDOWS_PYTHON),
        )
    return None


def _macos() -> UserError | None:
    if platform.machine() != "arm64":
        # Rosetta: an Intel Python on Apple silicon sees an Intel processor, but the kernel names itself.
        if "ARM64" in platform.version().upper():
            return UserError(
                tr("This Python is one for Intel processors, on a Mac with Apple silicon."),
                tr("Install Python 3.12 from python.org or by Homebrew in /opt/homebrew, then run this again with it."),
            )
        return UserError(
            tr("AI Background's packages are not made for Macs with an Intel processor."),
            tr("Use a Mac with Apple silicon, or a PC."),
        )
    version = platform.mac_ver()[0]
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers and numbers < OLDEST_MACOS:
        return UserError(
            tr(
                "This is macOS {version}; AI Background's packages are made for {oldest} and newer.",
                version=version,
                oldest=OLDEST_MACOS[0],
            ),
            tr("Update macOS, then run this again."),
        )
    return None


def _without_venv() -> UserError | None:
    """Debian and Ubuntu pack that part of Python separately."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return None
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return UserError(
        tr(
            "This Python ({program}) cannot make environments: its venv module is not installed.",
            program=sys.executable,
        ),
        tr(
            "Install it, then run this again. Debian, Ubuntu: `{command}`. Other systems: install Python with pip and "
            "venv.",
            command=f"sudo apt-get install python{version}-venv",
        ),
    )
