"""`bench`: our whole frame, the tutorial's loop and the floor, interleaved frame by frame in one run.

ours      everything from the camera's frame to the finished slot of the ring as OBS gets it, mirrored; its stages apart
tutorial  the loop this product grew from: mirror, the network on the whole frame, mask > 0.5, background resized for
          each frame, np.stack and np.where
floor     bare inference at the network's size, one copy of the frame in and one out: nothing can be quicker
All three use the same network through the same API and see the same frames of a moving portrait (or of a video).
"""

import dataclasses
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.engine.matting.mediapipe_vision import import_vision
from obs_bgremove.engine.matting.segmenter import Segmenter
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.engine.ring_sink import RingSink
from obs_bgremove.shared import backgrounds_folder, installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.frame_ring import Ring
from obs_bgremove.shared.language import tr
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
WARM_UP_FRAMES = 20
# This many different frames are held in memory and played to and fro, so that motion stays continuous.
DISTINCT_FRAMES = 40

Milliseconds = dict[str, float]


@dataclasses.dataclass
class Result:
    """p50 and p95 in ms of each contestant, and of our stages."""

    ours_ms: Milliseconds
    tutorial_ms: Milliseconds
    floor_ms: Milliseconds
    stages_ms: dict[str, Milliseconds]


def bench(options: Options, frames: int, video: Path | None = None) -> dict[str, dict[str, Any]]:
    """Measures all sizes; the dictionary is what `--json` prints."""
    return {name: dataclasses.asdict(_bench_size(options, size, frames, video)) for name, size in SIZES.items()}


def _bench_size(options: Options, size: tuple[int, int], frames: int, video: Path | None) -> Result:
    pictures = _frames(size, video)
    ours, tutorial, floor = _Ours(options), Tutorial(options), _Floor(options)
    times: dict[str, list[float]] = {"ours": [], "tutorial": [], "floor": []}
    stages: dict[str, list[float]] = {}
    order = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    try:
        for number in range(WARM_UP_FRAMES + frames):
            frame = pictures[order[number % len(order)]]
            for name, contestant in (("ours", ours), ("tutorial", tutorial), ("floor", floor)):
                started = time.perf_counter()
                contestant.run(frame)
                if number >= WARM_UP_FRAMES:
                    times[name].append((time.perf_counter() - started) * 1e3)
            if number >= WARM_UP_FRAMES:
                for stage, taken_ms in ours.stages_ms.items():
                    stages.setdefault(stage, []).append(taken_ms)
    finally:
        for contestant in (ours, tutorial, floor):
            contestant.close()
    summary = {name: _percentiles(values) for name, values in times.items()}
    return Result(
        summary["ours"],
        summary["tutorial"],
        summary["floor"],
        {stage: _percentiles(values) for stage, values in stages.items()},
    )


def _percentiles(values: list[float]) -> Milliseconds:
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": round(float(p50), 3), "p95": round(float(p95), 3)}


def _frames(size: tuple[int, int], video: Path | None) -> list[Image]:
    if video is None:
        sample = SampleSource(size)
        return [sample.at(number / 30).copy() for number in range(DISTINCT_FRAMES)]
    capture = cv2.VideoCapture(str(video))
    frames: list[Image] = []
    while len(frames) < DISTINCT_FRAMES:
        ok, frame = capture.read()
        if not ok:
            break
        frames.append(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
    capture.release()
    if len(frames) < 3:
        raise UserError(tr("{file} is not a video that can be played.", file=video), tr("Choose another file."))
    return frames


class _Ours:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._pipeline = Pipeline(Backgrounds(wait=True), wait=True)
        self._ring = Ring.create()
        self._sink = RingSink(self._ring)
        self._count = 0

    def run(self, frame: Image) -> None:
        self._count += 1
        timestamp_ns = self._count * 33_333_333
        self._pipeline.process(frame, DesiredState(self._options), timestamp_ns, self._sink.allocate)
        self._sink.publish(timestamp_ns)
        if self._pipeline.problem is not None:
            raise self._pipeline.problem

    @property
    def stages_ms(self) -> dict[str, float]:
        return self._pipeline.stages_ms

    def close(self) -> None:
        self._pipeline.close()
        self._ring.close()


class Tutorial:
    """The tutorial's loop, `run` once a frame. Also used where a running engine is measured against it."""

    def __init__(self, options: Options) -> None:
        vision = import_vision()
        from mediapipe.tasks import python as tasks

        self._network = vision.ImageSegmenter.create_from_options(
            vision.ImageSegmenterOptions(
                base_options=tasks.BaseOptions(model_asset_path=str(installation.model_path(options.model))),
                output_confidence_masks=True,
                output_category_mask=False,
            )
        )
        where = installation.backgrounds_dir()
        self._background = read_picture(where / backgrounds_folder.choose(where, ""))

    def run(self, frame: Image) -> None:
        import mediapipe

        frame = cv2.flip(frame, 1)
        height, width = frame.shape[:2]
        rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
        answer = self._network.segment(picture).confidence_masks[0]  # a name, so that what numpy_view shows stays
        mask = answer.numpy_view().reshape(height, width)
        condition = np.stack((mask,) * 3, axis=-1) > 0.5
        background = cv2.resize(self._background, (width, height))
        np.where(condition, frame, background)

    def close(self) -> None:
        self._network.close()


class _Floor:
    def __init__(self, options: Options) -> None:
        self._network = Segmenter(installation.model_path(options.model))
        self._small: Image = np.empty((self._network.height, self._network.width, 3), np.uint8)
        self._inside: Image = np.empty((0, 0, 3), np.uint8)
        self._outside = self._inside

    def run(self, frame: Image) -> None:
        if self._inside.shape != frame.shape:
            cv2.cvtColor(cv2.resize(frame, (self._network.width, self._network.height)), cv2.COLOR_BGR2RGB, self._small)
            self._inside, self._outside = np.empty_like(frame), np.empty_like(frame)
        np.copyto(self._inside, frame)
        self._network(self._small)
        np.copyto(self._outside, self._inside)

    def close(self) -> None:
        self._network.close()


def as_text(results: dict[str, dict[str, Any]]) -> str:
    """The results for people: milliseconds and the two ratios that matter."""
    lines = []
    for size, result in results.items():
        ours, tutorial, floor = (result[f"{name}_ms"] for name in ("ours", "tutorial", "floor"))
        lines.append(f"{size}                p50 ms  p95 ms")
        for name, value in ((tr("ours"), ours), (tr("tutorial's loop"), tutorial), (tr("floor"), floor)):
            lines.append(f"  {name.local():16} {value['p50']:7.2f} {value['p95']:7.2f}")
        for name, value in result["stages_ms"].items():
            lines.append(f"    {name:14} {value['p50']:7.2f} {value['p95']:7.2f}")
        ratios = tr(
            "ours is {tutorial:.2f} × the tutorial's loop, {floor:.2f} × the floor",
            tutorial=ours["p50"] / tutorial["p50"],
            floor=ours["p50"] / floor["p50"],
        )
        lines.append(f"  {ratios.local()}")
    return "\n".join(lines)
