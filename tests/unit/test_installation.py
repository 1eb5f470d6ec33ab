"""Where things are, and whether they are well."""

import hashlib
import sys
from pathlib import Path

import pytest

from obs_bgremove.shared import installation


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    return tmp_path


def test_the_variable_wins(home: Path) -> None:
    assert installation.home() == home
    assert installation.python_path().is_relative_to(home / "venv")


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", None, ".local/share/ai-background"),
        ("linux", "XDG_DATA_HOME", "set/ai-background"),
        ("darwin", None, "Library/Application Support/ai-background"),
        ("win32", "LOCALAPPDATA", "set/ai-background"),
    ],
)
def test_the_usual_place_of_each_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variable: str | None, expected: str
) -> None:
    monkeypatch.delenv("AI_BACKGROUND_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "set"))
    assert installation.home() == tmp_path / expected


@pytest.mark.parametrize("proof", ["assets/", "installed.json"])
def test_an_installed_copy_belongs_to_the_home_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proof: str
) -> None:
    monkeypatch.delenv("AI_BACKGROUND_HOME", raising=False)
    (tmp_path / "app").mkdir()
    (tmp_path / proof).mkdir() if proof.endswith("/") else (tmp_path / proof).touch()
    monkeypatch.setattr(installation, "app_dir", lambda: tmp_path / "app")
    assert installation.home() == tmp_path


def test_a_checkout_that_is_called_app_is_no_installed_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AI_BACKGROUND_HOME", raising=False)
    monkeypatch.setattr(installation, "app_dir", lambda: tmp_path / "app")
    assert installation.home() == installation.default_home()


def test_health_names_what_is_wrong_one_after_the_other(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"a model"
    for name in installation.SHA256:
        monkeypatch.setitem(installation.SHA256, name, hashlib.sha256(content).hexdigest())
    problem = installation.health_check()
    assert problem is not None
    assert "not installed" in str(problem.what_happened) and "install.py" in str(problem.what_to_do)
    installation.python_path().parent.mkdir(parents=True)
    installation.python_path().touch()
    problem = installation.health_check()
    assert problem is not None and "selfie_segmentation.tflite cannot be read" in str(problem.what_happened)
    installation.assets_dir().mkdir()
    for name in installation.SHA256:
        (installation.assets_dir() / name).write_bytes(content)
    assert installation.health_check() is None
    (installation.assets_dir() / installation.SAMPLE_PICTURE).write_bytes(b"")
    problem = installation.health_check()
    assert problem is not None and "astronaut.png has been altered" in str(problem.what_happened)


def test_a_model_of_the_users_own_is_a_path(home: Path) -> None:
    assert installation.model_path("general") == home / "assets/selfie_segmentation.tflite"
    assert installation.model_path("/x/own.tflite") == Path("/x/own.tflite")
    assert installation.model_path("~/own.tflite") == Path.home() / "own.tflite"


def test_the_script_and_the_installer_that_messages_name_are_there() -> None:
    assert installation.script_path().is_file()
    assert (installation.app_dir() / "install.py").is_file()
