"""`preview`: the camera in a window, without OBS. The window's keys go back to the tutorial this grew from.

Runs on the main thread, as OpenCV's windows demand.
"""

import dataclasses

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.capture import Capture
from obs_bgremove.engine.camera.target import DEFAULT_SIZE, CameraSetting
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.shared import backgrounds_folder
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState

KEYS = tr("d next, a previous, m mask, c camera, b blur, l learn the background, q quit")
WINDOW = "AI Background"


def preview(options: Options) -> None:
    """Until q, Escape or the window's close button. Raises UserError without a screen."""
    try:
        cv2.namedWindow(WINDOW, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
    except cv2.error as error:
        raise UserError(tr("No window can be opened."), tr("Run this on a desktop, or use `render`.")) from error
    print(KEYS.local())
    _Preview(options).run()


class _Preview:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._mode = options.background_mode
        self._backgrounds = Backgrounds()
        self._pipeline = Pipeline(self._backgrounds)
        self._capture = Capture(lambda: None)
        self._size = DEFAULT_SIZE
        self._said = ""
        self._frames, self._counted_s = 0, now_s()
        self._canvas = Canvas(0, 0)

    def run(self) -> None:
        cv2.resizeWindow(WINDOW, *DEFAULT_SIZE)
        options = self._options
        setting = CameraSetting(options.camera, options.requested_size, options.fps, options.framing != "off")
        self._capture.want(setting)
        try:
            while self._key(cv2.waitKey(5) & 0xFF):
                self._capture.check()
                self._show()
                if cv2.getWindowProperty(WINDOW, cv2.WND_PROP_VISIBLE) < 1:
                    break
        finally:
            self._capture.stop()
            self._pipeline.close()
            self._backgrounds.close()
            cv2.destroyAllWindows()

    def _show(self) -> None:
        frame = self._capture.take()
        problem = self._pipeline.problem or self._capture.problem
        if frame is not None:
            self._size = frame.shown
            self._count()
            image = self._pipeline.process(
                frame.image, DesiredState(self._options), frame.timestamp_ns, self._allocate, frame.shown
            )
        elif problem is not None:
            image = self._pipeline.background_alone(DesiredState(self._options), *self._size, self._allocate)
        else:
            return
        if problem is not None and str(problem) != self._said:
            print(problem.text.local())
        self._said = str(problem or "")
        transparent = self._options.background_mode == "transparent" and self._options.view == "output"
        cv2.imshow(WINDOW, _over_checks(image.pixels) if transparent else image.pixels[..., :3])

    def _count(self) -> None:
        """Once a second the window's title says how it is doing."""
        self._frames += 1
        passed_s = now_s() - self._counted_s
        if passed_s >= 1:
            width, height = self._size
            cv2.setWindowTitle(WINDOW, f"{WINDOW}: {width}x{height}, {self._frames / passed_s:.0f} fps. {KEYS.local()}")
            self._frames, self._counted_s = 0, now_s()

    def _allocate(self, width: int, height: int) -> Canvas:
        if self._canvas.pixels.shape[:2] != (height, width):
            self._canvas = Canvas(width, height)
        return self._canvas

    def _key(self, key: int) -> bool:
        """Acts on a key; False to leave."""
        options = self._options
        changes: dict[str, str] = {}
        if key in (ord("d"), ord("a")):
            on_show = self._backgrounds.shown if options.slideshow_s else options.background
            name = backgrounds_folder.step(options.folder, on_show, 1 if key == ord("d") else -1)
            self._backgrounds.restart_slideshow()
            changes = {"background": name, "background_mode": "file", "view": "output"}
        elif key in (ord("m"), ord("c")):
            view = "mask" if key == ord("m") else "camera"
            changes = {"view": "output" if options.view == view else view}
        elif key == ord("b"):
            back = "file" if self._mode == "blur" else self._mode
            changes = {"background_mode": back if options.background_mode == "blur" else "blur"}
        elif key == ord("l"):
            self._pipeline.command("learn")
        if changes:
            self._options = dataclasses.replace(options, **changes)  # type: ignore[arg-type]
            print(", ".join(f"{name} {value}" for name, value in changes.items()))
        return key not in (ord("q"), 27)


def _over_checks(image_bgra: Image) -> Image:
    """The transparent picture over the grey checks that stand for transparency. (H, W, 3) uint8."""
    height, width = image_bgra.shape[:2]
    rows, columns = np.indices((height, width)) // 16
    checks = np.where((rows + columns) % 2, 110, 150)[..., None]
    alpha = image_bgra[..., 3:].astype(np.float32) / 255
    return (image_bgra[..., :3] * alpha + checks * (1 - alpha)).astype(np.uint8)
