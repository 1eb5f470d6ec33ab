"""The copy in the home: whole or not at all, brought up to date, and the user's files stay."""

from pathlib import Path

import pytest

from obs_bgremove.setup import program_copy


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    for name in (
        "obs_bgremove/a.py",
        "obs_bgremove/__pycache__/a.pyc",
        "backgrounds/wall.png",
        "backgrounds/generator/walls.py",
        "install.py",
        "tests/t.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_what_is_installed_is_copied_and_then_nothing_is_to_do(source: Path, home: Path) -> None:
    assert str(program_copy.problem(source, home, {})) == "not there yet"
    recorded = program_copy.copy(source, home, {})
    assert sorted(recorded) == ["backgrounds/wall.png", "install.py", "obs_bgremove/a.py"]
    assert (home / "app/obs_bgremove/a.py").read_text() == "obs_bgremove/a.py"
    assert not (home / "app/tests").exists() and not list(home.rglob("*.pyc"))
    assert program_copy.problem(source, home, recorded) is None


def test_a_change_an_addition_and_a_removal_are_seen_and_followed(source: Path, home: Path) -> None:
    recorded = program_copy.copy(source, home, {})
    (source / "obs_bgremove/a.py").unlink()
    (source / "obs_bgremove/b.py").write_text("new")
    (source / "install.py").write_text("changed")
    assert program_copy.problem(source, home, recorded)
    recorded = program_copy.copy(source, home, recorded)
    assert not (home / "app/obs_bgremove/a.py").exists()
    assert (home / "app/install.py").read_text() == "changed"
    assert program_copy.problem(source, home, recorded) is None


def test_a_damaged_or_missing_file_is_repaired(source: Path, home: Path) -> None:
    recorded = program_copy.copy(source, home, {})
    (home / "app/obs_bgremove/a.py").write_text("")
    assert program_copy.problem(source, home, recorded)
    program_copy.copy(source, home, recorded)
    assert (home / "app/obs_bgremove/a.py").read_text() == "obs_bgremove/a.py"


def test_pictures_of_the_user_stay_also_one_of_ours_that_was_changed(source: Path, home: Path) -> None:
    recorded = program_copy.copy(source, home, {})
    (home / "app/backgrounds/mine.jpg").write_text("mine")
    (home / "app/backgrounds/wall.png").write_text("repainted")
    assert program_copy.problem(source, home, recorded) is None
    (source / "install.py").write_text("changed")
    recorded = program_copy.copy(source, home, recorded)
    assert (home / "app/backgrounds/mine.jpg").read_text() == "mine"
    assert (home / "app/backgrounds/wall.png").read_text() == "repainted"
    assert program_copy.problem(source, home, recorded) is None
    kept = program_copy.remove(home, recorded)
    assert sorted(path.name for path in kept) == ["mine.jpg", "wall.png"]
    assert sorted(path.name for path in home.rglob("*") if path.is_file()) == ["mine.jpg", "wall.png"]


def test_a_run_that_stopped_between_the_two_renames_is_mended(source: Path, home: Path) -> None:
    recorded = program_copy.copy(source, home, {})
    (home / "app/backgrounds/mine.jpg").write_text("mine")
    (home / "app").rename(home / "app.old")
    (home / "app.new/obs_bgremove").mkdir(parents=True)
    assert str(program_copy.problem(source, home, recorded)) == "an earlier run did not finish it"
    program_copy.copy(source, home, recorded)
    assert (home / "app/backgrounds/mine.jpg").read_text() == "mine"
    assert sorted(path.name for path in home.iterdir()) == ["app"]


def test_a_copy_of_which_nothing_is_recorded_keeps_unknown_pictures(source: Path, home: Path) -> None:
    program_copy.copy(source, home, {})
    (home / "app/backgrounds/mine.jpg").write_text("mine")
    (home / "app/obs_bgremove/stale.py").write_text("stale")
    program_copy.copy(source, home, {})
    assert (home / "app/backgrounds/mine.jpg").exists()
    assert not (home / "app/obs_bgremove/stale.py").exists()


def test_run_from_the_copy_itself_there_is_nothing_to_copy(source: Path, home: Path) -> None:
    recorded = program_copy.copy(source, home, {})
    assert program_copy.problem(home / "app", home, recorded) is None


def test_all_goes_when_nothing_is_the_users(source: Path, home: Path) -> None:
    recorded = program_copy.copy(source, home, {})
    (home / "app/obs_bgremove/__pycache__").mkdir()
    (home / "app/obs_bgremove/__pycache__/a.pyc").write_text("")
    assert program_copy.remove(home, recorded) == []
    assert not list(home.iterdir())
