"""Auto framing on a made clip of a person who walks, leans, leaves and returns.

    python -m tests.benchmarks.framing DATA [--person denim] [--style gentle] [--strips FOLDER]

DATA holds the development clips (`../shared/data`); the clip is made of one of their people, so where the head is is
known. Printed, in shares of the view's width or height: how far the middle of the head is from its place while the
person is at rest (settled: 2.5 s after they came to rest), the highest speed and acceleration of the view, and for how
long somebody in the picture was out of view. --strips: what is shown every half second.
"""

import argparse
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from obs_bgremove.engine.framing.crop import crop_frame
from obs_bgremove.engine.framing.heads import Head, Heads
from obs_bgremove.engine.framing.virtual_camera import View, VirtualCamera, wanted
from obs_bgremove.engine.matting.matting import Matting
from obs_bgremove.engine.person_cutout import close, networks
from obs_bgremove.shared import installation
from obs_bgremove.shared.options import Options
from tests.benchmarks import strips
from tests.benchmarks.frame_scores import U8
from tests.benchmarks.made_people import CLIPS, person
from tests.benchmarks.made_set import scale_of
from tests.benchmarks.made_stage import Actor, Place, Stage, shots
from tests.benchmarks.made_styles import TUNING, furnished

FPS, SETTLED_S = 30, 2.5
TALL = {"denim": 260.0, "longhair": 260.0, "hands": 380.0, "glasses": 260.0}  # px of 720 from the lowest row up
HEAD_PER_EYES = 3.7  # a head's height in distances between the eyes
# Second, x, scale: between these the person moves evenly; None: out of the picture.
WAY = (
    (0.0, 640, 1.0),
    (4.0, 640, 1.0),
    (6.0, 880, 1.0),  # walks
    (10.0, 880, 1.0),
    (10.7, 810, 1.22),  # leans forward
    (14.5, 810, 1.22),
    (15.2, 880, 1.0),
    (18.0, 880, 1.0),
    (20.5, 1700, 1.0),  # leaves
    (24.0, 1700, 1.0),
    (26.5, 470, 1.0),  # returns
    (32.0, 470, 1.0),
)


@dataclasses.dataclass
class Result:
    """Of each frame: the view, where the true middle of the head is in it (None: nobody is in the picture), where it
    should be (which is not always the ideal place: no view leaves the picture), and whether the person has been at rest
    for SETTLED_S."""

    view: View
    head: tuple[float, float] | None
    aim: tuple[float, float]
    settled: bool


def place_at(number: int, who_scale: float) -> tuple[Place, bool]:
    """Where the person is, and whether at rest."""
    now = number / FPS
    for (begin, x0, scale0), (end, x1, scale1) in zip(WAY, WAY[1:], strict=False):
        if now < end:
            share = (now - begin) / (end - begin)
            share = share * share * (3 - 2 * share)
            scale = who_scale * (scale0 + (scale1 - scale0) * share)
            return (x0 + (x1 - x0) * share, 724.0, scale), (x0, scale0) == (x1, scale1)
    return (WAY[-1][1], 724.0, who_scale * WAY[-1][2]), True


def clip(data: Path, name: str) -> Iterator[tuple[U8, Head | None, bool]]:
    """Frames (720, 1280, 3), the true head or None, and whether the person is settled."""
    who = person(data, name)
    base = scale_of(who, TALL[name])
    rng = np.random.default_rng(1)
    actor = Actor(who, lambda number: place_at(number, base)[0], still=True)
    stage = Stage(furnished(rng, TUNING[0], "both", False), [actor], frames=round(WAY[-1][0] * FPS))
    (ax, ay), (bx, by) = CLIPS[name].eyes
    apart = float(np.hypot(bx - ax, by - ay))
    source_x, source_y = (ax + bx) / 2, (ay + by) / 2 + 0.45 * apart  # about the tip of the nose
    at_rest = 0
    for number, (frame, truth, _) in enumerate(shots(stage, rng)):
        (x, y, scale), rests = place_at(number, base)
        at_rest = at_rest + 1 if rests else 0
        anchor_x, anchor_y = who.anchor
        head_x, head_y = x + (source_x - anchor_x) * scale, y + (source_y - anchor_y) * scale
        head = Head(head_x / 1280, head_y / 720, HEAD_PER_EYES * apart * scale / 720)
        yield frame, head if truth.any() and head.x < 1 else None, at_rest >= SETTLED_S * FPS


