"""Which thumbnails of the backgrounds there are, for the panel. They are looked for, and made by the engine's Python,
on a thread of its own: the panel, on the UI thread, only asks what is known.

One per loaded script.
"""

import json
import subprocess
import threading
from pathlib import Path
from typing import Callable

from obs_bgremove.obs.one_shot_process import OneShotProcess
from obs_bgremove.shared import backgrounds_folder, installation, thumbnails
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

TIMEOUT_S = 60.0
MOST = 300  # of a folder; what is behind them in the list is shown by name


class Thumbnails:
    """The known thumbnails, by folder and name."""

    def __init__(self) -> None:
        self._known: dict[Path, dict[str, Path]] = {}  # replaced whole, never changed
        self._hopeless: set[Path] = set()  # that could not be made: not tried again
        self._lock = threading.Lock()  # for what is to be looked at
        self._next: dict[Path, tuple[bool, Callable[[], None]]] = {}
        self._maker = OneShotProcess("thumbnails", "The thumbnails")

    def of(self, folder: Path) -> dict[str, Path]:
        """The thumbnails known of this folder, by name. At once."""
        return self._known.get(folder, {})

    def look(self, folder: Path, make: bool, then: Callable[[], None]) -> None:
        """Looks which there are, and makes those that are missing if so wanted. Returns at once; `then` is called on
        another thread if more or others are known."""
        with self._lock:
            self._next[folder] = (make or self._next.get(folder, (False, then))[0], then)
        self._maker.do(self._look_next)

    def stop(self) -> None:
        """Ends what is under way, for good. Idempotent."""
        self._maker.stop()

    # Everything below: on the thread.

    def _look_next(self) -> None:
        with self._lock:
            if not self._next:  # asked twice for one folder
                return
            folder, (make, then) = self._next.popitem()
        self._look(folder, make, then)

    def _look(self, folder: Path, make: bool, then: Callable[[], None]) -> None:
        places: dict[str, Path] = {}
        for name in backgrounds_folder.list_backgrounds(folder)[:MOST]:
            place = thumbnails.path_of(folder / name)
            if place is not None:
                places[name] = place
        missing = {name: place for name, place in places.items() if not place.exists()} if make else {}
        missing = {name: place for name, place in missing.items() if place not in self._hopeless}
        if missing and installation.health_check() is None:
            self._make([(str(folder / name), str(place)) for name, place in missing.items()])
            self._hopeless.update(place for place in missing.values() if not place.exists())
        known = {name: place for name, place in places.items() if place.exists()}
        if known != self.of(folder) and not self._maker.stopped:
            self._known = {**self._known, folder: known}
            then()

    def _make(self, wanted: list[tuple[str, str]]) -> None:
        try:
            self._maker.ask("--thumbnails", TIMEOUT_S, json.dumps(wanted).encode())
        except subprocess.TimeoutExpired:
            raise UserError(
                tr("The pictures of the backgrounds took too long."), tr("Is the folder on a slow drive?")
            ) from None
