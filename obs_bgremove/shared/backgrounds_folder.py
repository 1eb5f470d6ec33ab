"""The backgrounds in a folder: their names in order; next, previous and random with wrap-round; a slideshow's order.

Used by OBS's panel and hotkeys, by the engine and by `preview`; the chosen name is a setting, so this keeps no state.
Standard library only; reads the folder each time (a few dozen names), on any thread but OBS's graphics thread.
"""

import os
import random
import re
from pathlib import Path

from obs_bgremove.shared import installation

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")


def _natural(name: str) -> tuple[object, ...]:
    """Sort key that puts 2.jpg before 10.jpg, without regard to case; the name itself settles ties."""
    parts = re.split(r"(\d+)", name.casefold())
    return (*((int(part), "") if part.isdecimal() else (-1, part) for part in parts), (-1, name))


def _is_background(entry: "os.DirEntry[str]") -> bool:
    """Whether it is a file with a picture's or a video's suffix. A broken or looping link is not."""
    if not entry.name.lower().endswith(PICTURE_SUFFIXES + VIDEO_SUFFIXES) or entry.name.startswith("."):
        return False
    try:
        return entry.is_file()
    except OSError:
        return False


def list_backgrounds(folder: Path) -> list[str]:
    """File names of the pictures and videos in the folder, in name order. A missing or unreadable folder has none."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _is_background(entry)]
    except OSError:
        return []
    return sorted(names, key=_natural)


def place(stored: str) -> Path:
    """The folder that the setting `backgrounds_folder` names; empty: the backgrounds that come with AI Background."""
    return Path(stored).expanduser() if stored else installation.backgrounds_dir()


def choose(folder: Path, current: str) -> str:
    """The name to show: `current`, or the first by name when it is empty; empty when there is none."""
    if current:
        return current
    names = list_backgrounds(folder)
    return names[0] if names else ""


def step(folder: Path, current: str, by: int) -> str:
    """The name `by` places after (before) the current one, wrapping round; `current` when the folder has none.

    A current name that is gone counts as if it stood at its place in the order.
    """
    return _step(list_backgrounds(folder), current, by)


def _step(names: list[str], current: str, by: int) -> str:
    if not names:
        return current
    current = current or names[0]
    if current in names:
        return names[(names.index(current) + by) % len(names)]
    place = sum(_natural(name) < _natural(current) for name in names)
    return names[(place + by - (by > 0)) % len(names)]


def pick_random(folder: Path, current: str) -> str:
    """Any other name than the current one; `current` when there is no other."""
    others = [name for name in list_backgrounds(folder) if name != choose(folder, current)]
    return random.choice(others) if others else current


class Slideshow:
    """Which background follows which: by name from the one chosen on, or in an order that looks random and is the same
    each time. Random or not, none comes again until all have been shown; files may come and go meanwhile."""

    def __init__(self, folder: Path, chosen: str, shuffle: bool) -> None:
        self._folder, self._chosen, self._shuffle = folder, chosen, shuffle
        self._name = ""
        self._shown: set[str] = set()
        self._steps = 0

    def next(self) -> str:
        """The name to show next; the same again when there is no other, empty when there is none. Reads the folder."""
        names = list_backgrounds(self._folder)
        self._name = self._name or choose(self._folder, self._chosen)
        self._name = self._pick(names) if self._shuffle else _step(names, self._name, 1)
        return self._name

    def _pick(self, names: list[str]) -> str:
        self._shown.add(self._name)
        left = [name for name in names if name not in self._shown]
        if not left:  # all were shown: another round, which does not begin with the one that ended this
            self._shown.clear()
            left = [name for name in names if name != self._name] or [self._name]
        self._steps += 1
        return random.Random(f"{self._chosen}|{self._steps}").choice(left)


def resolve(folder: Path, name: str) -> Path:
    """The path of a background. Only the last part of `name` counts, so a stored path never leaves the folder."""
    return folder / Path(name.replace("\\", "/")).name
