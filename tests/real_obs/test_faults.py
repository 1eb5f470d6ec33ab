"""What breaks: the engine, the camera, files, settings, the installation. OBS goes on, says why, and it heals."""

import os
import signal
import time
from pathlib import Path
from typing import Callable

import pytest

from obs_bgremove.shared import installation
from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import SOON_S, START_S, Obs
from tests.waiting import wait_for

RED, GREEN, BLUE = COLOURS.values()
HANDLED_S = 1.0  # nothing shows when a press that changes nothing is over


@pytest.fixture(scope="module")
def obs(new_shared_obs: Callable[..., Obs], pictures: Path) -> Obs:
    obs = new_shared_obs(copy_assets=True, waived="AI Background").start()
    obs.add(camera="sample", backgrounds_folder=str(pictures))
    wait_for(lambda: obs.shows(RED), START_S, "a picture")
    return obs


@pytest.fixture(autouse=True)
def _well_before_and_after(obs: Obs, pictures: Path) -> None:
    obs.set(camera="sample", background="1 red.png", backgrounds_folder=str(pictures), background_mode="file")
    wait_for(lambda: obs.shows(RED) and bool(obs.engines()), START_S, "all is well")


def _said(obs: Obs, words: str, since: int) -> bool:
    return any(words.lower() in line.lower() for line in obs.our_lines()[since:])


def test_a_killed_engine_is_back_and_the_picture_never_leaves(obs: Obs) -> None:
    worst = 0.0
    for _ in range(3):
        wait_for(lambda: len(obs.engines()) == 1, START_S, "one engine")
        time.sleep(6)  # a process that has been well starts again without any wait
        [pid] = obs.engines()
        since = len(obs.our_lines())
        start = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        while not _said(obs, "all is well", since):
            assert time.monotonic() - start < START_S
            assert obs.shows(RED), "the picture has left"
        worst = max(worst, time.monotonic() - start)
        wait_for(lambda: obs.shows(RED), START_S, "the picture")
    print(f"person live again after SIGKILL: worst of 3 {worst:.2f} s")  # fault_table.py measures it


def test_a_stopped_engine_is_killed_and_replaced(obs: Obs) -> None:
    [pid] = obs.engines()
    os.kill(pid, signal.SIGSTOP)
    start = time.monotonic()
    wait_for(lambda: pid not in obs.engines(), SOON_S, "the stopped engine is gone")
    print(f"stopped engine replaced after {time.monotonic() - start:.1f} s")
    wait_for(lambda: obs.shows(RED) and bool(obs.engines()), START_S, "the picture")


def test_a_camera_that_is_not_there_is_said_and_heals(obs: Obs, tmp_path: Path) -> None:
    since = len(obs.our_lines())
    clip = tmp_path / "not there.avi"
    obs.set(camera=str(clip))
    wait_for(lambda: _said(obs, "not there", since), SOON_S, "a line that names the file")
    wait_for(lambda: obs.shows(RED), SOON_S, "the background alone")
    _write_clip(clip)
    wait_for(lambda: _said(obs, "all is well", since), SOON_S, "healed")


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.png", b""), ("text.png", b"this is no picture"), ("cut.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(40))],
)
def test_a_picture_that_is_none_is_said_and_heals(obs: Obs, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    since = len(obs.our_lines())
    obs.set(backgrounds_folder=str(tmp_path), background=name)
    wait_for(lambda: _said(obs, name, since), SOON_S, "a line that names the picture")
    assert obs.engines()


def test_an_empty_and_a_missing_folder_are_said(obs: Obs, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        since = len(obs.our_lines())
        obs.set(backgrounds_folder=str(folder), background="")
        wait_for(lambda since=since: len(obs.our_lines()) > since, SOON_S, "a line about the folder")
        obs.press("next_background")
        time.sleep(HANDLED_S)
    assert obs.engines()


def test_a_path_in_background_never_leaves_the_folder(obs: Obs, pictures: Path, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 36), (255, 0, 255)).save(tmp_path / "outside.png")
    obs.set(background=f"../../../../..{tmp_path}/outside.png")
    time.sleep(1.5)
    assert not obs.shows((255, 0, 255))


def test_settings_of_wrong_types_are_said_once_and_the_rest_works(obs: Obs) -> None:
    since = len(obs.our_lines())
    obs.set(threshold="high", blur=12345, fps=-1, mirror="yes", color=None, edge_shift={"a": 1}, background_mode=7)
    wait_for(lambda: _said(obs, "threshold", since), SOON_S, "a line about the threshold")
    obs.set(background="2 green.png")
    wait_for(lambda: obs.shows(GREEN), SOON_S, "the rest works")
    assert sum("Setting threshold" in line for line in obs.our_lines()[since:]) == 1
    assert obs.request("GetVersion")
    obs.set(threshold=0.5, blur=40, fps=0, mirror=True, color=0xFF40B100, edge_shift=0, background_mode="file")


def test_an_altered_model_is_said_and_heals(obs: Obs) -> None:
    model = obs.home / "assets" / installation.MODELS["general"]
    content = model.read_bytes()
    since = len(obs.our_lines())
    model.write_bytes(content[:-1] + b"x")
    obs.press("restart_engine")
    wait_for(lambda: _said(obs, "altered", since), SOON_S, "a line about the model")
    wait_for(lambda: not obs.engines(), SOON_S, "no engine meanwhile")
    model.write_bytes(content)
    wait_for(lambda: bool(obs.engines()), SOON_S, "an engine")
    assert sum("altered" in line for line in obs.our_lines()[since:]) == 1


def test_a_missing_environment_is_said_and_heals(obs: Obs) -> None:
    venv = obs.home / "venv"
    since = len(obs.our_lines())
    venv.rename(obs.home / "moved")
    obs.press("restart_engine")
    wait_for(lambda: _said(obs, "not installed", since), SOON_S, "a line about the environment")
    (obs.home / "moved").rename(venv)
    wait_for(lambda: bool(obs.engines()), SOON_S, "an engine")


def _write_clip(path: Path) -> None:
    import numpy

    from tests.fakes import videos

    videos.write(path, (numpy.full((180, 320, 3), level, numpy.uint8) for level in range(60)), codec="MJPG")
