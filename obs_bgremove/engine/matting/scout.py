"""Looks besides those at the people: where faces are, what the other model thinks, who is aside.

They are asked for at the end of a frame, done on the helper thread while the worker waits for the next frame, and taken
when that begins: always there, so that the same frames give the same mattes on any machine. On the worker's own thread
they made the slowest frames half as slow again. Used by `Matting`.
"""

import contextlib
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.matting.face_detector import PART_SCORE, SCORE, FaceDetector
from obs_bgremove.engine.matting.network_views import Network, NetworkViews
from obs_bgremove.engine.matting.person_crop import Box, view
from obs_bgremove.engine.parallel import submit


@dataclass
class Answer:
    """What came back; None for what was not asked."""

    faces: tuple[list[Box], Box] | None = None  # boxes in cells, largest first, and where they were looked for
    second: F32 | None = None  # the other model's opinion of the whole picture
    aside: tuple[Box, F32, F32 | None] | None = None  # opinions of a box in cells: the network's, the other model's


class Scout:
    """At most one frame's questions are on their way."""

    def __init__(self, views: NetworkViews, face_detector: FaceDetector | None, second: Network | None) -> None:
        """Without a detector or second model the questions for it go unanswered."""
        self.sees_faces, self.has_second = face_detector is not None, second is not None
        self._views, self._face_detector, self._second = views, face_detector, second
        self._pending_faces: Future[list[Box]] | None = None
        self._pending_second: Future[F32] | None = None
        self._pending_aside: Future[list[F32]] | None = None
        self._pending_doubt: Future[F32] | None = None
        self._aside: Box | None = None
        self._part: Box | None = None

    @property
    def away(self) -> bool:
        """Something was asked for and not taken yet."""
        return any((self._pending_faces, self._pending_second, self._pending_aside))

    def faces_now(self, small: U8, part: Box) -> list[Box]:
        """The faces in part of small (gh, gw, 3), at once; none without a detector. Not while others are asked for."""
        if self._face_detector is None:
            return []
        x0, y0, x1, y1 = part
        least = SCORE if (y1 - y0, x1 - x0) == small.shape[:2] else PART_SCORE
        found = self._face_detector(np.ascontiguousarray(small[y0:y1, x0:x1]), least)
        return [(a + x0, b + y0, c + x0, d + y0) for a, b, c, d in found]

    def ask(self, frame_bgr: U8, small: U8, cell: int, faces: Box | None, second: bool, aside: Box | None) -> None:
        """Begin to look. faces: for faces in this box; aside: at this one. frame_bgr may be overwritten once this
        returns, small (gh, gw, 3) may not."""
        self.drop()
        self._aside, self._part = aside, faces
        if aside is not None:
            self._pending_aside = self._views.ask([self._views.picture(frame_bgr, small, cell, aside)])
            if self._second is not None:
                shown = view(frame_bgr, small, cell, aside, self._second.width, self._second.height, False)
                self._pending_doubt = submit(_kept, self._second, shown)
        if faces is not None and self.sees_faces:
            self._pending_faces = submit(self.faces_now, small, faces)
        if second and self._second is not None:
            whole = (0, 0, small.shape[1], small.shape[0])
            shown = view(frame_bgr, small, cell, whole, self._second.width, self._second.height, False)
            self._pending_second = submit(_kept, self._second, shown)

    def take(self) -> Answer:
        """What was asked for last, waited for; empty if nothing was. Raises what a network raised."""
        faces, second, aside, doubt = (
            self._pending_faces,
            self._pending_second,
            self._pending_aside,
            self._pending_doubt,
        )
        self._pending_faces = self._pending_second = self._pending_aside = self._pending_doubt = None
        asked: list[Future[Any]] = [future for future in (faces, second, aside, doubt) if future is not None]
        wait(asked)
        return Answer(
            (faces.result(), self._part) if faces is not None and self._part is not None else None,
            second.result() if second is not None else None,
            (self._aside, aside.result()[0], doubt.result() if doubt is not None else None)
            if aside is not None and self._aside is not None
            else None,
        )

    def drop(self) -> None:
        """Wait for what is on its way, and forget it: the networks are idle then."""
        with contextlib.suppress(Exception):
            self.take()


def _kept(network: Network, picture: U8) -> F32:
    """The network's answer, which its next one does not overwrite."""
    return network(picture).copy()
