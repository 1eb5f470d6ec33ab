"""Videos and crossfades as a person sees them: the pixels of the source in real OBS. One OBS for all."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import av
import numpy
import pytest

from tests.real_obs.conftest import COLOURS, plain_pictures
from tests.real_obs.driver import SOON_S, START_S, Obs
from tests.waiting import wait_for

RED, _, BLUE = COLOURS.values()
VIDEO_FPS, LEVELS = 10, 24  # of the video below: a turn takes 2.4 s


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three plain pictures, and a video whose frames are grey of level 10, 20, ... 240."""
    made = plain_pictures(tmp_path_factory.mktemp("moving"))
    with av.open(str(made / "3 counting.mkv"), "w") as output:
        stream = output.add_stream("ffv1", rate=VIDEO_FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "bgr0"
        for number in range(LEVELS):
            frame = av.VideoFrame.from_ndarray(numpy.full((180, 320, 3), 10 * number + 10, numpy.uint8), format="bgr24")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return made


@pytest.fixture(scope="module")
def obs(new_shared_obs: Callable[..., Obs], folder: Path) -> Iterator[Obs]:
    obs = new_shared_obs().start()
    obs.add(camera="sample", backgrounds_folder=str(folder))
    wait_for(lambda: obs.shows(RED), START_S, "the first background by name")
    return obs


def _corner(obs: Obs) -> tuple[int, int, int]:
    red, green, blue, alpha = (int(value) for value in obs.picture()[4, 4])
    assert alpha == 255
    return red, green, blue


def _position(obs: Obs, seconds: float) -> tuple[list[float], list[int]]:
    """When, and which frame of the video was in the corner then, turns counted on."""
    times: list[float] = []
    frames: list[int] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        now, (red, green, blue) = time.monotonic(), _corner(obs)
        assert red == green == blue and red % 10 == 0, "frames of the video and nothing else"
        frame = red // 10 - 1
        last = frames[-1] if frames else frame
        times.append(now)
        frames.append(last + (frame - last) % LEVELS)
    return times, frames


def test_a_video_advances_at_its_own_rate_and_loops(obs: Obs) -> None:
    obs.set(background="3 counting.mkv", crossfade_ms=0)
    wait_for(lambda: len(set(_corner(obs))) == 1, SOON_S, "the video")
    times, frames = _position(obs, 8)
    rate = numpy.polyfit(times, frames, 1)[0]
    assert frames[-1] - frames[0] > LEVELS, "it loops"
    # Never faster than its own rate, on any machine; on one that cannot follow it plays more slowly, by design.
    assert 0.4 < rate / VIDEO_FPS < 1.1, f"{rate:.2f} frames a second"
    assert "3 counting.mkv" in [item["itemName"] for item in obs.items("background")]


def test_hidden_the_video_stands_still(obs: Obs) -> None:
    obs.set(background="3 counting.mkv", crossfade_ms=0)
    wait_for(lambda: len(set(_corner(obs))) == 1, SOON_S, "the video")
    item = obs.request("GetSceneItemId", sceneName="Scene", sourceName="Me")["sceneItemId"]
    obs.request("SetSceneItemEnabled", sceneName="Scene", sceneItemId=item, sceneItemEnabled=False)
    time.sleep(0.5)
    before = _corner(obs)
    time.sleep(1)
    assert _corner(obs) == before
    obs.request("SetSceneItemEnabled", sceneName="Scene", sceneItemId=item, sceneItemEnabled=True)
    wait_for(lambda: _corner(obs) != before, SOON_S, "the video going on")


def test_one_background_melts_into_the_next(obs: Obs) -> None:
    middle = None
    for _ in range(8):  # a busy OBS may take longer for a glimpse than the change lasts
        obs.set(background="1 red.png", crossfade_ms=0)
        wait_for(lambda: obs.shows(RED), SOON_S, "the red picture")
        obs.set(background="10 blue.png", crossfade_ms=2000)
        while middle is None and (corner := _corner(obs)) != BLUE:
            middle = corner if 40 < corner[0] < 215 else None
        if middle is not None:
            break
    assert middle is not None, "the middle of the change was never seen"
    assert abs(middle[0] + middle[2] - 255) <= 4 and middle[1] <= 4, middle
    wait_for(lambda: obs.shows(BLUE), SOON_S, "the blue picture")


def test_the_cut_key_changes_at_once_whatever_the_crossfade_is(obs: Obs) -> None:
    obs.set(background="1 red.png", crossfade_ms=0)
    wait_for(lambda: obs.shows(RED), SOON_S, "the red picture")
    obs.set(crossfade_ms=2000)
    obs.hotkey("ai_background.cut")
    seen = []
    wait_for(lambda: seen.append(_corner(obs)) or seen[-1] == COLOURS["2 green.png"], SOON_S, "the next picture")
    print(f"{len(seen)} glimpses")
    assert set(seen) <= {RED, COLOURS["2 green.png"]}, seen
    assert obs.settings()["background"] == "2 green.png"


def test_a_slideshow_shows_the_folder_in_order_and_keys_go_on_from_the_slide_on_show(obs: Obs, tmp_path: Path) -> None:
    folder = plain_pictures(tmp_path)
    obs.set(backgrounds_folder=str(folder), background="2 green.png", crossfade_ms=0, slideshow_s=2)
    order: list[tuple[int, int, int]] = []
    until = time.monotonic() + SOON_S
    while len(order) < 5 and time.monotonic() < until:
        corner = _corner(obs)
        if corner in COLOURS.values() and corner not in order[-1:]:
            order.append(corner)
    names = {colour: name for name, colour in COLOURS.items()}
    assert [names[colour] for colour in order][-5:] == [
        "2 green.png",
        "10 blue.png",
        "1 red.png",
        "2 green.png",
        "10 blue.png",
    ]
    obs.set(slideshow_s=30, background="1 red.png")
    wait_for(lambda: obs.shows(RED), SOON_S, "the chosen picture")
    obs.set(slideshow_s=1)
    wait_for(lambda: obs.shows(COLOURS["2 green.png"]), SOON_S, "the slide after it")
    obs.set(slideshow_s=30)  # it stays there
    obs.hotkey("ai_background.next")
    wait_for(lambda: obs.shows(BLUE), SOON_S, "the one after the slide")
    assert obs.settings()["background"] == "10 blue.png"
    obs.set(slideshow_s=0)


def test_a_slideshow_changes_by_itself_and_writes_no_setting(obs: Obs) -> None:
    obs.set(background="1 red.png", crossfade_ms=0, slideshow_s=2)
    wait_for(lambda: obs.shows(RED), SOON_S, "the red picture")
    wait_for(lambda: obs.shows(COLOURS["2 green.png"]), SOON_S, "the next picture")
    assert obs.settings()["background"] == "1 red.png"
    obs.set(slideshow_s=0)
    wait_for(lambda: obs.shows(RED), SOON_S, "the chosen picture")
