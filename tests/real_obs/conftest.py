"""Fixtures that start real OBS. OBS missing: skipped here, a failure in CI."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from obs_bgremove.shared import installation
from tests.real_obs.driver import Display, Obs, engine_pids, missing_tools

COLOURS = {"1 red.png": (255, 0, 0), "2 green.png": (0, 200, 0), "10 blue.png": (0, 0, 255)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = missing_tools()
    problem = installation.health_check()
    reason = f"not installed: {', '.join(missing)}" if missing else str(problem or "")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real_obs)
            if reason and os.environ.get("CI") != "true":
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Display]:
    assert not missing_tools(), f"not installed: {missing_tools()}"
    shown = Display(tmp_path_factory.mktemp("display"))
    yield shown
    shown.close()


def make_home(folder: Path, copy_assets: bool = False) -> Path:
    """An AI_BACKGROUND_HOME of our own around the installed environment, so that its engines can be told apart."""
    home = folder / "home"
    home.mkdir(parents=True)
    installed = installation.home()
    (home / "venv").symlink_to(installed / "venv")
    (installed / "cache").mkdir(exist_ok=True)
    (home / "cache").symlink_to(installed / "cache")
    if copy_assets:
        (home / "assets").mkdir()
        for name in installation.SHA256:
            (home / "assets" / name).write_bytes((installed / "assets" / name).read_bytes())
    else:
        (home / "assets").symlink_to(installed / "assets")
    return home


def plain_pictures(folder: Path) -> Path:
    """A new folder in this one, of plain pictures, one of each colour."""
    from PIL import Image

    made = folder / "pictures"
    made.mkdir()
    for name, colour in COLOURS.items():
        Image.new("RGB", (1280, 720), colour).save(made / name)
    return made


@pytest.fixture
def new_obs(display: Display, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Obs]]:
    """For a test that needs an OBS of its own: see `_maker`."""
    yield from _maker(display, tmp_path_factory)


@pytest.fixture(scope="module")
def new_shared_obs(display: Display, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Obs]]:
    """For an OBS that all tests of a file share: see `_maker`."""
    yield from _maker(display, tmp_path_factory)


def _maker(display: Display, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Obs]]:
    """Makes an OBS with config folder and home of its own, not started yet; stops and checks them all in the end."""
    made: list[tuple[Obs, str]] = []

    def make(waived: str = "$^", copy_assets: bool = False, **more: Any) -> Obs:
        folder = tmp_path_factory.mktemp("obs")
        obs = Obs(folder, display, make_home(folder, copy_assets), **more)
        made.append((obs, waived))
        return obs

    before = set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()
    yield make
    complaints = []
    for obs, waived in made:
        if obs.process is not None:
            obs.stop()
        if obs.exit_code is not None:
            complaints += obs.complaints(waived)
        complaints += [f"engine left: {left}" for left in engine_pids(obs.home).items()]
    left = {name for name in set(os.listdir("/dev/shm")) - before if "ai" in name} if before else set()
    assert not complaints and not left, "\n".join([*complaints, *left])


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of plain pictures, one of each colour."""
    return plain_pictures(tmp_path_factory.mktemp("plain"))
