"""The quality benchmark: each clip with true alpha, all steps on, and each step switched off; scores and milliseconds.

    python -m tests.benchmarks.matte_quality FOLDER [--skip 20] [--model general] [--steps all,no_plate]

FOLDER holds NAME.mp4 with NAME_alpha.mkv. A developer's tool; the same engine code runs as in OBS.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest import mock

import numpy as np

from obs_bgremove.engine.arrays import U8
from obs_bgremove.engine.background import flat
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.composite import composite, matte_image
from obs_bgremove.engine.matting.edge import Edge
from obs_bgremove.engine.matting.matting import Matting
from obs_bgremove.engine.person_cutout import Networks, close, networks, warm_up
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options
from tests.benchmarks import matte_metrics
from tests.fakes import videos

STEPS = {
    "all": Options(),
    "no_crop": Options(track_person=False),
    "no_smoothing": Options(smoothing=0),
    "no_plate": Options(use_learned_background=False),
    "no_regions": Options(ignore_small=0),
    "no_edge": Options(),
    "network": Options(track_person=False, smoothing=0, use_learned_background=False, ignore_small=0),
}
WITHOUT_EDGE = ("no_edge", "network")


def main(arguments: list[str]) -> int:
    """Print the table; returns the exit code. Raises UserError if there are no clips or no model."""
    parser = argparse.ArgumentParser(prog="quality", description="Scores the matte on clips with true alpha.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--skip", type=int, default=20, help="warm-up frames that do not count")
    parser.add_argument("--model", default="general")
    parser.add_argument("--steps", default=",".join(STEPS))
    wanted = parser.parse_args(arguments)
    clips = sorted(p for p in wanted.folder.glob("*.mp4") if videos.alpha_of(p).exists())
    steps = wanted.steps.split(",")
    if not clips or not set(steps) <= set(STEPS):
        raise UserError(
            f"No clips NAME.mp4 with NAME_alpha.mkv in {wanted.folder}, or no such step.", f"Steps: {', '.join(STEPS)}."
        )
    warm_up()
    loaded = networks(wanted.model)
    try:
        for step in steps:
            rows = [measure(loaded, clip, step, wanted.skip) for clip in clips]
            for clip, row in zip(clips, rows):
                print(_line(f"{step}  {clip.stem}", row))
            print(
                _line(f"{step}  mean", {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}), flush=True
            )
    finally:
        close(loaded)
    return 0


def measure(loaded: Networks, clip: Path, step: str, skip: int) -> dict[str, float]:
    """Scores, and the median milliseconds of matte and composite, of one clip with one step switched off."""
    options, matter, score, times = STEPS[step], Matting(*loaded), matte_metrics.Score(), list[float]()
    out: Canvas | None = None
    background: U8 | None = None
    with _without_edge() if step in WITHOUT_EDGE else nullcontext():
        for number, (frame, truth) in enumerate(_frames(clip)):
            matte_8bit = np.empty_like(truth)
            if out is None or background is None:
                out = Canvas(frame.shape[1], frame.shape[0])
                background = flat((0, 255, 0), frame.shape[1], frame.shape[0])
            started = time.perf_counter()
            matte = matter(frame, options, number * 33_333_333)
            composite(frame, matte, background, options, out, lasting=True)
            times.append(time.perf_counter() - started)
            matte_image(frame, matte, options, matte_8bit)
            score.add(matte_8bit, truth, number >= skip)
    return {**score.means(), "ms": float(np.median(times) * 1e3)}


def _frames(clip: Path) -> Iterator[tuple[U8, U8]]:
    """(frame (H, W, 3), true alpha (H, W)) of a clip."""
    for frame, alpha in zip(videos.read(clip), videos.read(videos.alpha_of(clip))):
        yield frame, np.ascontiguousarray(alpha[..., 1])


@contextmanager
def _without_edge() -> Iterator[None]:
    """The matte as the steps before the edge leave it."""
    with mock.patch.object(Edge, "__call__", lambda *_: None):
        yield


def _line(name: str, row: dict[str, float]) -> str:
    return f"{name:42s} " + "  ".join(f"{key} {value:6.2f}" for key, value in row.items())


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
