"""The matte of a stream: network, person crop, learned background, regions, time and edge, in that order.

One `Matting` per camera stream, called on the engine's worker thread only. It owns all state that lives from frame to
frame and all buffers of the `Matte` it returns.
"""

import time

import cv2
import numpy as np

from obs_bgremove.engine.matte import U8, Matte, grid_of
from obs_bgremove.engine.segmenter import Segmenter
from obs_bgremove.options import Options

__all__ = ["Matte", "Matting", "warm_up_matting"]


class Matting:
    """Frames in, mattes out."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self.reset()

    def reset(self) -> None:
        """Forget everything: another camera, another size."""
        self._matte: Matte | None = None

    def learn(self) -> None:
        """Start taking the picture as it is for the empty room; the person steps aside meanwhile."""

    def forget(self) -> None:
        """Drop the learned background."""

    def __call__(self, frame_bgr: U8, options: Options, timestamp_ns: int) -> Matte:
        """The matte of frame_bgr (H, W, 3) uint8 BGR, at least 16 x 16, C-contiguous. A frame of another size than
        the one before starts afresh. timestamp_ns: when it was captured, not decreasing."""
        start = time.perf_counter()
        cell, height, width = grid_of(*frame_bgr.shape[:2])
        small = cv2.resize(frame_bgr[: height * cell, : width * cell], (width, height), interpolation=cv2.INTER_AREA)
        seen = cv2.resize(small, (self._segmenter.width, self._segmenter.height), interpolation=cv2.INTER_AREA)
        probability = self._segmenter(np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGR2RGB), np.uint8))
        segmented = time.perf_counter()
        if self._matte is None or self._matte.alpha_small.shape != (height, width) or self._matte.cell != cell:
            shape = (height, width)
            self._matte = Matte(
                cell,
                np.zeros(shape, np.float32),
                np.zeros((*shape, 4), np.float32),
                np.zeros((*shape, 3), np.float32),
                np.zeros((*shape, 3), np.float32),
            )
        matte = self._matte
        cv2.resize(probability, (width, height), dst=matte.alpha_small)
        matte.coefficients[..., 3] = matte.alpha_small
        matte.person[...] = small
        matte.room[...] = small
        end = time.perf_counter()
        matte.stages_ms = {"segment": (segmented - start) * 1e3, "refine": (end - segmented) * 1e3}
        return matte


def warm_up_matting() -> None:
    """Compile the kernels of the refinement."""
