"""A pip, an OBS and a home of the test's own. Replaced is only what starts programs (`Runner`) and the self-check."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from obs_bgremove.setup import obs_places
from tests.fakes.fake_pip import FakePip, installed_by_fakes
from tests.fakes.obs_settings import DATA, REAL
from tests.fakes.other_systems import MacOs, Windows


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakePip:
    return installed_by_fakes(monkeypatch, tmp_path)


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: FakePip) -> Path:
    """A home folder, empty, on a Linux with OBS that was never started."""
    monkeypatch.setattr(obs_places, "obs_program", lambda: Path("/usr/bin/obs"))
    return tmp_path


@pytest.fixture
def obs(person: Path) -> Path:
    """The scene collections' folder of an OBS that was started before."""
    scenes = person / ".config/obs-studio/basic/scenes"
    scenes.mkdir(parents=True)
    shutil.copy(DATA / "obs-29-global.ini", person / ".config/obs-studio/global.ini")
    shutil.copy(REAL, scenes / "Untitled.json")
    return scenes


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: FakePip) -> Windows:
    return Windows(tmp_path, monkeypatch)


@pytest.fixture
def macos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: FakePip) -> MacOs:
    return MacOs(tmp_path, monkeypatch)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> "Callable[[], str]":
    return lambda: capsys.readouterr().out
