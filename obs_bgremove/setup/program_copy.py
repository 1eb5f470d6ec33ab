"""The copy of this program in `<home>/app`, which outlives the checkout and which OBS is pointed at.

Files of ours are listed in the state; whatever else lies there is the user's (their pictures in backgrounds/, mostly,
and pictures of ours that they changed) and is carried over. The copy is made beside the old one, then takes its place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from obs_bgremove.setup import safe_write
from obs_bgremove.shared.language import Text, tr

# What is installed of the checkout. install.py goes along, so that the copy can repair or remove itself.
PARTS = ("obs_bgremove", "backgrounds", "install.py", "pyproject.toml", "LICENSE", "README.md")
_NOT_INSTALLED = ("backgrounds/generator",)  # people open backgrounds/ from OBS: it holds pictures only
_USERS_PLACE = "backgrounds"


def _relative_files(folder: Path, parts: tuple[str, ...] = ("",)) -> Iterator[str]:
    """All files under the parts, as paths with forward slashes, without compiled Python."""
    for part in parts:
        top = folder / part
        if top.is_file():
            yield part
        for parent, folders, names in os.walk(top):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(names):
                if not name.endswith((".pyc", ".pyo")):
                    yield (Path(parent) / name).relative_to(folder).as_posix()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def listing(source: Path) -> dict[str, str]:
    """SHA-256 of every file to install, by path."""
    return {
        name: _sha256(source / name)
        for name in _relative_files(source, PARTS)
        if not name.startswith(tuple(f"{folder}/" for folder in _NOT_INSTALLED))
    }


def users_files(app: Path, recorded: dict[str, str], source: dict[str, str]) -> list[str]:
    """Files in the copy that are not ours to replace or remove: unknown ones, and pictures of ours that were changed.

    When nothing is recorded (an unfinished run), only unknown pictures are known to be the user's.
    """
    found = []
    for name in _relative_files(app):
        known = recorded.get(name) or source.get(name)
        in_users_place = name.startswith(_USERS_PLACE + "/")
        if (known is None and (recorded or in_users_place)) or (
            in_users_place and known is not None and _sha256(app / name) not in (known, source.get(name))
        ):
            found.append(name)
    return found


def problem(source: Path, home: Path, recorded: dict[str, str]) -> Text | None:
    """Why the copy must be made, or None when it is whole and the same."""
    app = home / "app"
    if source == app:
        return None
    if not app.is_dir():
        halfway = (home / "app.old").is_dir()
        return tr("an earlier run did not finish it") if halfway else tr("not there yet")
    wanted = listing(source)
    users = set(users_files(app, recorded, wanted))
    present = {name: _sha256(app / name) for name in _relative_files(app) if name not in users}
    if present == {name: digest for name, digest in wanted.items() if name not in users} and recorded == wanted:
        return None
    return tr("to be brought up to date")


def copy(source: Path, home: Path, recorded: dict[str, str]) -> dict[str, str]:
    """Makes the copy; returns what to record. Stopped at any point, the next run finds the old or the new one whole."""
    app, new, old = home / "app", home / "app.new", home / "app.old"
    if old.is_dir() and not app.is_dir():
        safe_write.move(old, app)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(new, ignore_errors=True)
    wanted = listing(source)
    for name in wanted:
        _copy(source / name, new / name)
    if app.is_dir():
        for name in users_files(app, recorded, wanted):
            _copy(app / name, new / name)
        safe_write.move(app, old)
    safe_write.move(new, app)
    shutil.rmtree(old, ignore_errors=True)
    return wanted


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def remove(home: Path, recorded: dict[str, str]) -> list[Path]:
    """Removes the copy but for the user's files, which are returned."""
    app = home / "app"
    users = users_files(app, recorded, recorded)
    for name in list(_relative_files(app)):
        if name not in users:
            (app / name).unlink()
    for parent, folders, _ in os.walk(app, topdown=False):
        for folder in folders:
            path = Path(parent) / folder
            if folder == "__pycache__":
                shutil.rmtree(path, ignore_errors=True)
            elif not any(path.iterdir()):
                path.rmdir()
    for leftover in ("app.new", "app.old"):
        shutil.rmtree(home / leftover, ignore_errors=True)
    if app.is_dir() and not any(app.iterdir()):
        app.rmdir()
    return [app / name for name in users]
