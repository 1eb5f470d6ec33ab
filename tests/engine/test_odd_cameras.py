"""Cameras that are not like others, seen by a real engine: very slow, very fast, very large, damaged on the way."""

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.colours import GREEN_BGR
from tests.engine.engine_client import EngineClient

GREEN = {"background_mode": "color", "color": 0xFF40B100}


@pytest.fixture
def engine(assets: Path) -> Iterator[EngineClient]:
    with EngineClient() as client:
        yield client
    assert b"Traceback" not in client.stderr


def _clip(path: Path, size: tuple[int, int], fps: float, frames: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
    noise = np.random.default_rng(6).integers(0, 255, (size[1] // 8, size[0] // 8, 3), np.uint8)
    for number in range(frames):
        writer.write(np.roll(cv2.resize(noise, size), number * 5, axis=1))
    writer.release()
    return path


def _frames_in(engine: EngineClient, seconds: float) -> int:
    before = engine.frame()
    time.sleep(seconds)
    after = engine.frame()
    assert before is not None and after is not None
    return after[0].sequence - before[0].sequence


@pytest.mark.parametrize(("fps", "least", "most"), [(1, 1, 4), (120, 60, 260)])
def test_very_slow_and_very_fast_cameras(
    engine: EngineClient, tmp_path: Path, fps: float, least: int, most: int
) -> None:
    engine.say(camera=str(_clip(tmp_path / "clip.avi", (320, 180), fps, 120)), **GREEN)
    engine.until(lambda picture: picture.shape == (180, 320, 4))
    engine.status("")
    assert least <= _frames_in(engine, 2.2) <= most
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
    assert _frames_in(engine, 2.0) >= 1


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
    engine.status("no pictures in the folder")
    folder.mkdir()
    cv2.imwrite(str(folder / "b %s <b>.png"), np.full((90, 160, 3), (255, 0, 0), np.uint8))
    engine.until(is_corner((255, 0, 0)))
    engine.status("")
