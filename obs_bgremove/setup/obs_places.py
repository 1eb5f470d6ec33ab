"""Where OBS keeps its settings on each system, where its program is, whether it runs. Looks only, changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from obs_bgremove.setup import ini_file
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text, tr

# Strictly confined: it sees neither hidden files of the home nor programs of the host (Snap's home interface).
SNAP = tr("OBS from the Snap store cannot run AI Background: install OBS as a Flatpak or from your distribution.")


@dataclass(frozen=True)
class Place:
    """One settings folder (`…/obs-studio`) and the kind of OBS that uses it."""

    kind: Text
    config: Path
    portable: bool = False
    supported: bool = True
    """False: this OBS cannot run AI Background; nothing is registered there, only taken out."""

    @property
    def scenes(self) -> Path:
        """The folder of the scene collections."""
        return self._located("SceneCollections") / "basic" / "scenes"

    def user_settings(self) -> Path:
        """The settings file that OBS reads the user's choices from: user.ini from OBS 31 on, else global.ini."""
        path = self._located("Configuration") / "user.ini"
        return path if path.is_file() else self.config / "global.ini"

    def _located(self, key: str) -> Path:
        """OBS 31 and newer: `[Locations]` of global.ini may move a part elsewhere, though not of a portable copy."""
        where = None if self.portable else ini_file.value(self.text("global.ini"), "Locations", key)
        return Path(where, "obs-studio") if where and Path(where).is_dir() else self.config

    def text(self, name: str) -> str:
        """global.ini or user.ini; empty when it is not there or cannot be read."""
        folder = self.config if name == "global.ini" else self._located("Configuration")
        try:
            return (folder / name).read_bytes().decode("utf-8", "replace")
        except OSError:
            return ""

    def collections(self) -> list[Path]:
        """The scene collections' files, by name."""
        return sorted(path for path in self.scenes.glob("*.json") if path.is_file())

    def started_before(self) -> bool:
        """Whether OBS has run with these settings."""
        return any((self.config / name).is_file() for name in ("global.ini", "user.ini")) or bool(self.collections())

    def profile_text(self) -> str:
        """basic.ini of the profile that OBS opens next; empty when there is none or it cannot be read."""
        for name in ("user.ini", "global.ini"):
            folder = ini_file.value(self.text(name), "Basic", "ProfileDir")
            if folder:
                path = self._located("Profiles") / "basic" / "profiles" / folder / "basic.ini"
                try:
                    return path.read_bytes().decode("utf-8", "replace")
                except OSError:
                    return ""
        return ""

    def active_collection(self) -> Path | None:
        """The collection that OBS opens next, if the settings say so."""
        for name in ("user.ini", "global.ini"):
            file = ini_file.value(self.text(name), "Basic", "SceneCollectionFile")
            if file:
                return self.scenes / (file if file.endswith(".json") else f"{file}.json")
        return None


def all_places(folders: Iterable[str] = ()) -> list[Place]:
    """Every settings folder that an OBS on this system might use, whether or not it exists; the usual one first.

    `folders` are portable copies that the person has named (`--obs`).
    """
    home = Path.home()
    if sys.platform == "win32":
        places = [Place(Text("OBS"), Path(os.environ.get("APPDATA") or home / "AppData/Roaming") / "obs-studio")]
        # The program is in bin/64bit of its folder.
        roots = [program.parent.parent.parent for program in obs_programs()]
        places += [Place(_portable(root), root / "config/obs-studio", portable=True) for root in roots]
    elif sys.platform == "darwin":
        places = [Place(Text("OBS"), home / "Library/Application Support/obs-studio")]
    else:
        places = [
            Place(Text("OBS"), Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "obs-studio"),
            Place(Text("OBS (Flatpak)"), home / ".var/app/com.obsproject.Studio/config/obs-studio"),
            Place(Text("OBS (Snap)"), home / "snap/obs-studio/current/.config/obs-studio", supported=False),
        ]
    known = {place.config for place in places}
    named = [Place(_portable(folder), Path(folder) / "config/obs-studio", portable=True) for folder in folders]
    return places + [place for place in named if place.config not in known]


