"""Which thumbnails of the backgrounds there are, for the panel. They are looked for, and made by the engine's Python,
on a thread of its own: the panel, on the UI thread, only asks what is known.

One per loaded script.
"""

import json
import subprocess
import threading
from pathlib import Path
from typing import Callable, Optional

from obs_bgremove.obs import engine_process, log
from obs_bgremove.shared import backgrounds_folder, installation, thumbnails
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

TIMEOUT_S = 60.0
WAIT_S = 1.0
MOST = 300  # of a folder; what is behind them in the list is shown by name


class Thumbnails:
    """The known thumbnails, by folder and name."""

    def __init__(self) -> None:
        self._known: dict[Path, dict[str, Path]] = {}  # replaced whole, never changed
        self._hopeless: set[Path] = set()  # that could not be made: not tried again
        self._lock = threading.Lock()  # for what follows; never held while anything is waited for
        self._stopped = False
        self._next: dict[Path, tuple[bool, Callable[[], None]]] = {}
        self._thread: Optional[threading.Thread] = None
        self._child: Optional[subprocess.Popen[bytes]] = None

    def of(self, folder: Path) -> dict[str, Path]:
        """The thumbnails known of this folder, by name. At once."""
        return self._known.get(folder, {})

    def look(self, folder: Path, make: bool, then: Callable[[], None]) -> None:
        """Looks which there are, and makes those that are missing if so wanted. Returns at once; `then` is called on
        another thread if more or others are known."""
        with self._lock:
            if self._stopped:
                return
            self._next[folder] = (make or self._next.get(folder, (False, then))[0], then)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ai-background thumbnails", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ends what is under way, for good. Idempotent."""
        with self._lock:
            self._stopped = True
            self._next.clear()
            thread = self._thread
            if self._child is not None:
                self._child.kill()
        if thread is not None and thread is not threading.current_thread():
            thread.join(WAIT_S)

    # Everything below: on the thread.

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._next:
                    self._thread = None
                    return
                folder, (make, then) = self._next.popitem()
            try:
                self._look(folder, make, then)
            except UserError as error:
                if not self._stopped:  # else its end was wanted
                    log.write("warning", str(error))
            except Exception as error:
                log.bug("The thumbnails", error)

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
        if known != self.of(folder) and not self._stopped:
            self._known = {**self._known, folder: known}
            then()

    def _make(self, wanted: list[tuple[str, str]]) -> None:
        command = [str(installation.python_path()), "-m", "obs_bgremove.engine", "--thumbnails"]
        child = engine_process.spawn(command, str(installation.app_dir()), stdin=subprocess.PIPE)
        try:
            with self._lock:
                self._child = child
                if self._stopped:
                    child.kill()
            child.communicate(json.dumps(wanted).encode(), TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise UserError(
                tr("The pictures of the backgrounds took too long."), tr("Is the folder on a slow drive?")
            ) from None
        finally:
            with self._lock:
                self._child = None
            if child.poll() is None:
                child.kill()
                child.communicate()
