"""`render` on real video files: one frame in, one frame out, in order, the same every time, the sound kept."""

import dataclasses
import io
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from obs_bgremove.cli import main
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options
from obs_bgremove.tools import progress
from obs_bgremove.tools.render import render
from tests.fakes import videos

pytestmark = pytest.mark.usefixtures("assets")
CAMERA = dataclasses.replace(Options(), mirror=False, view="camera")


@pytest.fixture
def with_sound(tmp_path: Path) -> Path:
    """A second of 160x90 video whose rate varies, with a sine for sound."""
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as output:
        video = output.add_stream("ffv1", rate=30)
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        sound = output.add_stream("aac", rate=48000, layout="mono")
        for number, at_ms in enumerate([0, 33, 67, 100, 300, 333, 700, 733, 767, 1000]):
            frame = av.VideoFrame.from_ndarray(np.full((90, 160, 3), 20 * number, np.uint8), format="bgr24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            output.mux(video.encode(frame))
        wave = (np.sin(np.arange(48000) * 0.06) * 8000).astype(np.int16)[None]
        block = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
        block.rate, block.pts = 48000, 0
        output.mux(sound.encode(block))
        output.mux(sound.encode(None))
        output.mux(video.encode(None))
    return path


def test_every_frame_comes_out_once_and_in_order(counting_video: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mkv"
    assert render(counting_video, target, CAMERA) == 20
    levels = [round(float(frame.mean()) / 10) for frame in videos.read(target)]
    assert levels == list(range(20))


def test_times_and_sound_are_kept(with_sound: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.mkv"
    assert render(with_sound, target, CAMERA) == 10
    with av.open(str(with_sound)) as before, av.open(str(target)) as after:
        assert [round(float(f.time), 3) for f in before.decode(video=0)] == [
            round(float(f.time), 3) for f in after.decode(video=0)
        ]
    with av.open(str(with_sound)) as before, av.open(str(target)) as after:
        packets = [[bytes(p) for p in container.demux(audio=0) if p.size] for container in (before, after)]
    assert len(packets[0]) > 10 and packets[0] == packets[1]


def test_a_matte_is_lossless_grey_with_no_sound_and_the_same_every_time(clip: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.mkv"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(clip), "-frames:v", "12", "-c:v", "copy", str(short)],
        check=True,
        timeout=60,
    )
    options = dataclasses.replace(Options(), mirror=False, view="mask")
    assert render(short, tmp_path / "a.mkv", options) == 12
    assert render(short, tmp_path / "b.mkv", options) == 12
    first, second = (list(videos.read(tmp_path / name)) for name in ("a.mkv", "b.mkv"))
    assert len(first) == 12 and all(np.array_equal(a, b) for a, b in zip(first, second))
    with av.open(str(tmp_path / "a.mkv")) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "gray"
        assert not container.streams.audio
    truth = list(videos.read(videos.alpha_of(clip)))[:12]
    agreement = [((a > 127) == (t > 127)).mean() for a, t in zip(first, truth)]
    assert min(agreement) > 0.95


def test_a_transparent_picture_keeps_its_alpha_as_video_and_as_pictures(counting_video: Path, tmp_path: Path) -> None:
    options = dataclasses.replace(Options(), background_mode="transparent")
    render(counting_video, tmp_path / "out.mkv", options)
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "bgra"
    render(counting_video, tmp_path / "frame-%03d.png", options)
    written = sorted(tmp_path.glob("frame-*.png"))
    assert len(written) == 20
    picture = cv2.imread(str(written[0]), cv2.IMREAD_UNCHANGED)
    assert picture is not None and picture.shape == (90, 160, 4)


def _alpha(path: Path) -> list[np.ndarray]:
    """Each frame's alpha, (H, W) float 0 to 255. FFmpeg's own VP9 decoder knows none, libvpx's does."""
    found = []
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        other: Any = None
        if video.codec_context.name == "vp9":
            other = av.codec.CodecContext.create("libvpx-vp9", "r")
        for packet in container.demux(video):
            for frame in (other or video.codec_context).decode(packet if packet.size else None):
                picture = frame.to_ndarray(format="rgba64le" if "10le" in frame.format.name else "bgra")
                found.append(picture[..., 3].astype(float) / (257 if picture.dtype == np.uint16 else 1))
    return found


@pytest.mark.parametrize(
    ("kind", "codec", "pixels", "mean_error"),
    [("mov", "prores", "yuva444p12le", 0.5), ("webm", "vp9", "yuv420p", 2.0)],
)
def test_a_transparent_film_for_editors_and_browsers_has_the_alpha_of_the_lossless_one(
    clip: Path, tmp_path: Path, kind: str, codec: str, pixels: str, mean_error: float
) -> None:
    short = tmp_path / "short.mkv"
    subprocess.run(["ffmpeg", "-v", "error", "-i", clip, "-frames:v", "6", "-c", "copy", short], check=True)
    assert main(["render", str(short), str(tmp_path / f"out.{kind}"), "--transparent"]) == 0
    assert main(["render", str(short), str(tmp_path / "out.mkv"), "--transparent"]) == 0
    with av.open(str(tmp_path / f"out.{kind}")) as container:
        video = container.streams.video[0].codec_context
        assert (video.name, video.pix_fmt) == (codec, pixels)
    got, wanted = _alpha(tmp_path / f"out.{kind}"), _alpha(tmp_path / "out.mkv")
    assert len(got) == len(wanted) == 6
    assert 0.02 < np.mean(wanted) / 255 < 0.98, "somebody is there, and something is not"
    errors = [np.abs(a - b) for a, b in zip(got, wanted)]
    print(f"{kind}: mean {max(e.mean() for e in errors):.2f}, most {max(e.max() for e in errors):.0f} of 255")
    assert max(error.mean() for error in errors) < mean_error


@pytest.mark.parametrize("kind", ["mov", "webm"])
def test_colours_come_back_as_they_were(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "colour.png"
    cv2.imwrite(str(source), np.full((720, 1280, 3), (30, 60, 200), np.uint8))
    assert render(source, tmp_path / f"out.{kind}", CAMERA) == 1
    with av.open(str(tmp_path / f"out.{kind}")) as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1), "BT.709, limited range, and it says so"
        assert np.abs(frame.to_ndarray(format="bgr24")[360, 640].astype(int) - (30, 60, 200)).max() <= 4


def test_a_film_that_says_nothing_of_its_colours_is_taken_as_players_do(tmp_path: Path) -> None:
    source = tmp_path / "hd.mkv"
    with av.open(str(source), "w") as output:
        stream: Any = output.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv444p"
        frame = av.VideoFrame(1280, 720, "yuv444p")
        for plane, level in zip(frame.planes, (91, 100, 190)):  # (30, 60, 200) in BT.709
            plane.update(bytes([level]) * plane.buffer_size)
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    render(source, tmp_path / "out-%d.png", CAMERA)
    picture = cv2.imread(str(tmp_path / "out-0.png"))
    assert picture is not None and np.abs(picture[360, 640].astype(int) - (30, 60, 200)).max() <= 4


def test_sound_that_a_kind_of_file_cannot_hold_is_encoded_for_it(with_sound: Path, tmp_path: Path) -> None:
    assert render(with_sound, tmp_path / "out.webm", CAMERA) == 10
    with av.open(str(tmp_path / "out.webm")) as container:
        assert container.streams.audio[0].codec_context.name == "opus"
        frames = list(container.decode(audio=0))
        seconds = sum(frame.samples for frame in frames) / frames[0].sample_rate
        loudness = np.abs(np.concatenate([frame.to_ndarray().ravel() for frame in frames])).mean()
    assert 0.95 < seconds < 1.1 and loudness > 0.05


def test_a_result_without_a_name_is_written_beside_the_original_and_never_over_it(
    counting_video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "me.avi"
    source.write_bytes(counting_video.read_bytes())
    assert main(["render", str(source), "--transparent"]) == 0
    assert main(["render", str(source)]) == 0
    assert main(["render", str(source), "--view", "mask"]) == 0
    assert {path.name for path in tmp_path.glob("me*")} == {
        "me.avi",
        "me-transparent.mov",
        "me-background.mp4",
        "me-matte.mkv",
    }
    before = (tmp_path / "me-background.mp4").read_bytes()
    assert main(["render", str(tmp_path / "me-background.mp4"), str(tmp_path / "me-background.mp4")]) == 1
    assert "would overwrite itself" in capsys.readouterr().err
    assert (tmp_path / "me-background.mp4").read_bytes() == before


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_says_how_long_it_takes_and_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress.line(50, 100, 2.0) == f"[{'#' * 15:30}] 50/100 frames, 25 fps, 0:02 left"
    assert progress.line(50, 0, 2.0) == "50 frames, 25 fps"
    assert [progress.clock(seconds) for seconds in (7, 754, 3723)] == ["0:07", "12:34", "1:02:03"]
    monkeypatch.setattr(progress, "EVERY_S", 0.0)
    terminal, file = _Terminal(), io.StringIO()
    for stream in (terminal, file):
        shown = progress.Progress(3, stream)
        for count in range(1, 4):
            shown.show(count)
        shown.end()
    assert file.getvalue() == ""
    lines = terminal.getvalue().split("\r")
    assert "3/3 frames" in lines[3] and "left" in lines[2] and lines[-2].strip() == "" and lines[-1] == ""


def test_odd_sizes_are_kept(tmp_path: Path) -> None:
    source = tmp_path / "odd.png"
    cv2.imwrite(str(source), np.full((35, 61, 3), 90, np.uint8))
    assert render(source, tmp_path / "odd.mp4", CAMERA) == 1
    assert next(videos.read(tmp_path / "odd.mp4")).shape == (35, 61, 3)


@pytest.mark.parametrize(
    ("source", "target", "text"),
    [
        ("gone.mp4", "out.mkv", "is not there"),
        ("text.mp4", "out.mkv", "could not be rendered"),
        ("counting.avi", "out.xyz", "unknown kind of file"),
        ("counting.avi", "out.png", "no number field"),
        ("counting.avi", "gone/out.mkv", "could not be rendered"),
    ],
)
def test_bad_files_are_said_plainly_and_leave_nothing(
    counting_video: Path, tmp_path: Path, source: str, target: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    before = sorted(tmp_path.iterdir())
    assert main(["render", str(tmp_path / source), str(tmp_path / target), "--set", "view=camera"]) == 1
    error = capsys.readouterr().err
    assert text in error and "Traceback" not in error
    assert sorted(tmp_path.iterdir()) == before


def test_a_matte_in_a_lossy_file_is_refused(counting_video: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"needs \.mkv"):
        render(counting_video, tmp_path / "out.mp4", dataclasses.replace(CAMERA, view="mask"))


def test_the_command_line_renders_and_says_how_many(counting_video: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "obs_bgremove",
            "render",
            str(counting_video),
            str(tmp_path / "o.mkv"),
            "--view",
            "mask",
        ],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (result.returncode, "20 frames written" in result.stdout) == (0, True), result.stderr
