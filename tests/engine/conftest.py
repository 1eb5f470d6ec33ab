"""A video for tests of backgrounds that move."""

from pathlib import Path

import pytest

from tests.fakes.exact_videos import write_video
from tests.fakes.playing_videos import grey


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    """A lossless 10 fps video whose 8 frames are grey of level 10, 20, ... 80."""
    return write_video(tmp_path / "counting.mkv", [grey(10 * n + 10) for n in range(8)])
