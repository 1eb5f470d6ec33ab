"""The doctor: one line a check, a remedy for each failure, exit code 0 only when all that is needed is well."""

import shutil
from pathlib import Path

import pytest

from obs_bgremove import doctor, environment
from obs_bgremove.setup import payload, places, registration, state

REAL = Path(__file__).parent / "data" / "obs-29-first-start.json"


@pytest.fixture
def obs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scene collections' folder of an OBS of the test's own; the home stays the real one."""
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(environment.home()))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(places, "obs_program", lambda: Path("/usr/bin/obs"))
    monkeypatch.setattr(places, "obs_version", lambda program: "29.0.2")
    scenes = tmp_path / "obs-studio/basic/scenes"
    scenes.mkdir(parents=True)
    shutil.copy(REAL.with_name("obs-29-global.ini"), tmp_path / "obs-studio/global.ini")
    shutil.copy(REAL, scenes / "Untitled.json")
    return scenes


def by_name() -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.checks()}


def test_all_is_well_on_this_machine(assets: Path, obs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    registration.change(obs / "Untitled.json", environment.script_path())
    assert doctor.main([]) == 0
    said = capsys.readouterr().out
    assert "ok    imports: every package loads" in said
    assert "mediapipe 1.2" in said and "SHA-256 as it should be" in said
    assert f"registered: {environment.script_path()}" in said


def test_an_unregistered_script_is_a_failure_with_both_remedies(assets: Path, obs: Path) -> None:
    check = by_name()["OBS, collection Untitled"]
    assert check.level == doctor.BAD
    assert "install.py" in check.remedy and "Tools → Scripts → +" in check.remedy


def test_a_registered_script_that_is_gone_is_a_failure(obs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registration.change(obs / "Untitled.json", Path("/gone/obs_bgremove/script/ai_background.py"))
    checks = {check.name: check for check in doctor._obs()}
    assert checks["OBS, collection Untitled"].text.startswith("the registered script is gone: /gone")


def test_a_collection_that_obs_does_not_open_next_is_only_noted(obs: Path) -> None:
    registration.change(obs / "Untitled.json", environment.script_path())
    shutil.copy(REAL, obs / "Other.json")
    (obs / "Broken.json").write_text("{")
    levels = {check.name: check.level for check in doctor._obs()}
    assert levels["OBS, collection Untitled"] == doctor.OK
    assert levels["OBS, collection Other"] == levels["OBS, collection Broken"] == doctor.NOTE


def test_nothing_installed_is_said_line_by_line_each_with_a_remedy(
    tmp_path: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path / "empty"))
    assert doctor.main([]) == 1
    bad = [check for check in doctor.checks() if check.level == doctor.BAD]
    assert {check.name for check in bad} >= {"environment", "model general", "model landscape", "sample"}
    assert all(check.remedy for check in bad)
    assert not (tmp_path / "empty").exists(), "looking changes nothing"
    assert "Traceback" not in capsys.readouterr().out


def test_a_broken_environment_is_a_failure_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    environment.python_path().parent.mkdir(parents=True)
    environment.python_path().write_text("#!/bin/sh\necho no such module >&2; exit 1\n")
    environment.python_path().chmod(0o755)
    checks = by_name()
    for name in ("environment", "imports", "cameras"):
        assert checks[name].level == doctor.BAD and checks[name].remedy


def test_an_installed_copy_that_is_older_than_the_checkout_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    state.save(tmp_path, state.State(files=payload.copy(environment.app_dir(), tmp_path, {})))
    assert next(doctor._copy()).level == doctor.OK
    (tmp_path / "app/install.py").write_text("older")
    assert next(doctor._copy()).level == doctor.NOTE


def test_missing_obs_is_a_failure_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "obs_program", lambda: None)
    monkeypatch.setattr(places, "known_places", list)
    (check,) = doctor._obs()
    assert check.level == doctor.BAD and "Install OBS Studio" in check.remedy


def test_a_camera_that_may_not_be_opened_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [Path("/dev/video0")])
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    checks = list(doctor._cameras())
    if not checks:
        pytest.skip("the environment is not installed: run python3 install.py --test")
    assert "/dev/video0" in checks[0].text and "usermod -aG video" in checks[0].remedy
