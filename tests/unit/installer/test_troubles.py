"""What keeps the installer from its work is said in plain words, and nothing of others is touched."""

import subprocess
import sys
from pathlib import Path

import pytest

from obs_bgremove.setup import main, selfcheck
from obs_bgremove.setup.runner import Result
from obs_bgremove.shared.errors import UserError
from tests.fakes.fake_pip import FakePip, home_of
from tests.fakes.obs_settings import contents

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a Linux is played, on a POSIX system")
REPOSITORY = Path(__file__).resolve().parents[3]


def test_a_folder_that_holds_something_else_is_left_alone(
    person: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = person / "project"
    (project / "venv").mkdir(parents=True)
    (project / "venv/theirs").touch()
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(project))
    assert main.main([]) == 1
    assert "did not make" in capsys.readouterr().out
    assert main.main(["--uninstall"]) == 0
    assert (project / "venv/theirs").exists()


def test_a_home_that_can_not_be_made_is_said(
    person: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (person / "file").touch()
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(person / "file" / "home"))
    assert main.main([]) == 1
    said = capsys.readouterr().out
    assert "cannot be written" in said and "AI_BACKGROUND_HOME" in said


def test_two_installers_at_once_do_not_meet(person: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.main([])
    with main._only_one(home_of(person)):
        assert main.main([]) == 1
    assert "Another run" in capsys.readouterr().out


def test_a_self_check_without_frames_is_an_error_with_a_remedy(
    person: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(app: Path, picture: Path) -> selfcheck.Figures:
        raise UserError("No frame came.", "Look there.")

    monkeypatch.setattr(selfcheck, "run", fails)
    assert main.main([]) == 1
    assert "error: No frame came.\nWhat to do: Look there." in capsys.readouterr().out


def test_a_mistake_of_ours_gives_no_traceback_but_a_log(
    person: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(app: Path, picture: Path) -> selfcheck.Figures:
        raise ZeroDivisionError("mistake")

    monkeypatch.setattr(selfcheck, "run", fails)
    assert main.main([]) == 1
    said = capsys.readouterr().out
    assert "unexpected" in said and "Traceback" not in said
    assert "ZeroDivisionError: mistake" in (home_of(person) / "logs/install.log").read_text()


def test_ctrl_c_says_how_to_go_on(
    person: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(app: Path, picture: Path) -> selfcheck.Figures:
        raise KeyboardInterrupt

    monkeypatch.setattr(selfcheck, "run", stopped)
    assert main.main([]) == 130
    assert "Run this again" in capsys.readouterr().out


def test_the_test_command_adds_the_tools_and_runs_them_in_the_checkout(
    person: Path, obs: Path, pip: FakePip, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(obs)
    assert main.main(["--test", "--", "-k", "word"]) == 0
    assert pip.ran("ruff check .") == pip.ran("ruff format --check .") == pip.ran("-m mypy") == 1
    assert any(command.endswith("-m pytest -k word") for command in pip.commands)
    assert any("pip install" in command and "requirements-test.lock" in command for command in pip.commands)
    assert contents(obs) == before and not (home_of(person) / "app").exists()
    pip.commands.clear()
    assert main.main([]) == 0
    assert not pip.ran("pip install"), "the test tools are no reason to install again"
    pip.broken = {"-m mypy": Result(1, "")}
    assert main.main(["--test"]) == 1
    assert "Failed: mypy" in capsys.readouterr().out


def test_the_installer_and_the_doctor_need_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules); import obs_bgremove.setup.main\n"
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(loaded - set(sys.stdlib_module_names))"
    )
    run = subprocess.run([sys.executable, "-S", "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "{'obs_bgremove'}"
