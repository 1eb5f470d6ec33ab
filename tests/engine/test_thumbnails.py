"""Small pictures of backgrounds, made by the engine as OBS's side asks for them: a process, JSON on stdin."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine import thumbnails
from obs_bgremove.shared.thumbnails import HEIGHT, WIDTH


def run(wanted: "list[tuple[Path, Path]]") -> None:
    command = [sys.executable, "-m", "obs_bgremove.engine", "--thumbnails"]
    text = json.dumps([(str(background), str(thumbnail)) for background, thumbnail in wanted])
    subprocess.run(command, input=text.encode(), check=True, timeout=120)


def test_pictures_and_videos_get_one_of_their_colour_and_damaged_files_none(tmp_path: Path) -> None:
    odd = tmp_path / '<b>&".png'
    odd.write_bytes(cv2.imencode(".png", np.full((400, 300, 3), (10, 20, 200), np.uint8))[1].tobytes())
    video = tmp_path / "v.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (320, 240))
    for blue in (200, 0, 0):
        writer.write(np.full((240, 320, 3), (blue, 0, 0), np.uint8))
    writer.release()
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(b"no picture")
    made = tmp_path / "made"
    run([(odd, made / "1.png"), (damaged, made / "2.png"), (video, made / "3.png"), (tmp_path / "no", made / "4.png")])
    assert sorted(path.name for path in made.iterdir()) == ["1.png", "3.png"]
    picture, frame = (cv2.imread(str(made / name)) for name in ("1.png", "3.png"))
    assert picture.shape == frame.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(picture.reshape(-1, 3).mean(axis=0) - (10, 20, 200)).max() < 3
    assert frame[..., 0].mean() > 150, "the first frame of it"


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(thumbnails, "KEPT", 3)
    for number in range(5):
        (tmp_path / f"{number}.png").touch()
        os.utime(tmp_path / f"{number}.png", (number, number))
    thumbnails._tidy(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.png", "3.png", "4.png"]
