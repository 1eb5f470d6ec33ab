"""A background that moves, as the engine is asked for it: by `render`, which waits, or live, which does not."""

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.shared.options import Options

SIZE = (160, 90)
CAMERA_NS = 1_000_000_000 // 30


def grey(level: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full((size[1], size[0], 3), level, np.uint8)


def options_of(path: Path, **more: object) -> Options:
    return dataclasses.replace(Options(), backgrounds_folder=str(path.parent), background=path.name, **more)


def levels(path: Path, count: int, step_ns: int = CAMERA_NS, **more: object) -> list[int]:
    """The level of the middle of each background under a camera at this pace, as `render` sees them."""
    backgrounds = Backgrounds(wait=True)
    seen = []
    for number in range(count):
        image = backgrounds.get(options_of(path, **more), *SIZE, number * step_ns)
        assert image.shape == (90, 160, 4) and (image[..., 3] == 255).all()
        seen.append(int(image[45, 80, 0]))
    assert backgrounds.problem is None
    backgrounds.close()
    return seen


@contextlib.contextmanager
def playing(path: Path, **more: object) -> Iterator[tuple[Backgrounds, Options]]:
    """Backgrounds with the file read, as in a live engine."""
    backgrounds, options = Backgrounds(), options_of(path, **more)
    end = time.monotonic() + 10
    while backgrounds.version == 0:
        backgrounds.get(options, *SIZE)
        assert time.monotonic() < end
        time.sleep(0.005)
    try:
        yield backgrounds, options
    finally:
        backgrounds.close()
