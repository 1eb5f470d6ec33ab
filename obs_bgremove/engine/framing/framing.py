"""Auto framing: frame and matte of the whole picture in, those of what the virtual camera shows out.

The matte is of the whole picture always: the room is learned, and who lives is told, by a camera that stands still.
What lies between camera and picture is cut here, before the composite, so the background stays where it is. Made by
person_cutout.py when it is first wanted; used on the worker's thread.
"""

from obs_bgremove.engine.arrays import U8
from obs_bgremove.engine.framing.crop import crop_frame, crop_matte
from obs_bgremove.engine.framing.heads import Heads
from obs_bgremove.engine.framing.virtual_camera import WIDE, View, VirtualCamera
from obs_bgremove.engine.matting.matte import Matte
from obs_bgremove.engine.matting.person_crop import Box


class Framing:
    """One camera's virtual camera."""

    def __init__(self) -> None:
        self._heads, self._camera = Heads(), VirtualCamera()

    @property
    def view(self) -> View:
        """What is shown now."""
        return self._camera.view

    def __call__(
        self, frame_bgr: U8, matte: Matte, faces: list[Box], style: str, timestamp_ns: int, shown: tuple[int, int]
    ) -> tuple[U8, Matte]:
        """Frame and matte at the size `shown` (width, height); the same objects where all of a frame of that size is
        shown. faces: in the matte's cells, as last seen. style: off (back to the whole picture), gentle or close."""
        height, width = frame_bgr.shape[:2]
        heads = [] if style == "off" else self._heads(matte.alpha_small, faces)
        view = self._camera(heads, style, width / height, timestamp_ns / 1e9)
        if view == WIDE and shown == (width, height):
            return frame_bgr, matte
        return crop_frame(frame_bgr, view, *shown), crop_matte(matte, view, (height, width), *shown)
