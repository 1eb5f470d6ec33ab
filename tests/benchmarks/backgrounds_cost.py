"""What a moving background, a crossfade and the blurred room cost, beside a still picture, in one run.

    python -m tests.benchmarks.backgrounds_cost [--frames 300] [--size 1080p] [--video FILE] [--cases video fade]

The cases take turns of half a second, in real time at 30 fps, as in OBS: so the decoder works between two frames as it
will, and all see the same machine. `video` is 1920x1080 at 30 fps (made for this, or a file of yours), `fade` is in
the middle of a change between two pictures in every frame. Printed: p10, p50 and p95 of a frame in ms, and the ratios.
"""

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.engine.ring_sink import RingSink
from obs_bgremove.shared import installation
from obs_bgremove.shared.frame_ring import Ring
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from obs_bgremove.tools.bench import SIZES, _frames

FPS = 30
BLOCK = 15  # frames


class Case:
    """One pipeline with its own ring, fed with these options."""

    def __init__(self, options: Callable[[int], Options]) -> None:
        self._options = options
        self._backgrounds = Backgrounds()
        self._pipeline = Pipeline(self._backgrounds, wait=True)
        self._ring = Ring.create()
        self._sink = RingSink(self._ring)
        self.times_ms: list[float] = []
        self.changes = 0
        self._count = 0
        self._last: Any = None

    def frame(self, picture: Image, counted: bool) -> None:
        """One frame, now."""
        now_ns = time.monotonic_ns()
        started = time.perf_counter()
        out = self._pipeline.process(picture, DesiredState(self._options(self._count)), now_ns, self._sink.allocate)
        self._sink.publish(now_ns)
        if counted:
            self.times_ms.append((time.perf_counter() - started) * 1e3)
            corner = out.pixels[4:36:8, 4:36:8].tobytes()
            self.changes += corner != self._last
            self._last = corner
        self._count += 1
        assert self._pipeline.problem is None and self._backgrounds.problem is None, self._backgrounds.problem

    def close(self) -> None:
        """Ends it."""
        self._pipeline.close()
        self._backgrounds.close()
        self._ring.close()


def make_video(path: Path, seconds: int = 6) -> None:
    """1920x1080, 30 fps, H.264: a picture of the product that is slowly moved about, with noise."""
    picture = cv2.imread(str(installation.backgrounds_dir() / "06-city-warm.jpg"))
    grown = cv2.resize(picture, (2120, 1192))
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=FPS, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for number in range(seconds * FPS):
            turn = 2 * np.pi * number / (seconds * FPS)
            left, top = round(100 + 90 * np.cos(turn)), round(56 + 50 * np.sin(turn))
            part = np.ascontiguousarray(grown[top : top + 1080, left : left + 1920])
            frame = av.VideoFrame.from_ndarray(part, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def measure(size: str, frames: int, video: Path, names: list[str]) -> dict[str, Any]:
    """p50 and p95 of each case and their ratios to the picture's."""
    cv2.setNumThreads(1)  # as in the engine
    pictures = _frames(SIZES[size], None)
    plain = Options(background="06-city-warm.jpg")
    moving = dataclasses.replace(plain, backgrounds_folder=str(video.parent), background=video.name)

    def fading(count: int) -> Options:
        # A change in the second frame of each block (the pause before one ends a fade), longer than the block.
        color = 0xFF20B040 if (count - 1) // BLOCK % 2 else 0xFF904010
        return dataclasses.replace(plain, background_mode="color", color=color, crossfade_ms=2000)

    cases = {
        "picture": Case(lambda count: plain),
        "video": Case(lambda count: moving),
        "fade": Case(fading),
        **{
            f"{'blur' if style == 'soft' else style} {strength}": Case(
                lambda count, strength=strength, style=style: dataclasses.replace(
                    plain, background_mode="blur", blur=strength, blur_style=style
                )
            )
            for style in ("soft", "bokeh")
            for strength in (10, 40, 100)
        },
    }
    cases = {name: case for name, case in cases.items() if name == "picture" or not names or name in names}
    order = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    number = 0
    for block in range(-1, max(1, frames // BLOCK)):
        for case in cases.values():
            due_s = time.monotonic()
            for step in range(BLOCK):
                time.sleep(max(0.0, due_s - time.monotonic()))
                due_s = max(due_s + 1 / FPS, time.monotonic())
                case.frame(pictures[order[number % len(order)]], block >= 0 and step >= 3)
                number += 1
    results: dict[str, Any] = {}
    base = [float(np.percentile(cases["picture"].times_ms, q)) for q in (50, 95)]
    for name, case in cases.items():
        p50, p95 = (float(np.percentile(case.times_ms, q)) for q in (50, 95))
        results[name] = {
            "p10_ms": round(float(np.percentile(case.times_ms, 10)), 2),
            "p50_ms": round(p50, 2),
            "p95_ms": round(p95, 2),
            "p50_ratio": round(p50 / base[0], 3),
            "p95_ratio": round(p95 / base[1], 3),
            "changed": round(case.changes / len(case.times_ms), 2),
        }
        case.close()
    return results


def main() -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--size", choices=SIZES, default="1080p")
    parser.add_argument("--video", type=Path)
    parser.add_argument("--cases", nargs="*", default=[], help="of these only, beside the picture")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = arguments.video or Path(folder) / "video.mp4"
        if arguments.video is None:
            make_video(video)
        for name, figures in measure(arguments.size, arguments.frames, video, arguments.cases).items():
            print(f"{name:10}", json.dumps(figures))


if __name__ == "__main__":
    installation.prepare_process()
    main()
