"""Which cameras there are, by name. The engine's Python is asked, on a thread of its own; here the answer is kept.

One list per loaded script. Read on the UI thread (panel, defaults), which must never wait for devices.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

from obs_bgremove.obs import engine_process, log
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text, tr
from obs_bgremove.shared.redaction import redact

TIMEOUT_S = 30.0
WAIT_S = 1.0
_TRY_AGAIN = tr("Try Refresh Cameras.")


class Camera(NamedTuple):
    """A device: the id that settings store, the name that people know it by, whether OBS itself feeds it, and what it
    offers: (format, width, height, highest rate or 0), nothing where the system does not tell."""

    id: str
    name: str
    virtual: bool = False
    modes: tuple[tuple[str, int, int, float], ...] = ()

    def sizes(self) -> dict[str, Text]:
        """What `resolution` may be for this camera, smallest first, and what to call it: with the best rate and the
        format that has it."""
        best: dict[tuple[int, int], tuple[float, str]] = {}
        for name, width, height, rate in self.modes:
            best[width, height] = max(best.get((width, height), (0.0, "")), (rate, name))
        ordered = sorted(best.items(), key=lambda item: (item[0][0] * item[0][1], item))
        return {
            f"{width}x{height}": _size_in_words(f"{width}×{height}", rate, name)
            for (width, height), (rate, name) in ordered
        }


def _size_in_words(size: str, rate: float, name: str) -> Text:
    if not rate:
        return Text("{size} ({format})", size=size, format=name)
    return tr("{size} ({rate:g} fps, {format})", size=size, rate=float(rate), format=name)


class Cameras:
    """The known cameras. `known` is None until the first answer."""

    def __init__(self) -> None:
        self.known: Optional[list[Camera]] = None
        self._lock = threading.Lock()  # for what follows; never held while anything is waited for
        self._stopped = False
        self._thread: Optional[threading.Thread] = None
        self._child: Optional[subprocess.Popen[bytes]] = None

    @property
    def default(self) -> str:
        """The `camera` of a new source: the first real one, `sample` when there is none, "" while not known."""
        if self.known is not None:
            return next((camera.id for camera in self.known if not camera.virtual), "sample")
        none_possible = sys.platform == "linux" and not any(Path("/dev").glob("video*"))
        return "sample" if none_possible else ""

    def refresh(self, then: Callable[[], None]) -> None:
        """Asks again, unless a question is under way; `then` is called on the asking thread, with the answer there."""
        with self._lock:
            if self._stopped or (self._thread is not None and self._thread.is_alive()):
                return
            self._thread = threading.Thread(target=self._ask, args=(then,), name="ai-background cameras", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends a question under way, for good. Idempotent."""
        with self._lock:
            self._stopped = True
            thread = self._thread
            if self._child is not None:
                self._child.kill()
        if thread is not None and thread is not threading.current_thread():
            thread.join(WAIT_S)

    def _ask(self, then: Callable[[], None]) -> None:
        try:
            found = self._run()
            if self._stopped:
                return
            if found != self.known:
                self.known = found
                log.write("info", f"Cameras found: {', '.join(camera.name for camera in found) or 'none'}.")
            then()
        except UserError as error:
            if not self._stopped:  # else its end was wanted
                log.write("warning", str(error))
        except Exception as error:
            log.bug("The list of cameras", error)

    def _run(self) -> list[Camera]:
        problem = installation.health_check()
        if problem is not None:
            raise problem
        command = [str(installation.python_path()), "-m", "obs_bgremove.engine", "--list-cameras"]
        child = engine_process.spawn(command, str(installation.app_dir()), stdin=subprocess.DEVNULL)
        try:
            with self._lock:
                self._child = child
                if self._stopped:  # meanwhile, when there was no child to end yet
                    child.kill()
            output, errors = child.communicate(timeout=TIMEOUT_S)
            return [_camera(one) for one in json.loads(output)]
        except subprocess.TimeoutExpired:
            raise UserError(
                tr("The list of cameras took longer than {seconds:.0f} s.", seconds=TIMEOUT_S), _TRY_AGAIN
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            last = redact(errors.decode(errors="replace").strip().rpartition("\n")[2])[:200]
            raise UserError(
                tr("The cameras could not be listed ({error}).", error=last or repr(error)), _TRY_AGAIN
            ) from error
        finally:
            with self._lock:
                self._child = None
            if child.poll() is None:
                child.kill()
                child.communicate()


def _camera(said: Mapping[str, Any]) -> Camera:
    modes = tuple(
        (str(name), int(width), int(height), float(rate)) for name, width, height, rate in said.get("modes", ())
    )
    return Camera(str(said["id"]), str(said["name"]), bool(said.get("virtual")), modes)
