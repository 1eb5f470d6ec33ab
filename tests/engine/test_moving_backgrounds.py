"""Videos and animated pictures behind the person: their pace, their loops, their colours and shapes."""

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from obs_bgremove.engine.backgrounds import video_files
from tests.fakes.exact_videos import write_video
from tests.fakes.playing_videos import SIZE, grey, levels


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


def test_a_video_of_10_fps_under_a_camera_of_30_changes_every_third_frame(counting: Path) -> None:
    seen = levels(counting, 30)
    assert seen[:24] == [10 * (n // 3) + 10 for n in range(24)]


def test_it_loops_without_a_gap_or_a_frame_twice(counting: Path) -> None:
    assert levels(counting, 24, step_ns=100_000_000) == [10 * (n % 8) + 10 for n in range(24)]


def test_rendering_is_the_same_each_time_and_follows_the_inputs_time(counting: Path) -> None:
    assert levels(counting, 40, 41_000_000) == levels(counting, 40, 41_000_000)
    assert levels(counting, 3, step_ns=2_000_000_000) == [10, 50, 10], "a gap in the input is no pause"


def test_frames_of_unequal_length_are_shown_for_as_long_as_they_say(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", [grey(10), grey(20), grey(30)], times=[0, 100, 700])
    assert levels(path, 9, step_ns=100_000_000)[:8] == [10, 20, 20, 20, 20, 20, 20, 30]


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_animated_pictures_move_at_their_own_pace_and_loop(tmp_path: Path, suffix: str) -> None:
    frames = [Pillow.new("RGB", SIZE, (level,) * 3) for level in (0, 85, 170)]
    how = {"lossless": True} if suffix == "webp" else {}
    path = tmp_path / f"a.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[100, 200, 100], loop=1, **how)
    assert levels(path, 8, step_ns=100_000_000) == [0, 85, 85, 170] * 2
    still = tmp_path / f"still.{suffix}"
    frames[1].save(still)
    assert not video_files.moves(still) and levels(still, 2) == [85, 85]


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
    path = write_video(tmp_path / name, [grey(40)] * 3 + [grey(200)] * 3, codec=codec, pixels="yuv420p")
    seen = levels(path, 6, step_ns=100_000_000)
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
    bgra = np.dstack([grey(200), np.full((90, 160), 128, np.uint8)])
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "bgra"
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(bgra, format="bgra")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    assert levels(path, 2) == [100, 100]


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
        path = write_video(tmp_path / f"{size[0]}x{size[1]}.mkv", [grey(60, size)] * 2)
        for fit in ("cover", "contain", "stretch", "tile"):
            image = next(video_files.play(path, fit, *SIZE)).image()
            assert image.shape == (90, 160, 4) and image.flags.c_contiguous and image.flags.writeable
            assert cv2.countNonZero(np.ascontiguousarray(image[..., 3]) - 255) == 0
            assert image[44, 79, 0] == 60
