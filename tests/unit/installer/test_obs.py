"""What the installer does to OBS: collections registered, nothing touched while it runs; Snap and portable copies."""

import shutil
import sys
from pathlib import Path

import pytest

from obs_bgremove.setup import main, obs_places, scene_collections
from obs_bgremove.shared import installation
from tests.fakes.fake_pip import FakePip, home_of
from tests.fakes.obs_settings import REAL, contents

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a Linux is played, on a POSIX system")


def test_without_obs_all_the_rest_is_installed_and_it_says_what_to_do(
    person: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(obs_places, "obs_program", lambda: None)
    assert main.main([]) == 0
    said = capsys.readouterr().out
    assert "To do: OBS was not found. Install OBS Studio and run" in said
    assert not (person / ".config").exists()


def test_an_obs_that_was_never_started_finds_the_script_at_its_first_start(person: Path) -> None:
    assert main.main([]) == 0
    first = person / ".config/obs-studio/basic/scenes/Untitled.json"
    assert scene_collections.registered_script(first)
    assert not (person / ".config/obs-studio/global.ini").exists() and not list(person.rglob("user.ini"))
    assert main.main([]) == 0


def test_while_obs_runs_its_settings_are_left_and_the_one_manual_step_is_said(
    person: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(obs_places, "running", lambda place: True)
    before = contents(obs)
    assert main.main([]) == 0
    said = capsys.readouterr().out
    assert "Tools → Scripts → +" in said and "ai_background.py" in said and "install.py" in said
    assert contents(obs) == before
    monkeypatch.setattr(obs_places, "running", lambda place: False)
    assert main.main([]) == 0
    assert scene_collections.registered_script(obs / "Untitled.json")
    monkeypatch.setattr(obs_places, "running", lambda place: True)
    assert main.main([]) == 0
    assert "Tools" not in capsys.readouterr().out.rpartition("[5/6]")[2]


def test_every_collection_is_registered_and_a_broken_one_is_left_and_named(
    person: Path, obs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(REAL, obs / "Show.json")
    (obs / "Broken.json").write_text('{"name": ')
    assert main.main([]) == 0
    assert scene_collections.registered_script(obs / "Show.json") and scene_collections.registered_script(
        obs / "Untitled.json"
    )
    assert (obs / "Broken.json").read_text() == '{"name": '
    assert "Broken.json was left as it is: it is not valid JSON" in capsys.readouterr().out


def test_editable_registers_the_checkout_and_a_later_install_the_copy(person: Path, obs: Path) -> None:
    assert main.main(["--editable"]) == 0
    assert scene_collections.registered_script(obs / "Untitled.json") == str(installation.script_path())
    assert not (home_of(person) / "app").exists()
    assert main.main([]) == 0
    script = scene_collections.registered_script(obs / "Untitled.json")
    assert script == str(home_of(person) / "app/obs_bgremove/script/ai_background.py")


def test_a_dry_run_says_all_and_does_nothing(
    person: Path, obs: Path, pip: FakePip, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(person)
    assert main.main(["--dry-run"]) == 0
    said = capsys.readouterr().out
    assert contents(person) == before and not pip.commands
    assert "Packages: not there yet" in said and "OBS: to be registered in: Untitled" in said


def test_a_snap_is_refused_plainly_and_what_an_earlier_version_registered_is_taken_out(
    person: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(obs_places, "obs_program", lambda: None)
    scenes = person / "snap/obs-studio/current/.config/obs-studio/basic/scenes"
    scenes.mkdir(parents=True)
    shutil.copy(REAL, scenes / "Untitled.json")
    assert main.main([]) == 0
    said = capsys.readouterr().out
    assert "OBS from the Snap store cannot run AI Background" in said and "Done" not in said
    assert (scenes / "Untitled.json").read_bytes() == REAL.read_bytes()
    scene_collections.change(scenes / "Untitled.json", installation.script_path())
    assert main.main(["--uninstall"]) == 0
    assert (scenes / "Untitled.json").read_bytes() == REAL.read_bytes()


def test_beside_another_obs_a_snap_is_left_out(person: Path, obs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenes = person / "snap/obs-studio/current/.config/obs-studio/basic/scenes"
    scenes.mkdir(parents=True)
    shutil.copy(REAL, scenes / "Untitled.json")
    assert main.main([]) == 0
    assert "Done" in capsys.readouterr().out
    assert (scenes / "Untitled.json").read_bytes() == REAL.read_bytes()
    assert scene_collections.registered_script(obs / "Untitled.json")


def test_a_portable_obs_is_named_once_and_remembered(
    person: Path, obs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenes = person / "Games/OBS/config/obs-studio/basic/scenes"
    scenes.mkdir(parents=True)
    shutil.copy(REAL, scenes / "Untitled.json")
    assert main.main(["--obs", str(person / "Games")]) == 1
    assert "no portable OBS" in capsys.readouterr().out
    assert main.main(["--obs", str(person / "Games/OBS")]) == 0
    assert scene_collections.registered_script(scenes / "Untitled.json")
    assert main.main([]) == 0
    assert "OBS: in place" in capsys.readouterr().out
    (scenes / "Untitled.json").write_bytes(REAL.read_bytes())
    assert main.main([]) == 0
    assert scene_collections.registered_script(scenes / "Untitled.json")
    assert main.main(["--uninstall"]) == 0
    assert (scenes / "Untitled.json").read_bytes() == REAL.read_bytes()
