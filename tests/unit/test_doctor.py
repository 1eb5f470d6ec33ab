"""The doctor: one line a check, a remedy for each failure, exit code 0 only when all that is needed is well."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from obs_bgremove.setup import check as check_module
from obs_bgremove.setup import doctor, obs_checks, obs_places, program_copy, scene_collections, state
from obs_bgremove.shared import installation
from tests.systems import needs_shell

REAL = Path(__file__).parent / "data" / "obs-29-first-start.json"


@pytest.fixture
def obs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scene collections' folder of an OBS of the test's own; the home stays the real one."""
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(installation.home()))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(obs_places, "obs_programs", lambda: [Path("/usr/bin/obs")])
    monkeypatch.setattr(obs_places, "obs_version", lambda program: "29.0.2")
    scenes = tmp_path / "obs-studio/basic/scenes"
    scenes.mkdir(parents=True)
    shutil.copy(REAL.with_name("obs-29-global.ini"), tmp_path / "obs-studio/global.ini")
    shutil.copy(REAL, scenes / "Untitled.json")
    return scenes


def by_name() -> dict[str, doctor.Check]:
    return {str(check.name): check for check in doctor.checks()}


def test_all_is_well_on_this_machine(assets: Path, obs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene_collections.change(obs / "Untitled.json", installation.script_path())
    assert doctor.main() == 0
    said = capsys.readouterr().out
    assert "ok    imports: every package loads" in said
    assert said.splitlines()[-1].startswith("All ")
    assert "mediapipe 1.2" in said and "SHA-256 as it should be" in said
    assert f"registered: {installation.script_path()}" in said


def test_an_unregistered_script_is_a_failure_with_both_remedies(assets: Path, obs: Path) -> None:
    check = by_name()["OBS, collection Untitled"]
    assert check.level == doctor.BAD
    assert "install.py" in str(check.remedy) and "Tools → Scripts → +" in str(check.remedy)


def test_a_registered_script_that_is_gone_is_a_failure(obs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene_collections.change(obs / "Untitled.json", Path("/gone/obs_bgremove/script/ai_background.py"))
    checks = {str(check.name): check for check in obs_checks.registration()}
    assert str(checks["OBS, collection Untitled"].text).startswith("the registered script is gone: /gone")


def test_a_collection_that_obs_does_not_open_next_is_only_noted(obs: Path) -> None:
    scene_collections.change(obs / "Untitled.json", installation.script_path())
    shutil.copy(REAL, obs / "Other.json")
    (obs / "Broken.json").write_text("{")
    levels = {str(check.name): check.level for check in obs_checks.registration()}
    assert levels["OBS, collection Untitled"] == doctor.OK
    assert levels["OBS, collection Other"] == levels["OBS, collection Broken"] == doctor.NOTE


def test_nothing_installed_is_said_line_by_line_each_with_a_remedy(
    tmp_path: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path / "empty"))
    assert doctor.main() == 1
    bad = [check for check in doctor.checks() if check.level == doctor.BAD]
    assert {str(check.name) for check in bad} >= {"environment", "model general", "model landscape", "sample"}
    assert all(check.remedy for check in bad)
    assert not (tmp_path / "empty").exists(), "looking changes nothing"
    said = capsys.readouterr().out
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("Failed: environment, ")


@needs_shell
def test_a_broken_environment_is_a_failure_not_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    installation.python_path().parent.mkdir(parents=True)
    installation.python_path().write_text("#!/bin/sh\necho no such module >&2; exit 1\n")
    installation.python_path().chmod(0o755)
    checks = by_name()
    for name in ("environment", "imports", "cameras"):
        assert checks[name].level == doctor.BAD and checks[name].remedy


def test_an_installed_copy_that_is_older_than_the_checkout_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    state.save(tmp_path, state.State(files=program_copy.copy(installation.app_dir(), tmp_path, {})))
    assert next(doctor._copy()).level == doctor.OK
    (tmp_path / "app/install.py").write_text("older")
    assert next(doctor._copy()).level == doctor.NOTE


def test_missing_obs_is_a_failure_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (check,) = obs_checks.registration()
    assert check.level == doctor.BAD and "Install OBS Studio" in str(check.remedy)


def test_a_camera_that_may_not_be_opened_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda self, pattern: [Path("/dev/video0")])
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    checks = list(doctor._cameras())
    if not checks:
        pytest.skip("the environment is not installed: run python3 install.py --test")
    assert "/dev/video0" in str(checks[0].text) and "usermod -aG video" in str(checks[0].remedy)


