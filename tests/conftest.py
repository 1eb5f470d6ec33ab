"""What all tests share: the installed environment, the clips when they are there, and small pictures."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings

from obs_bgremove.shared import installation, language
from tests.fakes import videos

REPOSITORY = Path(__file__).resolve().parent.parent
# Real clips of developers, which no clone has: tests use them in addition, never instead.
REAL_CLIP = REPOSITORY.parent / "shared/data/talking_head_architecture.mp4"

installation.prepare_process()
os.environ[language.VARIABLE] = language.ENGLISH  # whatever the developer's desktop speaks
# The machines are shared: a slow example says nothing about the code.
settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Whatever a test has chosen, the next one begins in English."""
    yield
    language.use(language.ENGLISH)


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder with the models and the sample. `install.py --test` has put them there."""
    folder = installation.assets_dir()
    if not (folder / installation.SAMPLE_PICTURE).exists():
        message = "the models are not installed: run python3 install.py --test"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def made_clip(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip that tests make for themselves: see portrait_clip.py."""
    from tests.fakes import portrait_clip  # not for all tests: it loads half the engine

    return portrait_clip.make(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="session", params=["made", *(["real"] if REAL_CLIP.exists() else [])])
def clip(request: pytest.FixtureRequest) -> Path:
    """A person before a room, 1280x720 at 30 fps, with the true alpha beside it (NAME_alpha.mkv)."""
    return REAL_CLIP if request.param == "real" else request.getfixturevalue("made_clip")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three flat pictures: a-red.png, b-green.png, c-blue.png."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, color in (("a-red", (0, 0, 255)), ("b-green", (0, 255, 0)), ("c-blue", (255, 0, 0))):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((90, 160, 3), color, np.uint8))
    return folder


@pytest.fixture
def counting_video(tmp_path: Path) -> Path:
    """A lossless 160x90 video at 30 fps whose 20 frames are grey of level 10 n."""
    greys = (np.full((90, 160, 3), 10 * number, np.uint8) for number in range(20))
    return videos.write(tmp_path / "counting.avi", greys)
