"""`render` on real video files: one frame in, one frame out, in order, the same every time, the sound kept."""

import dataclasses
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from obs_bgremove.cli import main
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options
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
