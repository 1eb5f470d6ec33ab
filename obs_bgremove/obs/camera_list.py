"""Which cameras there are, by name. The engine's Python is asked, on a thread of its own; here the answer is kept.

One list per loaded script. Read on the UI thread (panel, defaults), which must never wait for devices.
"""

import functools
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

from obs_bgremove.obs import log
from obs_bgremove.obs.one_shot_process import OneShotProcess
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text, tr
from obs_bgremove.shared.redaction import redact

TIMEOUT_S = 30.0
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
        self._lister = OneShotProcess("cameras", "The list of cameras")

    @property
    def default(self) -> str:
        """The `camera` of a new source: the first real one, `sample` when there is none, "" while not known."""
        if self.known is not None:
            return next((camera.id for camera in self.known if not camera.virtual), "sample")
        none_possible = sys.platform == "linux" and not any(Path("/dev").glob("video*"))
        return "sample" if none_possible else ""

    def refresh(self, then: Callable[[], None]) -> None:
        """Asks again, unless a question is under way; `then` is called on the asking thread, with the answer there."""
        self._lister.do(functools.partial(self._ask, then), unless_busy=True)

    def stop(self) -> None:
        """Ends a question under way, for good. Idempotent."""
        self._lister.stop()

    def _ask(self, then: Callable[[], None]) -> None:
        found = self._run()
        if self._lister.stopped:
            return
        if found != self.known:
            self.known = found
            log.write("info", f"Cameras found: {', '.join(camera.name for camera in found) or 'none'}.")
        then()

    def _run(self) -> list[Camera]:
        problem = installation.health_check()
        if problem is not None:
            raise problem
        try:
            output, errors = self._lister.ask("--list-cameras", TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise UserError(
                tr("The list of cameras took longer than {seconds:.0f} s.", seconds=TIMEOUT_S), _TRY_AGAIN
            ) from None
        try:
            return [_camera(one) for one in json.loads(output)]
        except (ValueError, KeyError, TypeError) as error:
            last = redact(errors.decode(errors="replace").strip().rpartition("\n")[2])[:200]
            raise UserError(
                tr("The cameras could not be listed ({error}).", error=last or repr(error)), _TRY_AGAIN
            ) from error


def _camera(said: Mapping[str, Any]) -> Camera:
    modes = tuple(
        (str(name), int(width), int(height), float(rate)) for name, width, height, rate in said.get("modes", ())
    )
    return Camera(str(said["id"]), str(said["name"]), bool(said.get("virtual")), modes)
