"""What is no video, or a damaged one: said in a plain line, and played as far as it goes."""

import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from obs_bgremove.engine import background as background_module
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.backgrounds import video_files
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR
from obs_bgremove.shared.errors import UserError
from tests.fakes.exact_videos import write_video
from tests.fakes.playing_videos import SIZE, grey, levels, options_of, playing


def _sound(path: Path) -> None:
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("aac", rate=48000)
        stream.layout = "mono"
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, number * 1024
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def _broken(folder: Path) -> dict[str, bytes]:
    noise = [np.random.default_rng(n).integers(0, 255, (90, 160, 3), np.uint8) for n in range(20)]
    whole = write_video(folder / "whole.mp4", noise, codec="libx264", pixels="yuv420p").read_bytes()
    (folder / "whole.mp4").unlink()
    return {
        "empty.mp4": b"",
        "text.webm": b"hello, I am no video",
        "no-index.mp4": whole[: len(whole) // 2],
        "header-only.mkv": b"\x1a\x45\xdf\xa3" + bytes(40),
        "list.mp4": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n",
        "concat.mkv": b"ffconcat version 1.0\nfile '/etc/hostname'\n",
        "bad.gif": b"GIF89a" + b"\xff" * 30,
    }


@pytest.mark.parametrize(
    "name", ["empty.mp4", "text.webm", "no-index.mp4", "header-only.mkv", "list.mp4", "concat.mkv", "bad.gif"]
)
def test_what_is_no_video_is_said_in_one_plain_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(_broken(tmp_path)[name])
    backgrounds = Backgrounds(wait=True)
    image = backgrounds.get(options_of(path), *SIZE, 0)
    assert tuple(image[0, 0, :3]) == NEUTRAL_BGR
    assert name in str(backgrounds.problem) and "damaged" in str(backgrounds.problem)
    assert "\n" not in str(backgrounds.problem)


def test_sound_without_a_picture_is_said(tmp_path: Path) -> None:
    _sound(tmp_path / "s.mp4")
    with pytest.raises(UserError, match="holds sound only"):
        next(video_files.play(tmp_path / "s.mp4", "cover", *SIZE))


def test_a_missing_and_a_far_too_large_video_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="not in its folder any more"):
        next(video_files.play(tmp_path / "gone.mp4", "cover", *SIZE))
    path = write_video(tmp_path / "large.mkv", [grey(1)] * 2)
    monkeypatch.setattr(video_files, "MAX_VIDEO_PIXELS", 160 * 90 - 1)
    with pytest.raises(UserError, match="too large"):
        next(video_files.play(path, "cover", *SIZE))


def test_of_a_truncated_video_what_is_there_is_played_and_loops(tmp_path: Path) -> None:
    noise = [np.random.default_rng(n).integers(0, 255, (90, 160, 3), np.uint8) for n in range(20)]
    path = write_video(tmp_path / "t.mkv", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    backgrounds = Backgrounds(wait=True)
    shown = [backgrounds.get(options_of(path), *SIZE, n * 100_000_000)[..., :3] for n in range(25)]
    assert backgrounds.problem is None
    assert np.array_equal(shown[3], noise[3]) and any(np.array_equal(shown[n], noise[0]) for n in range(5, 25))


def test_a_damaged_part_in_the_middle_is_left_out(tmp_path: Path) -> None:
    path = write_video(tmp_path / "m.mkv", [grey(10 * n + 10) for n in range(20)], codec="libx264", pixels="yuv420p")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(content)
    assert len(set(levels(path, 20, step_ns=100_000_000))) > 3


def test_a_video_that_is_mended_or_replaced_is_picked_up(counting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_module, "LOOK_AGAIN_S", 0.05)
    whole = counting.read_bytes()
    counting.write_bytes(b"not yet")
    with playing(counting) as (backgrounds, options):
        assert "damaged" in str(backgrounds.problem)
        counting.write_bytes(whole)
        end = time.monotonic() + 10
        while int(backgrounds.get(options, *SIZE)[45, 80, 0]) != 10:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert backgrounds.problem is None


def test_a_single_frame_is_a_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "one.mkv", [grey(77)])
    assert levels(path, 5) == [77] * 5
    with playing(path) as (backgrounds, _):
        end = time.monotonic() + 5
        while backgrounds.pace_s is not None:
            assert time.monotonic() < end
            time.sleep(0.01)
