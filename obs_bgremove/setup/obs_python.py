"""The Python inside OBS. On Linux OBS brings it; on Windows and macOS it loads the one that its settings name, or none.

OBS looks for `[Python] Path64bit` in user.ini (31 and newer) or global.ini and tries the library of each version from
its newest down to 3.6 in that folder (obs-scripting-python-import.c). Without the setting, scripts are listed but none
runs. It may be written only while OBS is closed: OBS writes its settings when it ends. It stays at --uninstall, because
other scripts may use it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from obs_bgremove.setup import ini_file, safe_write, windows_pythons
from obs_bgremove.setup.machines import machines
from obs_bgremove.setup.obs_places import Place, installed, obs_program
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import NOTHING, Text, sentences, tr

# What the half of AI Background inside OBS is written for.
_OLDEST_MINOR = 9
# PY_MINOR_VERSION_MAX of import.c: from this version of OBS on. Later ones than the last may accept more.
_CEILINGS = (((30, 1), 12), ((29, 1), 11), ((0, 0), 10))
_LAST_READ = (32, 99)
FRAMEWORKS = (
    Path("/Library/Frameworks"),
    *(Path(f"/opt/homebrew/opt/python@3.{minor}/Frameworks") for minor in range(12, 8, -1)),
)


@dataclass(frozen=True)
class Choice:
    """What is to be done for one OBS: nothing (`keep`), or to write `folder`."""

    keep: bool
    folder: str
    minor: int


def needed() -> bool:
    """Whether OBS on this system needs to be told which Python to load."""
    return sys.platform in ("win32", "darwin")


def found() -> list[tuple[int, str]]:
    """(minor version, folder as OBS wants it) of the Pythons that OBS could load, the newest first."""
    if sys.platform == "win32":
        return [(minor, folder) for minor, folder in windows_pythons.installed() if minor >= _OLDEST_MINOR]
    versions = (
        (_minor(path.name), str(folder))
        for folder in FRAMEWORKS
        for path in (folder / "Python.framework/Versions").glob("3.*")
    )
    return sorted({entry for entry in versions if entry[0] >= _OLDEST_MINOR}, key=lambda entry: -entry[0])


def _minor(name: str) -> int:
    digits = name.partition(".")[2]
    return int(digits) if digits.isdigit() else 0


def obs_version(place: Place) -> tuple[int, int] | None:
    """(major, minor) of the OBS that last used these settings, or None. LIBOBS_API_VER: major << 24 | minor << 16."""
    stored = [ini_file.value(place.text(name), "General", "LastVersion") or "" for name in ("global.ini", "user.ini")]
    number = max((int(text) for text in stored if text.isdigit()), default=0)
    return (number >> 24, number >> 16 & 0xFF) if number else None


def ceiling(version: tuple[int, int] | None) -> int:
    """The newest 3.x that this version of OBS loads; for an unknown one, that of the newest OBS."""
    return next(minor for since, minor in _CEILINGS if (version or _LAST_READ) >= since)


def loadable(folder: str, version: tuple[int, int] | None) -> int | None:
    """Which 3.x this OBS would load from the folder, or None."""
    newest = ceiling(version) if (version or (0, 0)) <= _LAST_READ else 99
    minors = range(newest, _OLDEST_MINOR - 1, -1)
    return next((minor for minor in minors if _fits(_library(folder, minor, version))), None)


def _library(folder: str, minor: int, version: tuple[int, int] | None) -> Path:
    if sys.platform == "win32":
        return Path(folder, f"python3{minor}.dll")
    top = folder.partition("/Python.framework")[0]  # OBS cuts there as well
    used = "Current" if version and version < (31, 0) else f"3.{minor}"
    return Path(top, "Python.framework/Versions", used, f"lib/libpython3.{minor}.dylib")


def _fits(library: Path) -> bool:
    return _obs_machine() in machines(library)


def _obs_machine() -> str:
    """The library must be made for the processor that OBS is made for, also when that one is emulated."""
    program = obs_program()
    made_for = machines(program) if program else set()
    usual = "x64" if sys.platform == "win32" else "arm64"
    return usual if not made_for or usual in made_for else made_for.pop()


def stored(place: Place) -> str | None:
    """What OBS's settings name now."""
    return ini_file.value(place.text(place.user_settings().name), "Python", "Path64bit")


