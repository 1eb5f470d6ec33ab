"""Faces: where one is, to aim the network's first view, and again now and then.

MediaPipe's full-range face detector (BlazeFace with 192 x 192 input; Bazarevsky et al., 2019), which finds faces from
about a twentieth of the picture's width. Owns the MediaPipe object and nothing else. Called by `Matting`, on its
thread. The engine works without it, only slower to find people.
"""

import atexit
import contextlib
import hashlib
import os
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from obs_bgremove.engine.arrays import U8
from obs_bgremove.engine.matting.mediapipe_vision import disarm, import_vision
from obs_bgremove.engine.matting.person_crop import Box
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.installation import REMEDY, SHA256
from obs_bgremove.shared.language import tr

SCORE = 0.5  # measured: the false ones on the development clips stay below 0.3
PART_SCORE = 0.65  # in a part of the picture: a space shuttle has 0.6 there, true small faces mostly 0.7 and more
ABOVE, BELOW, BESIDE = 0.7, 1.8, 0.9  # of a face's width: how far hair, body and shoulders reach beyond the face


class FaceDetector:
    """Raises UserError if the model is missing or altered, or MediaPipe cannot load it."""

    def __init__(self, model_path: Path) -> None:
        try:
            data = model_path.read_bytes()
        except OSError as error:
            raise UserError(
                tr("The model {file} cannot be read ({reason}).", file=model_path, reason=error.strerror), REMEDY
            ) from error
        if hashlib.sha256(data).hexdigest() != SHA256.get(model_path.name):
            raise UserError(tr("{file} has been altered or is damaged.", file=model_path.name), REMEDY)
        vision = import_vision()
        from mediapipe.tasks import python as tasks

        options = vision.FaceDetectorOptions(
            base_options=tasks.BaseOptions(model_asset_buffer=data), min_detection_confidence=SCORE
        )
        try:
            with _native_silence():
                detector = vision.FaceDetector.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise UserError(
                tr("MediaPipe cannot load {file}: {error}", file=model_path.name, error=error), REMEDY
            ) from error
        self._detector: Any = detector
        atexit.register(disarm, weakref.ref(detector))

    def __call__(self, picture_bgr: U8, least: float = SCORE) -> list[Box]:
        """The faces in picture_bgr (H, W, 3) uint8 that score so much (SCORE to 1), largest first: boxes in its pixels,
        cut off at its edges."""
        import mediapipe

        rgb = cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2RGB)
        found = self._detector.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)).detections
        height, width = picture_bgr.shape[:2]
        boxes: list[Box] = []
        for box in (detection.bounding_box for detection in found if detection.categories[0].score >= least):
            x0, x1 = np.clip([box.origin_x, box.origin_x + box.width], 0, width).tolist()
            y0, y1 = np.clip([box.origin_y, box.origin_y + box.height], 0, height).tolist()
            if x1 > x0 and y1 > y0:
                boxes.append((int(x0), int(y0), int(x1), int(y1)))
        return sorted(boxes, key=lambda box: box[0] - box[2])

    def close(self) -> None:
        """Free the network. May be called again."""
        self._detector.close()


def body_of(face: Box, height: int, width: int) -> Box:
    """Where hair, shoulders and body belong to a face, in a picture of height x width."""
    x0, y0, x1, y1 = face
    side = x1 - x0
    return (
        max(0, int(x0 - BESIDE * side)),
        max(0, int(y0 - ABOVE * side)),
        min(width, int(x1 + BESIDE * side)),
        min(height, int(y1 + BELOW * side)),
    )


@contextlib.contextmanager
def _native_silence() -> Iterator[None]:
    """LiteRT writes 45 warnings about this model's sparse weights to standard error and knows no way not to."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)
