"""Makes the pictures of the README anew: `python -m tests.benchmarks.readme_pictures [FOLDER]` (.github/pictures).

The person is the built-in sample, the backgrounds are those of the repository. before-after.jpg and change.webp show
what the pipeline makes of the sample, the same moments for all; panel.png and program.jpg are screenshots of real OBS.
"""

import argparse
import dataclasses
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from tests.real_obs.conftest import make_home
from tests.real_obs.display import Display
from tests.real_obs.driver import REPOSITORY, START_S, Obs
from tests.waiting import wait_for

FPS = 30
BEGIN_S, WARM_UP_S = 100.0, 9.0  # the room is known by then, and the outline has settled
PICTURE = (640, 360)
GAP = 6
# The animation: each of these for so long; the last melts into the first, so that it loops.
CHANGES: tuple[dict[str, Any], ...] = (
    {"background_mode": "off"},
    {"background": "03-window-daylight.jpg"},
    {"background": "15-bokeh-drift.mp4"},
    {"background": "16-rain-window.mp4"},
    {"background_mode": "blur", "blur": 45},
)
SHOWN_S, MELTS_S = 1.4, 0.35
MOVES_S = 1.5  # so much of the sample's movement, to and fro
ANIMATION, ANIMATION_FPS, QUALITY = (480, 270), 15, 78


class Run:
    """The sample through the pipeline, frame by frame, with settings that may change on the way."""

    def __init__(self) -> None:
        self._source = SampleSource()
        self._backgrounds = Backgrounds(wait=True)
        self._pipeline = Pipeline(self._backgrounds, wait=True)
        self._now_s = BEGIN_S

    def frame(self, options: Options, moment_s: float | None = None) -> Any:
        """(720, 1280, 3) uint8 BGR: the next one; of another moment of the sample, where one is given."""
        self._now_s += 1 / FPS
        picture = self._source.at(self._now_s if moment_s is None else moment_s)
        canvas = self._pipeline.process(picture, DesiredState(options), int(self._now_s * 1e9), Canvas)
        if self._pipeline.problem is not None:
            raise self._pipeline.problem
        return canvas.pixels[..., :3].copy()

    def close(self) -> None:
        """Gives everything back."""
        self._pipeline.close()
        self._backgrounds.close()


def _moment(**settings: Any) -> Any:
    """The same moment of the sample, as PICTURE, whatever the settings."""
    run = Run()
    try:
        for _ in range(round(WARM_UP_S * FPS)):
            frame = run.frame(dataclasses.replace(Options(), **settings))
    finally:
        run.close()
    return cv2.resize(frame, PICTURE, interpolation=cv2.INTER_AREA)


def before_after(path: Path) -> None:
    """Camera, two backgrounds, mask."""
    shown = [
        _moment(view="camera"),
        _moment(background="03-window-daylight.jpg"),
        _moment(view="mask"),
        _moment(background="01-studio-warm.jpg"),
    ]
    column = np.full((PICTURE[1], GAP, 3), 255, np.uint8)
    rows = [np.hstack([shown[place], column, shown[place + 1]]) for place in (0, 2)]
    row = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    cv2.imwrite(str(path), np.vstack([rows[0], row, rows[1]]), [cv2.IMWRITE_JPEG_QUALITY, 88])


def change(path: Path) -> None:
    """The animation. The person's movement goes to and fro in one turn, so that its end meets its beginning."""
    seconds = SHOWN_S * len(CHANGES)
    runs = [(Run(), dataclasses.replace(Options(), crossfade_ms=0, **settings)) for settings in CHANGES]
    count = round(seconds * FPS)
    frames: list[Any] = []
    try:
        for run, options in runs:
            for _ in range(round(WARM_UP_S * FPS)):
                run.frame(options)
        for number in range(count):
            # 0 at both ends of the animation, and the sample moves on and back between them.
            at_s = number / FPS
            place, into_s = divmod(at_s, SHOWN_S)
            shown = [int(place) % len(CHANGES)]
            share = max(0.0, (into_s - (SHOWN_S - MELTS_S)) / MELTS_S)
            if share:
                shown.append((shown[0] + 1) % len(CHANGES))
            turned_s = BEGIN_S + WARM_UP_S + _to_and_fro(number / count) * MOVES_S
            made = []
            for which in range(len(runs)):
                run, options = runs[which]
                made.append(run.frame(options, turned_s) if which in shown else None)
            picture = made[shown[0]].astype(np.float32)
            if share:
                picture += share * (made[shown[1]].astype(np.float32) - picture)
            if number % round(FPS / ANIMATION_FPS) == 0:
                small = cv2.resize(picture.astype(np.uint8), ANIMATION, interpolation=cv2.INTER_AREA)
                frames.append(Image.fromarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB)))
    finally:
        for run, _ in runs:
            run.close()
    every_ms = round(1000 * round(FPS / ANIMATION_FPS) / FPS)
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=every_ms, loop=0, quality=QUALITY, method=6)


def _to_and_fro(share: float) -> float:
    """0 to 1 and back, while `share` goes from 0 to 1."""
    return (1 - float(np.cos(2 * np.pi * share))) / 2


def program(path: Path) -> None:
    """OBS's window with the source in the scene."""
    folder = Path(tempfile.mkdtemp())
    display = Display(folder, "1280x800")
    obs = Obs(folder, display, make_home(folder)).start()
    try:
        obs.add(camera="sample", background="08-acoustic-led.jpg")
        wait_for(lambda: any("all is well" in line for line in obs.our_lines()), START_S, "the person")
        time.sleep(4)
        display.screenshot(folder / "screen.png")
        _, x, y, width, height = display.window("OBS ")
        crop = f"{width}x{height}+{x}+{y}"
        command = ["convert", str(folder / "screen.png"), "-crop", crop, "+repage", "-quality", "86", str(path)]
        subprocess.run(command, check=True)
    finally:
        obs.stop()
        display.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.readme_pictures")
    parser.add_argument("folder", type=Path, nargs="?", default=REPOSITORY / ".github/pictures")
    parser.add_argument("--only", choices=("before-after", "change", "program", "panel"))
    arguments = parser.parse_args()
    makers = {
        "before-after": ("before-after.jpg", before_after),
        "change": ("change.webp", change),
        "program": ("program.jpg", program),
        "panel": ("panel.png", _panel),
    }
    for name, (file, make) in makers.items():
        if arguments.only in (None, name):
            make(arguments.folder / file)
            print(f"{arguments.folder / file}: {(arguments.folder / file).stat().st_size / 1e3:.0f} kB")


def _panel(path: Path) -> None:
    """The settings, with the gallery."""
    folder = Path(tempfile.gettempdir()) / "backgrounds"  # the panel shows its path
    shutil.copytree(REPOSITORY / "backgrounds", folder, ignore=shutil.ignore_patterns("generator"))
    try:
        settings = [f"backgrounds_folder={folder}", "background=03-window-daylight.jpg"]
        command = [sys.executable, "-m", "tests.benchmarks.panel_picture", str(path), *settings]
        subprocess.run(command, check=True, cwd=REPOSITORY)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
