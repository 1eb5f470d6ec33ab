"""The self-check, with the real engine process, and with engines that fail."""

from pathlib import Path

import cv2
import pytest

from obs_bgremove.setup import selfcheck
from obs_bgremove.shared import frame_ring, installation, protocol
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text
from tests.systems import needs_shell


def test_the_real_engine_gives_frames_figures_and_a_picture(assets: Path, tmp_path: Path) -> None:
    figures = selfcheck.run(installation.app_dir(), tmp_path / "picture.png", seconds=2)
    assert figures.frames > 10 and figures.fps > 5
    assert 0 < figures.latency_p50_ms <= figures.latency_p95_ms
    picture = cv2.imread(str(tmp_path / "picture.png"))
    assert picture is not None and picture.shape == (figures.height, 2 * figures.width, 3)
    before, after = picture[:, : figures.width], picture[:, figures.width :]
    assert before.std() > 10 and after.std() > 10
    assert (abs(before.astype(int) - after) > 30).mean() > 0.2, "the background was replaced"


GONE = protocol.encode("status", level="error", text=Text("The model is gone.")).decode().strip()


@needs_shell
@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (
            "#!/bin/sh\necho ImportError: no numpy >&2; exit 3\n",
            "it ended by itself with code 3. It said: ImportError: no numpy",
        ),
        ("#!/bin/sh\nexec sleep 60\n", "it was not ready within"),
        (
            f"#!/bin/sh\necho '{GONE}'\nexec sleep 60\n",
            "It said: The model is gone.",
        ),
    ],
    ids=["ends", "silent", "complains"],
)
def test_an_engine_without_frames_is_quoted_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, said: str
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    monkeypatch.setattr(selfcheck, "READY_S", 1.0)
    installation.python_path().parent.mkdir(parents=True)
    installation.python_path().write_text(engine)
    installation.python_path().chmod(0o755)
    with pytest.raises(UserError) as caught:
        selfcheck.run(installation.app_dir(), tmp_path / "picture.png")
    assert said in str(caught.value.what_happened)
    assert "--check" in str(caught.value.what_to_do)


def test_colours_stand_in_the_picture_as_in_the_frame(tmp_path: Path) -> None:
    pixels = bytes([10, 20, 200, 255]) * 6
    info = frame_ring.FrameInfo(0, 1, 3, 2, frame_ring.BGRA, 3 * 4, 1)
    selfcheck._write_png(tmp_path / "x.png", [selfcheck._Picture(info, pixels)] * 2)
    picture = cv2.imread(str(tmp_path / "x.png"))
    assert picture is not None and picture.shape == (2, 6, 3)
    assert (picture == (10, 20, 200)).all()
