"""The real engine process, driven as OBS drives it: frames, live changes, bad input, and how it ends."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove import __version__
from obs_bgremove.engine.background import NEUTRAL_BGR
from obs_bgremove.engine.camera.sample_source import SampleSource
from tests.colours import GREEN_BGR, ROOM_BGR
from tests.engine.engine_client import EngineClient
from tests.fakes import videos
from tests.systems import is_alive, linux_only
from tests.waiting import never, wait_for

GREEN = {"background_mode": "color"}


@pytest.fixture
def engine(assets: Path) -> Iterator[EngineClient]:
    with EngineClient() as client:
        yield client
    assert client.process.returncode == 0
    assert b"Traceback" not in client.stderr


def _corner_is(*bgr: int):
    return lambda picture: picture.ndim == 3 and np.abs(picture[2, 2, :3].astype(int) - bgr).max() <= 3


def _shows_person(picture: np.ndarray) -> bool:
    height, width = picture.shape[:2]
    middle = picture[height // 2, width // 2, :3].astype(int)
    return bool(np.abs(middle - GREEN_BGR).max() > 40)


def test_it_says_hello_and_shows_the_sample_cut_out(engine: EngineClient) -> None:
    engine.say(camera="sample", **GREEN)
    picture = engine.until(lambda picture: _corner_is(*GREEN_BGR)(picture) and _shows_person(picture))
    assert picture.shape == (720, 1280, 4) and (picture[..., 3] == 255).all()
    assert engine.messages[0]["type"] == "hello" and engine.messages[0]["version"] == __version__
    engine.status("")
    stats = wait_for(lambda: [message for message in engine.messages if message["type"] == "stats"], 5, "stats")[-1]
    assert (stats["width"], stats["height"]) == (1280, 720) and "sample" in stats["camera"]


def test_every_option_changes_live(engine: EngineClient, pictures: Path) -> None:
    sample = {"camera": "sample", "resolution": "640x360"}
    engine.say(**sample, **GREEN)
    engine.until(lambda picture: _corner_is(*GREEN_BGR)(picture) and _shows_person(picture))
    engine.say(**sample, backgrounds_folder=str(pictures), background="b-green.png")
    engine.until(_corner_is(0, 255, 0))
    engine.say(**sample, backgrounds_folder=str(pictures), background="c-blue.png")
    engine.until(_corner_is(255, 0, 0))
    engine.say(**sample, background_mode="transparent")
    engine.until(lambda picture: bool(picture[2, 2, 3] == 0))
    engine.say(**sample, view="mask", **GREEN)
    engine.until(lambda picture: _corner_is(0, 0, 0)(picture) and picture[180, 320].tolist() == [255] * 4)
    engine.say(**sample, model="landscape", view="mask", **GREEN)
    engine.until(_corner_is(0, 0, 0))
    engine.say(camera="sample", resolution="320x240", **GREEN)
    engine.until(lambda picture: picture.shape == (240, 320, 4))
    engine.say(camera="sample", resolution="320x240", privacy=True, **GREEN)
    engine.until(lambda picture: bool((picture == (*GREEN_BGR, 255)).all()))


def test_a_larger_frame_is_framed_at_the_size_that_is_shown_and_switched_off_without_a_gap(
    engine: EngineClient, tmp_path: Path
) -> None:
    portrait = SampleSource((640, 360)).at(0.0)
    far = np.full((720, 1280, 3), (150, 160, 170), np.uint8)
    far[360:, 320:960] = portrait
    clip = {"camera": str(videos.write(tmp_path / "far.mkv", [far] * 30)), "resolution": "640x360", **GREEN}

    def person(picture: np.ndarray) -> float:
        return float((np.abs(picture[..., :3].astype(int) - GREEN_BGR).max(-1) > 40).mean())

    engine.say(**clip)
    wide = person(engine.until(lambda picture: picture.shape == (360, 640, 4) and person(picture) > 0.03))
    engine.say(framing="close", **clip)
    engine.until(lambda picture: picture.shape == (360, 640, 4) and person(picture) > 1.8 * wide)
    said = len(engine.statuses())
    engine.say(**clip)
    engine.until(lambda picture: person(picture) < 1.2 * wide)
    assert engine.statuses()[said:] == [], "the camera stays open"


def test_the_very_first_frame_has_the_picture_behind_it(assets: Path, pictures: Path) -> None:
    """A restarted engine would else show a flash of grey to everybody who watches."""
    with EngineClient() as client:
        client.say(camera="sample", backgrounds_folder=str(pictures), background="a-red.png")
        _, first = wait_for(client.frame, 30, "a frame", 0.001)
        assert first[2, 2].tolist() == [0, 0, 255, 255]


def test_without_a_picture_it_does_not_wait_for_one(engine: EngineClient, tmp_path: Path) -> None:
    engine.say(camera="sample", backgrounds_folder=str(tmp_path))
    engine.until(_corner_is(*NEUTRAL_BGR), 10)


@linux_only
def test_hidden_it_sends_no_frames_and_frees_the_camera_when_asked(engine: EngineClient, counting_video: Path) -> None:
    def opened() -> bool:
        descriptors = Path(f"/proc/{engine.process.pid}/fd")
        return any(os.path.realpath(link) == str(counting_video.resolve()) for link in descriptors.iterdir())

    camera = {"camera": str(counting_video), **GREEN}
    engine.say(**camera)
    engine.until(lambda picture: True)
    assert opened()
    engine.say(showing=False, **camera)
    time.sleep(0.3)
    sequence = engine.ring._words[1]
    never(lambda: engine.ring._words[1] != sequence, 0.5, "a frame was sent while hidden")
    assert opened(), "the camera stays open unless asked otherwise"
    engine.say(showing=False, release_when_hidden=True, **camera)
    wait_for(lambda: not opened(), 5, "the camera is free")
    engine.say(showing=True, release_when_hidden=True, **camera)
    number = engine.frame()[0].sequence  # type: ignore[index]
    wait_for(lambda: engine.frame(number), 5, "a frame")


def test_a_state_that_is_not_sound_is_passed_over(engine: EngineClient) -> None:
    engine.say(camera="sample", **GREEN)
    engine.status("")
    engine.say(camera="sample", background_mode="off", blur=1e9)
    with pytest.raises(AssertionError, match="not within 1 s"):
        engine.until(lambda picture: not _corner_is(*GREEN_BGR)(picture), 1.0)
    engine.say(camera="sample", background_mode="transparent")
    engine.until(lambda picture: picture[2, 2, 3] == 0)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"camera": "/dev/video77"}, "is not there"),
        ({"camera": "/gone/clip.mp4"}, "is not there"),
        ({"camera": "sample", "backgrounds_folder": "/gone"}, "no pictures and no videos in the folder"),
        ({"camera": "sample", "background": "gone.png"}, "not in its folder"),
        ({"camera": "sample", "model": "/gone.tflite"}, "gone.tflite"),
    ],
)
def test_bad_input_is_one_plain_sentence_and_heals(
    engine: EngineClient, pictures: Path, options: dict[str, object], text: str
) -> None:
    engine.say(**{"backgrounds_folder": str(pictures), **options})
    message = engine.status(text)
    assert "Traceback" not in message and len(message) < 300
    engine.until(lambda picture: True)
    engine.say(camera="sample", backgrounds_folder=str(pictures))
    engine.status("")
    engine.until(_corner_is(0, 0, 255))


def test_a_lost_camera_soon_leaves_the_background_alone(engine: EngineClient, tmp_path: Path) -> None:
    path = tmp_path / "room.png"
    cv2.imwrite(str(path), np.full((90, 160, 3), ROOM_BGR, np.uint8))
    engine.say(camera=str(path), view="camera", **GREEN)
    engine.until(_corner_is(*ROOM_BGR))
    path.unlink()
    started = time.monotonic()
    engine.until(_corner_is(*GREEN_BGR))
    assert time.monotonic() - started < 2 * 2.0  # promised: 2 s; the rest is for a busy machine
    engine.status("is not there")


def test_rubbish_on_the_pipe_is_passed_over(engine: EngineClient) -> None:
    engine.raw(b"\xff\xfe rubbish\n{}\n[1,2]\n" + b"y" * 300_000 + b"\n")
    engine.say(camera="sample", **GREEN)
    engine.until(_shows_person)


def test_it_leaves_at_once_when_the_pipe_closes(engine: EngineClient) -> None:
    engine.say(camera="sample", **GREEN)
    engine.until(_shows_person)
    assert engine.process.stdin
    engine.process.stdin.close()
    started = time.monotonic()
    assert engine.process.wait(5) == 0
    assert time.monotonic() - started < 2


def test_it_leaves_when_its_parent_is_killed(assets: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time\nfrom tests.engine.engine_client import EngineClient\nclient = EngineClient()\n"
            "client.say(camera='sample')\nprint(client.process.pid, flush=True)\ntime.sleep(60)",
        ],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(1.0)
        parent.kill()
        wait_for(lambda: not is_alive(child), 2, "the engine has gone")


@linux_only
def test_it_opens_no_socket_to_the_outside(engine: EngineClient) -> None:
    engine.say(camera="sample", **GREEN)
    engine.until(_shows_person)
    own = {os.readlink(link) for link in Path(f"/proc/{engine.process.pid}/fd").iterdir() if link.is_symlink()}
    sockets = {name[8:-1] for name in own if name.startswith("socket:[")}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:] if Path(f"/proc/net/{table}").exists() else []
        assert not sockets & {line.split()[9] for line in lines}


@pytest.mark.parametrize("log", [pytest.param("/dev/full", marks=linux_only), "a file/engine.log"])
def test_a_full_disk_or_a_folder_that_cannot_be_made_costs_the_log_only(log: str, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    with EngineClient(("obs_bgremove.engine", "--log", str(tmp_path / log))) as client:
        client.say(camera="sample", **GREEN)
        client.until(_corner_is(*GREEN_BGR))
    assert client.process.returncode == 0
    assert b"Traceback" not in client.stderr and b"Logging error" not in client.stderr


def test_privacy_hides_the_person_within_two_frames(engine: EngineClient) -> None:
    """Counted in frames, each of which OBS shows, from the moment that the wish is written."""
    behind = []
    for _ in range(5):
        engine.say(camera="sample", **GREEN)
        engine.until(lambda picture: _corner_is(*GREEN_BGR)(picture) and _shows_person(picture))
        engine.say(camera="sample", privacy=True, **GREEN)
        found = engine.frame()
        assert found is not None
        first = newest = found[0].sequence
        while found is None or _shows_person(found[1]):
            newest = found[0].sequence if found is not None else newest
            found = engine.frame(newest)
        behind.append(newest - first)
    print("frames that still showed the person:", behind)
    # The middle one of five: a busy machine may deliver one of the messages late, which is not the engine's doing.
    assert sorted(behind)[2] <= 2
