"""The loops that come with the product: small, without a seam, moving, and drawn by our generator."""

from __future__ import annotations

import importlib
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "backgrounds"
LOOPS = sorted(FOLDER.glob("*.mp4"))
MOST_BYTES = 1_500_000


def _frames(path: Path) -> list[np.ndarray]:
    """All frames of a loop at a quarter of its size, (180, 320, 3) float32 BGR."""
    with av.open(str(path)) as container:
        return [
            cv2.resize(frame.to_ndarray(format="bgr24"), (320, 180), interpolation=cv2.INTER_AREA).astype(np.float32)
            for frame in container.decode(video=0)
        ]


def _jump(one: np.ndarray, other: np.ndarray) -> float:
    """What moved most between two frames, in levels of 255: something that moves is small, so the mean says little."""
    return float(np.percentile(np.abs(one - other), 99.9))


def test_there_are_loops_and_each_is_small() -> None:
    assert len(LOOPS) >= 3
    assert {path.name: path.stat().st_size for path in LOOPS if path.stat().st_size > MOST_BYTES} == {}


@pytest.mark.parametrize("path", LOOPS, ids=lambda path: path.name)
def test_a_loop_moves_slowly_and_its_end_is_as_near_to_its_beginning_as_neighbours_are(path: Path) -> None:
    frames = _frames(path)
    assert len(frames) >= 100
    steps = [_jump(one, other) for one, other in zip(frames, frames[1:])]
    assert 1 < np.median(steps) < 20, "it moves, and calmly"
    # H.264 codes the first frame in another way than those that lead up to it: that is worth a level or two.
    granted = np.percentile(steps, 95) + 2
    assert _jump(frames[-1], frames[0]) <= granted
    assert _jump(frames[8], frames[0]) > granted, "a third of a second missing would be seen by this measure"
    assert abs(float((frames[-1] - frames[0]).mean())) < 0.5, "nor does the whole become lighter or darker"


@pytest.mark.parametrize("path", LOOPS, ids=lambda path: path.name)
def test_a_loop_is_the_generators_and_named_in_the_credits(path: Path) -> None:
    loops = importlib.import_module("backgrounds.generator.loops")
    assert [path.name for path in LOOPS] == sorted(loops.LOOPS)
    assert f"`{path.name}`" in (FOLDER / "CREDITS.md").read_text(encoding="utf-8")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, float(stream.average_rate)) == (1280, 720, 24.0)
        stored = next(container.decode(stream)).to_ndarray(format="bgr24")
    again = next(loops.LOOPS[path.name][0]())
    assert float(cv2.absdiff(stored, again).mean()) < 8  # `to_ndarray` knows nothing of BT.709
