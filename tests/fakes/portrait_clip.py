"""A clip with true alpha that every clone can make: the sample portrait, cut out, moving before a drawn room.

Cut out by our own network; the truth is nevertheless exact, since it is what the clip is put together with.
"""

import dataclasses
import math
from pathlib import Path

import cv2
import numpy as np

from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from tests.fakes import procedural, videos

SIZE = (1280, 720)
FPS = 30
FRAMES = 60
SHOWN = 0.72  # the person's size, of what the sample shows: so there is room around them
SETTLE_FRAMES = 6  # until the matte of a still picture is steady


def make(folder: Path) -> Path:
    """Writes clip.mp4, two seconds, and clip_alpha.mkv beside it. Needs the installed models and sample."""
    portrait = SampleSource(SIZE).at(0.0).copy()
    alpha = _matte(portrait)
    room = procedural.room(SIZE[1], SIZE[0])
    pictures, truth = [], []
    for number in range(FRAMES):
        turn = 2 * math.pi * number / FRAMES  # ends where it starts: the clip loops
        shift = 0.04 * SIZE[0] * math.sin(turn)
        # The lower edge stays at the lower edge, the middle moves from side to side.
        place = np.array([[SHOWN, 0, (1 - SHOWN) / 2 * SIZE[0] + shift], [0, SHOWN, (1 - SHOWN) * SIZE[1]]])
        person, share = cv2.warpAffine(portrait, place, SIZE), cv2.warpAffine(alpha, place, SIZE)
        mixed = share[..., None] / np.float32(255)
        pictures.append((person * mixed + room * (1 - mixed)).round().astype(np.uint8))
        truth.append(cv2.cvtColor(share, cv2.COLOR_GRAY2BGR))
    path = videos.write(folder / "clip.mp4", pictures, FPS, "mp4v")
    videos.write(videos.alpha_of(path), truth, FPS)
    return path


def _matte(frame_bgr: np.ndarray) -> np.ndarray:
    """(H, W) uint8: the person in a still picture."""
    options = dataclasses.replace(Options(), view="mask", mirror=False)
    pipeline = Pipeline(Backgrounds(wait=True), wait=True)
    for number in range(SETTLE_FRAMES):
        out = pipeline.process(frame_bgr, DesiredState(options), (number + 1) * 33_000_000, Canvas)
    pipeline.close()
    assert pipeline.problem is None
    return out.pixels[..., 0].copy()