def _portable(folder: object) -> Text:
    return tr("OBS (portable, {folder})", folder=folder)


def known_places(folders: Iterable[str] = ()) -> list[Place]:
    """The folders in which OBS has run."""
    return [place for place in all_places(folders) if place.started_before()]


def portable_folder(words: str) -> str:
    """The folder of a portable OBS from what the person named: the folder itself or one inside it. Raises UserError."""
    named = Path(words).expanduser().absolute()
    for folder in (named, *named.parents):
        if (folder / "config/obs-studio").is_dir():
            return str(folder)
    raise UserError(
        tr("There is no portable OBS in {folder}: it would have a folder config/obs-studio.", folder=named),
        tr("Name the folder that OBS was unpacked to; if it is a new one, start that OBS once before."),
    )


def obs_programs() -> list[Path]:
    """The OBS programs that are found on PATH or where OBS's installers put them, the one on PATH first."""
    found = shutil.which("obs") or shutil.which("obs64")
    if found and "/snap/bin/" in found:
        found = None  # see Place.supported
    usual: list[Path] = []
    if sys.platform == "win32":
        usual = [
            Path(os.environ.get("PROGRAMFILES", r"C:\Program Files")) / "obs-studio/bin/64bit/obs64.exe",
            Path(os.environ.get("PROGRAMFILES(X86)", r"C:\Program Files (x86)")) / "Steam/steamapps/common/OBS Studio/"
            "bin/64bit/obs64.exe",
        ]
    elif sys.platform == "darwin":
        usual = [
            folder / "OBS.app/Contents/MacOS/OBS" for folder in (Path("/Applications"), Path.home() / "Applications")
        ]
    paths = ([Path(found).resolve()] if found else []) + [path for path in usual if path.is_file()]
    return list(dict.fromkeys(paths))


def obs_program() -> Path | None:
    """The first of them, or None."""
    return next(iter(obs_programs()), None)


def installed() -> bool:
    """Whether some OBS is installed, started or not. A Flatpak has no program on PATH."""
    flatpaks = (Path("/var/lib/flatpak/app"), Path.home() / ".local/share/flatpak/app")
    return obs_program() is not None or any((folder / "com.obsproject.Studio").is_dir() for folder in flatpaks)


def obs_version(program: Path) -> str | None:
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
    """Whether an OBS that uses this folder runs. When that cannot be told, an OBS that runs counts as using it."""
    if sys.platform == "win32":
        return b"obs64.exe" in _output(["tasklist", "/NH", "/FI", "IMAGENAME eq obs64.exe"]).lower()
    if not proc.is_dir():
        return bool(_output(["pgrep", "-x", "OBS"]).strip())
    return any(
        _config_of(process) in (None, place.config.resolve())
        for process in proc.iterdir()
        if process.name.isdigit() and _is_obs_of_this_user(process)
    )


def _is_obs_of_this_user(process: Path) -> bool:
    try:
        if process.stat().st_uid != os.getuid():
            return False
        # In an AppImage the process may bear the name of what started the program.
        return (process / "comm").read_text().strip() == "obs" or os.readlink(process / "exe").endswith("/bin/obs")
    except OSError:
        return False


def _config_of(process: Path) -> Path | None:
    """The settings folder of a running OBS, from its environment; None when it cannot be read."""
    try:
        pairs = (entry.partition(b"=") for entry in (process / "environ").read_bytes().split(b"\0"))
        variables = {os.fsdecode(key): os.fsdecode(value) for key, _, value in pairs}
    except OSError:
        return None
    config = variables.get("XDG_CONFIG_HOME") or (variables["HOME"] + "/.config" if variables.get("HOME") else None)
    return (Path(config) / "obs-studio").resolve() if config else None


def _output(command: list[str]) -> bytes:
    """What a command prints: bytes, because Windows's own programs write in a code page of the language."""
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return (run.stdout or b"") if run.returncode == 0 else b""
