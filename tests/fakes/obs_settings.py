"""Recorded settings of real OBSes, laid out where an installer finds them, and what stands in them afterwards."""

import shutil
from pathlib import Path

from obs_bgremove.setup import ini_file, scene_collections

DATA = Path(__file__).resolve().parents[1] / "unit/data"
REAL = DATA / "obs-29-first-start.json"  # a scene collection


def started(settings: Path, ini: str) -> Path:
    """An OBS that was started before; returns the file that names its Python."""
    (settings / "basic/scenes").mkdir(parents=True)
    shutil.copy(DATA / "obs-29-first-start.json", settings / "basic/scenes/Untitled.json")
    if (DATA / ini).is_dir():
        for path in (DATA / ini).iterdir():
            shutil.copy(path, settings)
        return settings / "user.ini"
    shutil.copy(DATA / ini, settings / "global.ini")
    return settings / "global.ini"


def path64bit(file: Path) -> str | None:
    return ini_file.value(file.read_bytes().decode("utf-8"), "Python", "Path64bit")


def registered(settings: Path) -> str | None:
    return scene_collections.registered_script(settings / "basic/scenes/Untitled.json")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
