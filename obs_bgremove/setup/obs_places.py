"""Where OBS keeps its settings on each system, where its program is, whether it runs. Looks only, changes nothing."""

import configparser
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional


@dataclass(frozen=True)
class Place:
    """One settings folder (`…/obs-studio`) and the kind of OBS that uses it."""

    kind: str
    config: Path

    @property
    def scenes(self) -> Path:
        """The folder of the scene collections."""
        return self.config / "basic" / "scenes"

    def collections(self) -> list[Path]:
        """The scene collections' files, by name."""
        return sorted(path for path in self.scenes.glob("*.json") if path.is_file())

    def started_before(self) -> bool:
        """Whether OBS has run with these settings."""
        return any((self.config / name).is_file() for name in ("global.ini", "user.ini")) or bool(self.collections())

    def active_collection(self) -> Optional[Path]:
        """The collection that OBS opens next, if the settings say so: in user.ini from OBS 31, else in global.ini."""
        for name in ("user.ini", "global.ini"):
            parser = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters=("=",))
            try:
                parser.read_string((self.config / name).read_text("utf-8-sig"))
                file = parser.get("Basic", "SceneCollectionFile")
            except (OSError, ValueError, configparser.Error):
                continue
            if file:
                return self.scenes / (file if file.endswith(".json") else f"{file}.json")
        return None


def all_places() -> list[Place]:
    """Every settings folder that an OBS on this system might use, whether or not it exists; the usual one first."""
    home = Path.home()
    program = obs_program()
    if sys.platform == "win32":
        places = [Place("OBS", Path(os.environ.get("APPDATA") or home / "AppData/Roaming") / "obs-studio")]
    elif sys.platform == "darwin":
        places = [Place("OBS", home / "Library/Application Support/obs-studio")]
    else:
        places = [
            Place("OBS", Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "obs-studio"),
            Place("OBS (Flatpak)", home / ".var/app/com.obsproject.Studio/config/obs-studio"),
            Place("OBS (Snap)", home / "snap/obs-studio/current/.config/obs-studio"),
        ]
    if program is not None:
        # The program is in bin/64bit of a portable folder.
        places.append(Place("OBS (portable)", program.parent.parent.parent / "config/obs-studio"))
    return places


def known_places() -> list[Place]:
    """The folders in which OBS has run."""
    return [place for place in all_places() if place.started_before()]


def obs_program() -> Optional[Path]:
    """The OBS program, if it is found: on PATH or where its installers put it."""
    found = shutil.which("obs") or shutil.which("obs64")
    if found:
        return Path(found).resolve()
    usual: list[Path] = []
    if sys.platform == "win32":
        usual = [
            Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")) / "obs-studio/bin/64bit/obs64.exe",
            Path(os.environ.get("PROGRAMFILES(X86)", r"C:\Program Files (x86)")) / "Steam/steamapps/common/OBS Studio/"
            "bin/64bit/obs64.exe",
        ]
    elif sys.platform == "darwin":
        usual = [Path("/Applications/OBS.app/Contents/MacOS/OBS")]
    return next((path for path in usual if path.is_file()), None)


def obs_version(program: Path) -> Optional[str]:
    """What `obs --version` says, or None. On Windows the program would open a window instead: not asked there."""
    if sys.platform == "win32":
        return None
    try:
        run = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = next((line for line in run.stdout.splitlines() if line.startswith("OBS Studio")), "").split()
    return words[3] if len(words) > 3 else None


def running(place: Place, proc: Path = Path("/proc")) -> bool:
    """Whether an OBS that uses this folder runs. When that can not be told, an OBS that runs counts as using it."""
    if sys.platform == "win32":
        return _prints(["tasklist", "/NH", "/FI", "IMAGENAME eq obs64.exe"], "obs64.exe")
    if not proc.is_dir():
        return _prints(["pgrep", "-x", "OBS"], "")
    return any(
        _config_of(process) in (None, _resolved(place.config))
        for process in proc.iterdir()
        if process.name.isdigit() and _is_obs_of_this_user(process)
    )


def _is_obs_of_this_user(process: Path) -> bool:
    try:
        return (process / "comm").read_text().strip() == "obs" and process.stat().st_uid == os.getuid()
    except OSError:
        return False


def _config_of(process: Path) -> Optional[Path]:
    """The settings folder of a running OBS, from its environment; None when it can not be read."""
    try:
        pairs = (entry.partition(b"=") for entry in (process / "environ").read_bytes().split(b"\0"))
        variables = {os.fsdecode(key): os.fsdecode(value) for key, _, value in pairs}
    except OSError:
        return None
    config = variables.get("XDG_CONFIG_HOME") or (variables["HOME"] + "/.config" if variables.get("HOME") else None)
    return _resolved(Path(config) / "obs-studio") if config else None


def _resolved(path: Path) -> Path:
    return path.resolve()


def _prints(command: list[str], word: str) -> bool:
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return run.returncode == 0 and bool(run.stdout.strip()) and word in run.stdout
