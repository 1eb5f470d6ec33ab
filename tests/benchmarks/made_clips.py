"""Makes the clips that the matte is proved on: the people of the development clips before rooms nobody tuned to.

    python -m tests.benchmarks.made_clips DATA FOLDER [--sets tuning,held_out] [--clips a,b] [--procs 2] [--seed 0]

DATA holds the development clips (`../shared/data`). FOLDER gets tuning/ and held_out/, each with NAME.mp4 (H.264,
crf 18, 720p30), NAME_alpha.mkv (FFV1, grey), NAME.json (facts for the report) and, where one person is timed,
NAME_part.mkv. The same DATA gives the same pictures. A clip that is there is not made again.
--seed gives the same scenes to other people of the set in other rooms: for a look at clips nobody has seen, in a
folder of their own.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tests.benchmarks import made_scenes
from tests.benchmarks.made_rooms import HEIGHT, U8, WIDTH
from tests.benchmarks.made_stage import shots

DEFAULT = Path(tempfile.gettempdir()) / "ai-background-made-clips"
# What the development clips were saved with; "grain" keeps the sensor's noise, as a camera's own MJPEG or YUY2 does.
X264 = {"crf": "18", "preset": "ultrafast", "tune": "grain"}


class Video:
    """One video file, written under another name until it is whole."""

    def __init__(self, path: Path, codec: str, pixels: str, options: dict[str, str]) -> None:
        self._path, self._part = path, path.with_name(f".{path.name}.part{path.suffix}")
        self._file = av.open(str(self._part), "w")
        self._stream: Any = self._file.add_stream(codec, rate=30, options=options)
        self._stream.width, self._stream.height, self._stream.pix_fmt = WIDTH, HEIGHT, pixels

    def write(self, image: U8) -> None:
        """One frame, BGR or grey."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="gray" if image.ndim == 2 else "bgr24")
        self._file.mux(self._stream.encode(frame))

    def close(self) -> None:
        """The file is whole."""
        self._file.mux(self._stream.encode())
        self._file.close()
        os.replace(self._part, self._path)


def make(name: str, data: Path, folder: Path, seed: int = 0) -> None:
    """One clip into `folder`, unless it is there."""
    facts = folder / f"{name}.json"
    if facts.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    stage, rng = made_scenes.stage(name, data, seed)
    picture = Video(folder / f"{name}.mp4", "libx264", "yuv420p", X264)
    files = [picture, Video(folder / f"{name}_alpha.mkv", "ffv1", "gray", {})]
    if stage.timed is not None:
        files.append(Video(folder / f"{name}_part.mkv", "ffv1", "gray", {}))
    for images in shots(stage, rng):
        for file, image in zip(files, images):
            assert image is not None
            file.write(image)
    for file in files:
        file.close()
    kind = name.split("_", 1)[1]
    text = made_scenes.KINDS[kind].__doc__ or ""
    facts.write_text(json.dumps({"kind": kind, "what": text, "frames": stage.frames, **stage.facts}) + "\n")


def _make(job: tuple[str, Path, Path, int]) -> str:
    cv2.setNumThreads(1)
    make(*job)
    return job[0]


def main(arguments: list[str]) -> int:
    """Makes what is missing; returns the exit code."""
    parser = argparse.ArgumentParser(prog="made_clips", description="Makes clips with true alpha.")
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT)
    parser.add_argument("--sets", default=",".join(made_scenes.SETS))
    parser.add_argument("--clips", default="")
    parser.add_argument("--procs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="which variant of the sets; 0: the one reported on")
    wanted = parser.parse_args(arguments)
    clips = set(filter(None, wanted.clips.split(",")))
    jobs = [
        (name, wanted.data, wanted.folder / which, wanted.seed)
        for which in wanted.sets.split(",")
        for name in made_scenes.names(which)
        if not clips or name in clips
    ]
    if wanted.procs > 1:
        with multiprocessing.get_context("spawn").Pool(wanted.procs) as pool:
            for name in pool.imap(_make, jobs):
                print(name, flush=True)
    else:
        for job in jobs:
            print(_make(job), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