def run(data: Path, name: str, style: str, shown: list[U8] | None = None) -> list[Result]:
    """The whole clip by the real network. shown: gets what is shown each half second."""
    loaded = networks("general")
    matting, heads, camera = Matting(*loaded), Heads(), VirtualCamera()
    results = []
    for number, (frame, head, settled) in enumerate(clip(data, name)):
        matte = matting(frame, Options(), round(number * 1e9 / FPS))
        found = heads(matte.alpha_small, matting.faces)
        view = camera(found, style, 1280 / 720, number / FPS)
        within = None if head is None else _place(head, view)
        aim = (0.0, 0.0) if head is None else _place(head, wanted([head], style, 1280 / 720))
        results.append(Result(view, within, aim, settled))
        if shown is not None and number % 15 == 0:
            shown.append(_marked(crop_frame(frame, view, 480, 270), within, found, view, number))
    close(loaded)
    return results


def _place(head: Head, view: View) -> tuple[float, float]:
    return (head.x - view.x) / view.size + 0.5, (head.y - view.y) / view.size + 0.5


def _marked(picture: U8, head: tuple[float, float] | None, found: list, view: View, number: int) -> U8:  # type: ignore[type-arg]
    if head is not None:
        cv2.circle(picture, (round(head[0] * 480), round(head[1] * 270)), 4, (0, 255, 0), -1)
    for one in found:
        x, y = ((one.x - view.x) / view.size + 0.5) * 480, ((one.y - view.y) / view.size + 0.5) * 270
        half = one.height / view.size * 135
        cv2.rectangle(
            picture, (round(x - 0.7 * half), round(y - half)), (round(x + 0.7 * half), round(y + half)), (0, 0, 255), 1
        )
    cv2.putText(picture, f"{number / FPS:.1f} s", (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    return picture


def motion(results: list[Result]) -> tuple[np.ndarray, np.ndarray]:
    """Speed and acceleration between the frames: the largest of x, y and size, in views / s and views / s^2."""
    path = np.array([(r.view.x, r.view.y, r.view.size) for r in results])
    size = path[:, 2:]
    speed = np.diff(path, axis=0) * FPS
    return np.abs(speed / size[1:]).max(1), np.abs(np.diff(speed, axis=0) * FPS / size[2:]).max(1)


def _off(result: Result) -> float:
    assert result.head is not None
    return max(abs(result.head[0] - result.aim[0]), abs(result.head[1] - result.aim[1]))


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--person", choices=[name for name, clip in CLIPS.items() if clip.eyes], default="denim")
    parser.add_argument("--style", choices=("gentle", "close"), default="gentle")
    parser.add_argument("--strips", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    shown: list[U8] = []
    results = run(arguments.data, arguments.person, arguments.style, shown)
    off = np.array([(r.head[0] - r.aim[0], r.head[1] - r.aim[1]) for r in results if r.settled and r.head is not None])
    out = sum(not (0.02 < r.head[0] < 0.98 and 0.02 < r.head[1] < 0.98) for r in results if r.head is not None)
    speed, acceleration = motion(results)
    largest = np.abs(off).max(0)
    worst = max((n for n, r in enumerate(results) if r.settled and r.head), key=lambda n: _off(results[n]))
    print(
        f"{arguments.person}, {arguments.style}: settled, off by at most {largest[0]:.3f} x {largest[1]:.3f} "
        f"(95 %: {np.percentile(np.abs(off), 95):.3f}); speed at most {speed.max():.2f} views / s, acceleration "
        f"{acceleration.max():.2f}; the head out of view for {out / FPS:.1f} s; "
        f"the worst at {worst / FPS:.1f} s; zoom at most {1 / min(r.view.size for r in results):.2f}"
    )
    if arguments.strips is not None:
        rows = [np.hstack(shown[n : n + 6]) for n in range(0, len(shown) - 5, 6)]
        strips.save(arguments.strips, f"framing_{arguments.person}_{arguments.style}", np.vstack(rows))


if __name__ == "__main__":
    installation.prepare_process()
    main()