@pytest.fixture
def sources(obs: Path) -> Callable[..., dict[str, list[doctor.Check]]]:
    """Puts sources with these settings into the collection and asks the doctor."""

    def ask(**settings: dict[str, object]) -> dict[str, list[doctor.Check]]:
        path = obs / "Untitled.json"
        data = json.loads(path.read_text())
        data["sources"] += [{"id": "ai_background", "name": name, "settings": some} for name, some in settings.items()]
        path.write_text(json.dumps(data))
        said: dict[str, list[doctor.Check]] = {}
        for check in obs_checks.sources():
            said.setdefault(str(check.name).removeprefix("OBS, source "), []).append(check)
        return said

    return ask


def test_a_source_that_is_well_is_tried_and_named(
    assets: Path, sources: Callable[..., dict[str, list[doctor.Check]]]
) -> None:
    [check] = sources(Me={"camera": "sample"})["Me"]
    assert check.level == doctor.OK
    assert "1280x720" in str(check.text) and "model general" in str(check.text)


def test_each_thing_wrong_with_a_source_is_named_with_a_remedy(
    assets: Path, tmp_path: Path, sources: Callable[..., dict[str, list[doctor.Check]]]
) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    (tmp_path / "empty").mkdir()
    said = sources(
        Lost={"camera": "/dev/video99"},
        Broken={"camera": str(tmp_path / "bad.mp4"), "backgrounds_folder": str(tmp_path), "background": "bad.png"},
        Away={"camera": "sample", "background": "gone.png", "threshold": 7, "model": "/gone/mine.tflite"},
        Empty={"camera": "sample", "backgrounds_folder": str(tmp_path / "empty")},
    )
    texts = {
        name: " ".join(str(check.text) for check in checks if check.level != doctor.OK) for name, checks in said.items()
    }
    assert "camera /dev/video99 is not there" in texts["Lost"]
    assert "bad.mp4 is not a video" in texts["Broken"] and "bad.png cannot be read" in texts["Broken"]
    assert "threshold: got" in texts["Away"] and "gone.png" in texts["Away"] and "mine.tflite" in texts["Away"]
    assert "no picture and no video in" in texts["Empty"]
    assert all(check.remedy for checks in said.values() for check in checks if check.level != doctor.OK)


def test_a_password_in_a_streams_address_is_not_printed(
    assets: Path, sources: Callable[..., dict[str, list[doctor.Check]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    ask = check_module.ask_engine
    monkeypatch.setattr(check_module, "ask_engine", lambda *words, say="": asked.append(words) or ask(*words, say=say))
    said = sources(Me={"camera": "http://anna:secret@127.0.0.1:9/stream"})["Me"]
    assert "cannot be opened" in " ".join(str(check.text) for check in said)
    assert "secret" not in repr(said) + repr(asked)


def test_a_collection_of_rubbish_has_no_sources(tmp_path: Path) -> None:
    for number, text in enumerate(("", "{", "[]", '{"sources": 3}', '{"sources": [3]}', '{"sources": [{"id": 1}]}')):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        assert scene_collections.our_sources(path) == []


def test_the_last_complaint_of_a_log_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/Me.log").write_text(
        "2026-11-23 10:00:00,000 WARNING MainThread The first.\n"
        "2026-11-23 10:00:01,000 ERROR MainThread The second.\n"
        "2026-11-23 10:00:02,000 INFO MainThread 900 frames\n"
    )
    (tmp_path / "logs/Fine.log").write_text("2026-11-23 10:00:02,000 INFO MainThread 900 frames\n")
    [check] = doctor._logs()
    assert (
        check.level == doctor.NOTE
        and "Me.log" in str(check.name)
        and str(check.text).endswith("ERROR MainThread The second.")
    )
