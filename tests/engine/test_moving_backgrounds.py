"""Videos and animations behind the person: their own rate, no gap at the seam, and every kind of broken file."""

import contextlib
import dataclasses
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from obs_bgremove.engine import background as background_module
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.backgrounds import video_files
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR
from obs_bgremove.engine.backgrounds.video import AHEAD, Video
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options
from tests.fakes.exact_videos import write_video

SIZE = (160, 90)
CAMERA_NS = 1_000_000_000 // 30


def _grey(level: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.full((size[1], size[0], 3), level, np.uint8)


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    """A lossless 10 fps video whose 8 frames are grey of level 10, 20, ... 80."""
    return write_video(tmp_path / "counting.mkv", [_grey(10 * n + 10) for n in range(8)])


def _options(path: Path, **more: object) -> Options:
    return dataclasses.replace(Options(), backgrounds_folder=str(path.parent), background=path.name, **more)


def _levels(path: Path, count: int, step_ns: int = CAMERA_NS, **more: object) -> list[int]:
    """The level of the middle of each background under a camera at this pace, as `render` sees them."""
    backgrounds = Backgrounds(wait=True)
    seen = []
    for number in range(count):
        image = backgrounds.get(_options(path, **more), *SIZE, number * step_ns)
        assert image.shape == (90, 160, 4) and (image[..., 3] == 255).all()
        seen.append(int(image[45, 80, 0]))
    assert backgrounds.problem is None
    backgrounds.close()
    return seen


@contextlib.contextmanager
def _playing(path: Path, **more: object) -> Iterator[tuple[Backgrounds, Options]]:
    """Backgrounds with the file read, as in a live engine."""
    backgrounds, options = Backgrounds(), _options(path, **more)
    end = time.monotonic() + 10
    while backgrounds.version == 0:
        backgrounds.get(options, *SIZE)
        assert time.monotonic() < end
        time.sleep(0.005)
    try:
        yield backgrounds, options
    finally:
        backgrounds.close()


def test_a_video_of_10_fps_under_a_camera_of_30_changes_every_third_frame(counting: Path) -> None:
    seen = _levels(counting, 30)
    assert seen[:24] == [10 * (n // 3) + 10 for n in range(24)]


def test_it_loops_without_a_gap_or_a_frame_twice(counting: Path) -> None:
    assert _levels(counting, 24, step_ns=100_000_000) == [10 * (n % 8) + 10 for n in range(24)]


def test_rendering_is_the_same_each_time_and_follows_the_inputs_time(counting: Path) -> None:
    assert _levels(counting, 40, 41_000_000) == _levels(counting, 40, 41_000_000)
    assert _levels(counting, 3, step_ns=2_000_000_000) == [10, 50, 10], "a gap in the input is no pause"


def test_frames_of_unequal_length_are_shown_for_as_long_as_they_say(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", [_grey(10), _grey(20), _grey(30)], times=[0, 100, 700])
    assert _levels(path, 9, step_ns=100_000_000)[:8] == [10, 20, 20, 20, 20, 20, 20, 30]


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_animated_pictures_move_at_their_own_pace_and_loop(tmp_path: Path, suffix: str) -> None:
    frames = [Pillow.new("RGB", SIZE, (level,) * 3) for level in (0, 85, 170)]
    how = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / f"a.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[100, 200, 100], loop=1, **how)
    assert _levels(path, 8, step_ns=100_000_000) == [0, 85, 85, 170] * 2
    still = tmp_path / f"still.{suffix}"
    frames[1].save(still)
    assert not video_files.moves(still) and _levels(still, 2) == [85, 85]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "libx264"),
        ("a.mov", "libx264"),
        ("a.m4v", "libx264"),
        ("a.webm", "libvpx-vp9"),
        ("a.mkv", "libx264"),
        ("a.avi", "mpeg4"),
        ("ü 😀 %d '%s'.mp4", "libx264"),
    ],
)
def test_all_the_usual_kinds_of_video_are_played(tmp_path: Path, name: str, codec: str) -> None:
    path = write_video(tmp_path / name, [_grey(40)] * 3 + [_grey(200)] * 3, codec=codec, pixels="yuv420p")
    seen = _levels(path, 6, step_ns=100_000_000)
    assert np.abs(np.array(seen) - [40, 40, 40, 200, 200, 200]).max() <= 4


@pytest.mark.parametrize(("space", "height"), [("bt709", 720), ("smpte170m", 720), ("", 720), ("", 480)])
def test_colours_are_those_that_went_in(tmp_path: Path, space: str, height: int) -> None:
    bgr = np.zeros((height, 1280, 3), np.uint8)
    bgr[:] = (40, 180, 90)
    coded = "bt709" if space == "bt709" or (not space and height == 720) else "smpte170m"
    graph = av.filter.Graph()
    source = graph.add_buffer(width=1280, height=height, format="bgr24", time_base=Fraction(1, 10))
    scale = graph.add("scale", f"out_color_matrix={coded}:out_range=tv")
    last = graph.add("format", "yuv444p")
    sink = graph.add("buffersink")
    source.link_to(scale), scale.link_to(last), last.link_to(sink)
    graph.configure()
    path = tmp_path / "c.mkv"
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=10, options={"qp": "0"})
        if space:
            stream.codec_context.colorspace = {"bt709": 1, "smpte170m": 6}[space]
        stream.width, stream.height, stream.pix_fmt = 1280, height, "yuv444p"
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(bgr, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            graph.push(frame)
            coded_frame = graph.pull()
            if not space:
                coded_frame.colorspace = 2
            output.mux(stream.encode(coded_frame))
        output.mux(stream.encode())
    image = next(video_files.play(path, "cover", *SIZE)).image()
    assert np.abs(image[45, 80, :3].astype(int) - (40, 180, 90)).max() <= 3


def test_transparency_is_shown_over_black_and_the_result_is_opaque(tmp_path: Path) -> None:
    path = tmp_path / "t.mkv"
    bgra = np.dstack([_grey(200), np.full((90, 160), 128, np.uint8)])
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "bgra"
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(bgra, format="bgra")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    assert _levels(path, 2) == [100, 100]


def test_live_it_plays_at_its_own_rate_and_nobody_waits(counting: Path) -> None:
    with _playing(counting) as (backgrounds, options):
        seen, slowest = [], 0.0
        for number in range(60):
            time.sleep(1 / 60)
            started = time.perf_counter()
            image = backgrounds.get(options, *SIZE, number * CAMERA_NS + 1)
            slowest = max(slowest, time.perf_counter() - started)
            seen.append(int(image[45, 80, 0]))
    # Twice as fast as real time, over two seams: every frame is there, in order, three looks long, but for the odd one
    # that a busy machine brings late.
    order = [level for before, level in zip([0, *seen], seen) if level != before]
    assert all((after - before) % 80 in (10, 20) for before, after in zip(order, order[1:])), order
    assert len(order) >= 16
    assert slowest < 0.1


def test_a_decoder_that_may_not_change_its_niceness_plays_all_the_same(
    counting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError("as for a person whose OBS was started nicer than that")

    monkeypatch.setattr("os.setpriority", refused)
    with _playing(counting) as (backgrounds, options):
        seen, number = set(), 0
        end = time.monotonic() + 20
        while len(seen) < 4 and time.monotonic() < end:
            seen.add(int(backgrounds.get(options, *SIZE, number * CAMERA_NS + 1)[45, 80, 0]))
            time.sleep(1 / 60)
            number += 1
        assert len(seen) >= 4 and backgrounds.problem is None


def test_a_picture_that_stays_is_the_same_array_and_a_new_frame_is_another(counting: Path) -> None:
    backgrounds = Backgrounds(wait=True)
    images = [backgrounds.get(_options(counting), *SIZE, number * CAMERA_NS) for number in range(7)]
    assert images[0] is images[1] is images[2] and images[3] is images[4] is images[5]
    assert images[2] is not images[3] and images[0][45, 80, 0] == 10, "a frame that was given is never written to again"


def test_hidden_it_stands_still_and_decodes_nothing(counting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = []
    before = video_files._Converter._convert
    monkeypatch.setattr(
        video_files._Converter, "_convert", lambda self, frame: decoded.append(1) or before(self, frame)
    )
    with _playing(counting) as (backgrounds, options):
        now_ns = 1
        for _ in range(4):
            backgrounds.get(options, *SIZE, now_ns)
            now_ns += CAMERA_NS
            time.sleep(0.02)
        level, count = int(backgrounds.get(options, *SIZE, now_ns)[45, 80, 0]), len(decoded)
        time.sleep(0.3)
        assert len(decoded) <= count + 1
        now_ns += 60_000_000_000
        assert int(backgrounds.get(options, *SIZE, now_ns)[45, 80, 0]) == level == 20


def test_the_queue_is_bounded_and_the_thread_ends_with_the_background(counting: Path, pictures: Path) -> None:
    with _playing(counting) as (backgrounds, options):
        backgrounds.get(options, *SIZE, 1)
        time.sleep(0.2)
        assert isinstance(backgrounds._layer, Video) and len(backgrounds._layer._queue) == AHEAD
        thread = backgrounds._layer._thread
        backgrounds.get(dataclasses.replace(options, background_mode="color", crossfade_ms=0), *SIZE, CAMERA_NS)
        backgrounds.get(dataclasses.replace(options, background_mode="color", crossfade_ms=0), *SIZE, 2 * CAMERA_NS)
        thread.join(5)
        assert not thread.is_alive()


def _memory_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc on this system")
def test_memory_files_and_threads_stay_flat_over_many_loops(counting: Path) -> None:
    before = threading.active_count()
    with _playing(counting) as (backgrounds, options):
        figures = []
        for number in range(400):  # 16 loops at many times their speed, each frame 3.7 MB
            backgrounds.get(options, 1280, 720, number * CAMERA_NS)
            time.sleep(0.004)
            figures.append((len(list(Path("/proc/self/fd").iterdir())), _memory_mb()))
        files, memory_mb = zip(*figures)
        assert max(files[100:]) <= max(files[:100]) + 1
        assert max(memory_mb[100:]) < max(memory_mb[50:100]) + 40, "a leak would be 500 MB"
        assert threading.active_count() <= before + 2


def test_a_decoder_that_cannot_follow_plays_more_slowly_and_delays_nobody(
    counting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = video_files._Converter._convert

    def slow(self: Any, frame: Any) -> Any:
        time.sleep(0.15)
        return before(self, frame)

    monkeypatch.setattr(video_files._Converter, "_convert", slow)
    with _playing(counting) as (backgrounds, options):
        seen, slowest = set(), 0.0
        for number in range(90):
            time.sleep(1 / 60)
            started = time.perf_counter()
            seen.add(int(backgrounds.get(options, *SIZE, number * CAMERA_NS)[45, 80, 0]))
            slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.1 and len(seen) >= 3


def test_of_a_video_faster_than_the_camera_not_every_frame_is_scaled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "fast.mkv", [_grey(n) for n in range(120)], fps=60)
    scaled = []
    before = video_files._Converter._convert
    monkeypatch.setattr(video_files._Converter, "_convert", lambda self, frame: scaled.append(1) or before(self, frame))
    with _playing(path) as (backgrounds, options):
        for number in range(60):
            backgrounds.get(options, *SIZE, number * CAMERA_NS)
            time.sleep(1 / 60)
    assert 40 <= len(scaled) <= 85, "two seconds of 60 fps under a camera of 30"


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
    image = backgrounds.get(_options(path), *SIZE, 0)
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
    path = write_video(tmp_path / "large.mkv", [_grey(1)] * 2)
    monkeypatch.setattr(video_files, "MAX_VIDEO_PIXELS", 160 * 90 - 1)
    with pytest.raises(UserError, match="too large"):
        next(video_files.play(path, "cover", *SIZE))


def test_of_a_truncated_video_what_is_there_is_played_and_loops(tmp_path: Path) -> None:
    noise = [np.random.default_rng(n).integers(0, 255, (90, 160, 3), np.uint8) for n in range(20)]
    path = write_video(tmp_path / "t.mkv", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    backgrounds = Backgrounds(wait=True)
    shown = [backgrounds.get(_options(path), *SIZE, n * 100_000_000)[..., :3] for n in range(25)]
    assert backgrounds.problem is None
    assert np.array_equal(shown[3], noise[3]) and any(np.array_equal(shown[n], noise[0]) for n in range(5, 25))


def test_a_damaged_part_in_the_middle_is_left_out(tmp_path: Path) -> None:
    path = write_video(tmp_path / "m.mkv", [_grey(10 * n + 10) for n in range(20)], codec="libx264", pixels="yuv420p")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(content)
    assert len(set(_levels(path, 20, step_ns=100_000_000))) > 3


def test_a_video_that_is_mended_or_replaced_is_picked_up(counting: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_module, "LOOK_AGAIN_S", 0.05)
    whole = counting.read_bytes()
    counting.write_bytes(b"not yet")
    with _playing(counting) as (backgrounds, options):
        assert "damaged" in str(backgrounds.problem)
        counting.write_bytes(whole)
        end = time.monotonic() + 10
        while int(backgrounds.get(options, *SIZE)[45, 80, 0]) != 10:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert backgrounds.problem is None


def test_a_single_frame_is_a_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "one.mkv", [_grey(77)])
    assert _levels(path, 5) == [77] * 5
    with _playing(path) as (backgrounds, _):
        end = time.monotonic() + 5
        while backgrounds.pace_s is not None:
            assert time.monotonic() < end
            time.sleep(0.01)


def _half(path: Path, size: tuple[int, int], shape: int) -> Path:
    """A video, black on the left and white on the right, of pixels `shape` times as wide as high."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    picture[:, size[0] // 2 :] = 255
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=10, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(shape)
        for number in range(2):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def test_pixels_that_are_not_square_are_shown_as_they_are_meant(tmp_path: Path) -> None:
    path = _half(tmp_path / "wide.mkv", (80, 90), 2)
    image = next(video_files.play(path, "contain", *SIZE)).image()
    assert image[45, 3, 0] < 5 and image[45, 157, 0] > 250, "80 px of double width fill 160"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_video_is_turned_as_its_camera_was_held(tmp_path: Path) -> None:
    path, turned = _half(tmp_path / "flat.mp4", (160, 90), 1), tmp_path / "turned.mp4"
    command = ["ffmpeg", "-v", "error", "-i", path, "-c", "copy", "-metadata:s:v:0", "rotate=90", turned]
    subprocess.run(command, check=True)
    image = next(video_files.play(turned, "contain", *SIZE)).image()
    subprocess.run(["ffmpeg", "-v", "error", "-i", turned, "-frames:v", "1", tmp_path / "as-players-show-it.png"])
    shown = cv2.imread(str(tmp_path / "as-players-show-it.png"))
    assert shown.shape == (160, 90, 3) and abs(int(shown[20, 45, 0]) - int(shown[140, 45, 0])) > 200
    assert abs(int(image[20, 80, 0]) - int(shown[20, 45, 0])) < 10
    assert abs(int(image[70, 80, 0]) - int(shown[140, 45, 0])) < 10


def test_uncommon_frame_sizes_are_laid_out(tmp_path: Path) -> None:
    for size in ((2, 400), (400, 2), (161, 91), (33, 47)):
        path = write_video(tmp_path / f"{size[0]}x{size[1]}.mkv", [_grey(60, size)] * 2)
        for fit in ("cover", "contain", "stretch", "tile"):
            image = next(video_files.play(path, fit, *SIZE)).image()
            assert image.shape == (90, 160, 4) and image.flags.c_contiguous and image.flags.writeable
            assert cv2.countNonZero(np.ascontiguousarray(image[..., 3]) - 255) == 0
            assert image[44, 79, 0] == 60
