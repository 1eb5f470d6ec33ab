"""The network's opinion of several views of a picture, put together on the grid; on both cores where there are several.

Owns nothing but references to the networks. Used by `Matting`, on its thread: the first network runs there, the spare
one only on the helper thread (`parallel.py`), since neither may be entered twice at a time.
"""

from concurrent.futures import Future
from itertools import combinations
from typing import Protocol

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.matting.person_crop import Box, view
from obs_bgremove.engine.parallel import submit

SHARP = 2  # power by which depth counts


class Network(Protocol):
    """A selfie model: `Segmenter`, or what stands in for one in tests."""

    width: int
    height: int

    def __call__(self, image_rgb: U8) -> F32:
        """(height, width, 3) uint8 RGB to (height, width) float32 in [0, 1], valid until the next call."""


class NetworkViews:
    """The network, twice if there is a spare one."""

    def __init__(self, network: Network, spare: Network | None = None) -> None:
        """spare: the same model once more, for the helper thread; without it all views are looked at in turn."""
        self._network, self._spare = network, spare

    def __call__(self, frame_bgr: U8, small: U8, cell: int, boxes: list[Box], flip: bool, probability: F32) -> None:
        """Fill probability (gh, gw) with the opinion of these boxes, the surer one where they overlap, 0 elsewhere.
        flip: show them mirrored. Raises RuntimeError if the network fails."""
        here = boxes[::2] if self._spare is not None else boxes
        there = boxes[1::2] if self._spare is not None else []
        pictures = [self.picture(frame_bgr, small, cell, box, flip) for box in there]
        beside = self.ask(pictures) if there else None
        opinions: list[tuple[Box, F32]] = []
        try:
            for box in here:
                seen = _opinion(self._network, self.picture(frame_bgr, small, cell, box, flip))
                opinions.append((box, seen if len(here) == 1 else seen.copy()))
        finally:  # the spare network is never left at work
            answers = beside.result() if beside is not None else []
        opinions += zip(there, answers, strict=True)
        if flip:
            opinions = [(box, np.asarray(cv2.flip(seen, 1), np.float32)) for box, seen in opinions]
        probability[...] = 0
        _together(opinions, probability)

    def picture(self, frame_bgr: U8, small: U8, cell: int, box: Box, flip: bool = False) -> U8:
        """What the network is shown of a box, of its own memory."""
        return view(frame_bgr, small, cell, box, self._network.width, self._network.height, flip)

    def ask(self, pictures: list[U8]) -> "Future[list[F32]]":
        """Begin to look at pictures as `picture` made them, on the helper thread if there is a spare network."""
        if self._spare is not None:
            return submit(_opinions, self._spare, pictures)
        done: Future[list[F32]] = Future()
        done.set_result(_opinions(self._network, pictures))
        return done


def _opinions(network: Network, pictures: list[U8]) -> list[F32]:
    return [_opinion(network, picture).copy() for picture in pictures]


def _opinion(network: Network, picture: U8) -> F32:
    """Checked: a wrong shape could spread over the whole matte."""
    seen = network(picture)
    if np.shape(seen) != picture.shape[:2]:
        raise RuntimeError(f"the network answered with shape {np.shape(seen)}")
    return seen


def _together(opinions: list[tuple[Box, F32]], probability: F32) -> None:
    """Fill probability (gh, gw) with these. Where views overlap, each counts by how deep inside it a cell lies: a view
    knows its own person best, and of a neighbour whom its border cuts it sees too little."""
    if not any(_overlap(a, b) for (a, _), (b, _) in combinations(opinions, 2)):
        for (x0, y0, x1, y1), seen in opinions:
            cv2.resize(seen, (x1 - x0, y1 - y0), dst=probability[y0:y1, x0:x1], interpolation=cv2.INTER_LINEAR)
        return
    total = np.zeros_like(probability)
    for (x0, y0, x1, y1), seen in opinions:
        across = _depth(x0, x1, probability.shape[1])
        down = _depth(y0, y1, probability.shape[0])
        weight = np.minimum(across[None, :], down[:, None]) ** SHARP
        total[y0:y1, x0:x1] += weight
        probability[y0:y1, x0:x1] += weight * cv2.resize(seen, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    np.divide(probability, total, out=probability, where=total > 0)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _depth(first: int, end: int, size: int) -> F32:
    """How deep inside first..end each cell lies, (end - first,) in (0, 1]; the picture's own border does not count."""
    cells = np.arange(first, end, dtype=np.float32) + np.float32(0.5)
    half = np.float32(max(1, end - first) / 2)
    low = (cells - first) / half if first > 0 else np.ones_like(cells)
    high = (end - cells) / half if end < size else np.ones_like(cells)
    return np.minimum(np.minimum(low, high), 1)
