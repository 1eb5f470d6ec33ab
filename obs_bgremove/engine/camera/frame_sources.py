"""Where frames come from: the common face of a device, a file, a stream and the built-in sample, and which one to open.

A source lives on the capture thread alone.
"""

from typing import Protocol

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.camera.file_source import FileSource
from obs_bgremove.engine.camera.live_source import LiveSource
from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.camera.target import CameraTarget


class FrameSource(Protocol):
    """Frames are (H, W, 3) uint8, BGR, C-contiguous, and the caller's to keep.

    Callers that need no picture only advance, which costs little.
    """

    label: str
    rate: float  # frames a second, as the source itself says; 0 when it does not

    def advance(self) -> bool:
        """Blocks until the next frame is due. False when the source has failed or ended."""

    def frame(self, spare: Image | None) -> Image | None:
        """The frame that has come due last. None when the source has failed or ended.

        `spare` is a frame that the caller no longer needs: the next one is made in it, so memory stays flat.
        """

    def close(self) -> None:
        """Gives the device back. Idempotent."""


def open_source(target: CameraTarget, size: tuple[int, int] | None, fps: int) -> FrameSource:
    """Opens the target, asking for `size` (width, height) in px or None for automatic, and `fps` or 0 for its own rate.

    Raises UserError, saying what is wrong and what to do.
    """
    if target.kind == "sample":
        return SampleSource(size, fps)
    if target.kind == "file":
        return FileSource(target.target, size, fps)
    return LiveSource(target, size, fps)