def choose(place: Place | None) -> Choice | None:
    """The Python for this OBS (None: one not started yet), or None when no Python on this computer can be loaded."""
    version = obs_version(place) if place else None
    now = stored(place) if place else None
    minor = loadable(now, version) if now else None
    if now and minor:
        return Choice(True, now, minor)
    ours = sys.base_prefix.replace("\\", "/").casefold()
    # The Python that runs this installer first: it will stay as long as the engine does.
    candidates = sorted(found(), key=lambda entry: not ours.startswith(entry[1].replace("\\", "/").casefold()))
    for _, folder in candidates:
        minor = loadable(folder, version)
        writable = _as_obs_reads(folder)
        if minor and writable:
            return Choice(False, writable, minor)
    return None


def _as_obs_reads(folder: str) -> str | None:
    """The folder with forward slashes. OBS on Windows tests for the library with a function that takes no other letters
    than ASCII reliably: then the short name, or None when there is none."""
    if sys.platform == "win32" and not folder.isascii():
        folder = short_path(folder)
    return folder.replace("\\", "/") if sys.platform == "darwin" or folder.isascii() else None


def short_path(path: str) -> str:
    """Windows's 8.3 name of a folder; the path itself where such names are turned off."""
    import ctypes

    buffer = ctypes.create_unicode_buffer(1024)
    length = ctypes.WinDLL("kernel32").GetShortPathNameW(path, buffer, len(buffer))  # type: ignore[attr-defined]
    return buffer.value if 0 < length < len(buffer) else path


def check(places: list[Place]) -> None:
    """Raises UserError when an OBS that is here could load no Python: said before a gigabyte is downloaded."""
    for place in places:
        if choose(place) is None:
            raise missing(place)
    if not places and installed() and choose(None) is None:
        raise missing(None)


def missing(place: Place | None) -> UserError:
    """No Python for this OBS, and how to get one."""
    version = obs_version(place) if place else None
    newest = ceiling(version)
    name = f"OBS {version[0]}.{version[1]}" if version else "OBS"
    have = ", ".join(dict.fromkeys(f"3.{minor}" for minor, _ in found()))
    update = tr("Or update OBS: version 30.1 and newer load 3.12.") if newest < 12 else NOTHING
    odd = NOTHING
    if sys.platform == "win32":
        how = tr(
            "Install it: `winget install Python.Python.{version}` or `py install {version}`, then run this again.",
            version=f"3.{newest}",
        )
        if any(minor <= newest and not folder.isascii() for minor, folder in found()):
            odd = tr("OBS cannot load one from a folder whose name has letters such as ü: install it for all users.")
    else:
        how = tr(
            "Install Python {version} from python.org or by `brew install python@{version}`, then run this again.",
            version=f"3.{newest}",
        )
        if version and version < (31, 0):
            odd = tr("OBS 30 and older take the framework's newest Python only: update OBS, or remove newer Pythons.")
    return UserError(
        tr(
            "{obs} runs scripts with Python {oldest} to {newest} only, and none of these that it can load is installed "
            "(found: {found}).",
            obs=name,
            oldest=f"3.{_OLDEST_MINOR}",
            newest=f"3.{newest}",
            found=have or tr("none"),
        ),
        sentences(how, update, odd),
    )


def by_hand(folder: str) -> Text:
    """The same step in OBS's own windows; it takes effect at once."""
    return tr("In OBS: Tools → Scripts → Python Settings, and choose {folder}.", folder=folder)


def write(place: Place, folder: str) -> Path:
    """Names the folder in OBS's settings; returns the backup of the file. OBS must be closed. Raises OSError."""
    path = place.user_settings()
    real = Path(os.path.realpath(path))
    text = real.read_bytes().decode("utf-8")
    copy = safe_write.backup(real)
    safe_write.write(real, ini_file.with_value(text, "Python", "Path64bit", folder))
    return copy
