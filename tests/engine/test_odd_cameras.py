"""Cameras that are not like others, seen by a real engine: very slow, very fast, very large, damaged on the way."""

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.colours import GREEN_BGR
from tests.engine.engine_client import EngineClient
from tests.fakes import videos

GREEN = {"background_mode": "color", "color": 0xFF40B100}


@pytest.fixture
def engine(assets: Path) -> Iterator[EngineClient]:
    with EngineClient() as client:
        yield client
    assert b"Traceback" not in client.stderr


def _clip(path: Path, size: tuple[int, int], fps: float, frames: int) -> Path:
    noise = np.random.default_rng(6).integers(0, 255, (size[1] // 8, size[0] // 8, 3), np.uint8)
    moving = (np.roll(cv2.resize(noise, size), number * 5, axis=1) for number in range(frames))
    return videos.write(path, moving, fps, "MJPG")


def _frames_in(engine: EngineClient, seconds: float) -> list[tuple[int, float, float]]:
    """Of each frame seen: its number, when it was taken, and how old it was when it was seen, in seconds."""
    seen: list[tuple[int, float, float]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := engine.frame(seen[-1][0] if seen else 0)) is not None:
            taken_s = found[0].timestamp_ns / 1e9
            seen.append((found[0].sequence, taken_s, time.perf_counter() - taken_s))
        time.sleep(0.002)
    return seen


@pytest.mark.parametrize(("fps", "seconds"), [(1, 4.5), (120, 5.0)])
def test_very_slow_and_very_fast_cameras_are_shown_live_and_never_faster_than_they_are(
    engine: EngineClient, tmp_path: Path, fps: float, seconds: float
) -> None:
    """The promises that hold on any machine, however busy. How many of the frames get through is no such promise."""
    engine.say(camera=str(_clip(tmp_path / "clip.avi", (320, 180), fps, 120)), **GREEN)
    engine.until(lambda picture: picture.shape == (180, 320, 4))
    engine.status("")
    seen = _frames_in(engine, seconds)
    assert len(seen) >= 3, "it goes on"
    # Taken at the camera's rate or more slowly, a frame never comes before the time that its number says; any single
    # one may come late, so the earliest of each half are compared.
    early_s = [taken_s - number / fps for number, taken_s, _ in seen]
    half = len(seen) // 2
    assert min(early_s[half:]) >= min(early_s[:half]) - 1 / fps
    # Nothing is queued: what is shown does not grow older with time. A queue would, where half the frames are too many.
    assert min(age_s for *_, age_s in seen[half:]) < 1.0
    engine.status("")


def test_a_camera_of_more_than_carried_is_scaled_down(engine: EngineClient, tmp_path: Path) -> None:
    engine.say(camera=str(_clip(tmp_path / "wide.avi", (4096, 2304), 5, 4)), **GREEN)
    engine.until(lambda picture: picture.shape == (2160, 3840, 4))
    engine.status("")


def test_frames_damaged_on_the_way_neither_crash_nor_stay(engine: EngineClient, tmp_path: Path) -> None:
    path = _clip(tmp_path / "clip.avi", (320, 180), 30, 60)
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(8)
    for place in rng.integers(len(content) // 4, 3 * len(content) // 4, 400):
        content[place] = int(rng.integers(0, 256))
    path.write_bytes(bytes(content))
    engine.say(camera=str(path), **GREEN)
    engine.until(lambda picture: picture.shape == (180, 320, 4))
    time.sleep(3)  # it comes by the damaged part and round again
    assert engine.process.poll() is None
    assert len(_frames_in(engine, 2.0)) > 1


def test_a_folder_that_goes_and_comes_back_is_followed(engine: EngineClient, tmp_path: Path) -> None:
    def is_corner(bgr: tuple[int, int, int]):
        return lambda picture: bool(np.abs(picture[2, 2, :3].astype(int) - bgr).max() <= 3)

    folder, away = tmp_path / "pictures", tmp_path / "away"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.full((90, 160, 3), GREEN_BGR, np.uint8))
    shown = {"camera": "sample", "background_mode": "file", "backgrounds_folder": str(folder)}
    engine.say(**shown)
    engine.until(is_corner(GREEN_BGR))
    engine.status("")
    folder.rename(away)
    engine.status("no pictures and no videos in the folder")
    folder.mkdir()
    cv2.imwrite(str(folder / "b %s <b>.png"), np.full((90, 160, 3), (255, 0, 0), np.uint8))
    engine.until(is_corner((255, 0, 0)))
    engine.status("")
