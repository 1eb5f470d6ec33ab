"""The person cut out of a frame: network, matte and composite of one model.

Importing this loads MediaPipe and numba, which takes a second; `pipeline` does so on a thread, so that the engine
answers at once. Built on that thread, then used on the worker thread only.
"""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.bokeh import bokeh_room
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.composite import composite, cutout, matte_image
from obs_bgremove.engine.framing.framing import Framing
from obs_bgremove.engine.light import NO_LIGHT, Light
from obs_bgremove.engine.matting.face_detector import FaceDetector
from obs_bgremove.engine.matting.matte import Matte, grid_of
from obs_bgremove.engine.matting.matting import Matting, warm_up_matting
from obs_bgremove.engine.matting.segmenter import Segmenter
from obs_bgremove.engine.room import as_shown, blurred_room
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options


class PersonCutout:
    """One model, `general`, `landscape` or a path. Raises UserError when it is missing, altered or no selfie model."""

    def __init__(self, model: str) -> None:
        if model in installation.MODELS:
            problem = installation.check_asset(installation.MODELS[model])
            if problem is not None:
                raise problem
        self.model = model
        with ThreadPoolExecutor(1) as beside:  # networks are built in native code, the kernels are loaded in Python
            building = beside.submit(networks, model)
            try:
                warm_up()
            except BaseException:
                if building.exception() is None:
                    close(building.result())
                raise
        self._networks = building.result()
        self._matting = Matting(*self._networks)
        self._light = Light()
        self._framing: Framing | None = None  # made when it is first wanted
        self._size = (0, 0)

    def cut(
        self, frame_bgr: Image, options: Options, timestamp_ns: int, backgrounds: Backgrounds, out: Canvas
    ) -> dict[str, float]:
        """The finished frame into `out`; returns the milliseconds of each stage. Where `out` is of another size than
        the frame, or framing is on, a part of the frame is shown."""
        size = (frame_bgr.shape[1], frame_bgr.shape[0])
        height, width = out.pixels.shape[:2]
        if self._size != size:
            self.reset()
            self._size = size
        matte = self._matting(frame_bgr, options, timestamp_ns)
        started = time.perf_counter()
        if self._framing is None and (options.framing != "off" or size != (width, height)):
            self._framing = Framing()
        if self._framing is not None:
            faces = self._matting.faces
            frame_bgr, matte = self._framing(frame_bgr, matte, faces, options.framing, timestamp_ns, (width, height))
        if options.view == "mask":
            grey = np.empty((height, width), np.uint8)
            matte_image(frame_bgr, matte, options, grey)
            as_shown(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), options.mirror, out.claim())
        elif options.background_mode == "transparent":
            backgrounds.rest()
            cutout(frame_bgr, matte, options, out)
        else:

            def room() -> Image:
                """Made where it will be seen; a new object, since it is a new picture."""
                blur = bokeh_room if options.blur_style == "bokeh" else blurred_room
                return blur(frame_bgr, matte.alpha_small, options.blur, options.mirror, out.claim()).view()

            behind = backgrounds.get(options, width, height, timestamp_ns, room)
            light = NO_LIGHT
            if options.match_light > 0 and options.background_mode in ("file", "blur"):
                light = self._light(frame_bgr, matte, behind, options.match_light, timestamp_ns)
            composite(frame_bgr, matte, behind, options, out, lasting=True, light=light)
        return {**matte.stages_ms, "composite": (time.perf_counter() - started) * 1e3}

    def reset(self) -> None:
        """For another camera: what was learned from earlier frames no longer holds."""
        self._matting.reset()
        self._light, self._framing = Light(), None

    def command(self, name: str) -> None:
        """`learn` or `forget` the background plate. Raises ValueError for any other name."""
        commands = {"learn": self._matting.learn, "forget": self._matting.forget}
        if name not in commands:
            raise ValueError(f"command: got {name!r}, expected one of {', '.join(commands)}")
        commands[name]()

    def close(self) -> None:
        """Gives the networks back. Idempotent."""
        self._matting.reset()  # none of them is at work then
        close(self._networks)


Networks = tuple[Segmenter, FaceDetector | None, Segmenter | None, Segmenter]


def networks(model: str) -> Networks:
    """The selfie model, the face detector, the selfie model that is not `model`, and the selfie model once more for the
    other core. Of the middle two None for what cannot be loaded: `doctor` and the installer say so and mend it, and the
    matte does without."""
    segmenter, spare = Segmenter(installation.model_path(model)), Segmenter(installation.model_path(model))
    detector, second = None, None
    with contextlib.suppress(UserError):
        detector = FaceDetector(installation.assets_dir() / installation.FACE_DETECTOR)
    with contextlib.suppress(UserError):
        second = Segmenter(installation.model_path("general" if model == "landscape" else "landscape"))
    return segmenter, detector, second, spare


def close(loaded: Networks) -> None:
    """Gives the networks back. Idempotent."""
    for network in loaded:
        if network is not None:
            network.close()


def warm_up() -> None:
    """Compile all kernels, or load them from the cache: that takes seconds the first time, then a fraction of one."""
    frame = np.zeros((32, 48, 3), np.uint8)
    _, height, width = grid_of(*frame.shape[:2])
    colours = np.zeros((height, width, 3), np.float32)
    matte = Matte(1, np.full((height, width), 0.5, np.float32), colours, colours)
    canvas, background = Canvas(48, 32), np.zeros((32, 48, 4), np.uint8)
    for options in (Options(), Options(light_wrap=1)):
        composite(frame, matte, background, options, canvas)
    cutout(frame, matte, Options(), canvas)
    matte_image(frame, matte, Options(), np.empty((32, 48), np.uint8))
    warm_up_matting()
