"""The command line's edge: help, wrong calls and errors are plain words and exit codes, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from obs_bgremove import cli
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[2]


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(verb in text for verb in ("render", "bench", "preview", "doctor"))


@pytest.mark.parametrize("words", [[], ["dance"], ["render"], ["bench", "--frames", "many"]])
def test_a_wrong_call_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_an_unknown_setting_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", "a", "b", "--set", "brightness=1"]) == 1
    error = capsys.readouterr().err
    assert "brightness=1" in error and "threshold" in error


def test_interrupting_is_exit_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_bench", interrupted)
    assert cli.main(["bench"]) == 130


def test_without_the_environment_it_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["bench"]) == 1
    assert installation.INSTALL_COMMAND in capsys.readouterr().err


def test_the_bare_engine_says_that_it_is_not_for_people() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "obs_bgremove.engine"], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 2 and "--ring is needed" in result.stderr


def test_an_error_says_what_happened_and_what_to_do() -> None:
    assert str(UserError("It broke.", "Mend it.")) == "It broke. Mend it."
    assert str(UserError("It broke.")) == "It broke."
