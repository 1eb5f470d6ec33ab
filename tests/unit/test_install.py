"""The installer as a whole, from its command line, with a pip, an OBS and a home of the test's own.

Replaced is only what starts programs (`Runner`) and the engine's self-check, which test_selfcheck.py runs for real.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_bgremove.setup import assets, lock, main, obs_places, safe_write, scene_collections, selfcheck
from obs_bgremove.setup.runner import Result
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from tests.fakes.fake_pip import CONTENT, FakePip, installed_by_fakes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a Linux is played, on a POSIX system")
REPOSITORY = Path(__file__).resolve().parents[2]
REAL = Path(__file__).parent / "data" / "obs-29-first-start.json"


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
    shutil.copy(REAL.with_name("obs-29-global.ini"), person / ".config/obs-studio/global.ini")
    shutil.copy(REAL, scenes / "Untitled.json")
    return scenes


def home_of(person: Path) -> Path:
    return person / ".local/share/ai-background"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_first_run_installs_registers_and_checks(person: Path, obs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([]) == 0
    said = capsys.readouterr().out
    assert "150 frames of 1280x720, 29.9 fps, latency camera to slot p50 12 ms, p95 15 ms" in said
    assert "registered in OBS, scene collection Untitled" in said and "backup: " in said
    assert "In OBS: under Sources click +" in said
    home = home_of(person)
    script = scene_collections.registered_script(obs / "Untitled.json")
    assert script == str(home / "app/obs_bgremove/script/ai_background.py")
    assert (home / "assets/astronaut.png").read_bytes() == CONTENT
    assert (home / "app/install.py").is_file()
    assert sorted(path.name for path in home.iterdir()) == ["app", "assets", "cache", "installed.json", "venv"]


def answers(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[str]:
    """A person at a terminal who answers each question like this; the questions."""
    asked: list[str] = []

    def reply(question: str) -> str:
        asked.append(question)
        return answer

    monkeypatch.setattr("builtins.input", reply)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    return asked


def test_add_source_puts_it_into_the_current_scene_as_large_as_the_canvas(
    person: Path, obs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = person / ".config/obs-studio/basic/profiles/Untitled"
    profile.mkdir(parents=True)
    (profile / "basic.ini").write_text("[Video]\nBaseCX=2560\nBaseCY=1440\n")
    assert main.main(["--add-source"]) == 0
    said = capsys.readouterr().out
    assert "Done. Start OBS: AI Background is in its scene “Scene”." in said and "backup: " in said
    made = json.loads((obs / "Untitled.json").read_text())
    [item] = made["sources"][0]["settings"]["items"]
    assert (item["name"], item["bounds"]) == ("AI Background", {"x": 2560, "y": 1440})
    before = contents(person)
    assert main.main(["--add-source"]) == 0
    assert "has AI Background already" in capsys.readouterr().out
    assert contents(person) == before


@pytest.mark.parametrize(("answer", "count"), [("", 1), ("y", 1), ("n", 0), ("what?", 0)])
def test_at_a_terminal_it_is_offered(
    person: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, answer: str, count: int
) -> None:
    asked = answers(monkeypatch, answer)
    assert main.main([]) == 0
    assert len(asked) == 1 and "into the scene “Scene” of OBS (Untitled)" in asked[0]
    assert len(scene_collections.our_sources(obs / "Untitled.json")) == count


def test_nothing_is_offered_without_a_terminal_or_while_obs_runs(
    person: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([]) == 0
    assert scene_collections.our_sources(obs / "Untitled.json") == []
    asked = answers(monkeypatch, "y")
    monkeypatch.setattr(obs_places, "running", lambda place: True)
    assert main.main([]) == 0
    assert not asked
    before = (obs / "Untitled.json").read_bytes()
    capsys.readouterr()
    assert main.main(["--add-source"]) == 0
    said = capsys.readouterr().out
    assert "To do: OBS runs now. Close it and run `python3 " in said and 'install.py" --add-source`; or: In OBS' in said
    assert (obs / "Untitled.json").read_bytes() == before


def test_an_obs_that_was_never_started_gets_the_source_and_uninstalling_leaves_nothing(person: Path) -> None:
    assert main.main(["--add-source"]) == 0
    collection = person / ".config/obs-studio/basic/scenes/Untitled.json"
    assert [name for name, _ in scene_collections.our_sources(collection)] == ["AI Background"]
    assert main.main(["--uninstall"]) == 0
    assert not collection.exists() and not list(collection.parents[3].rglob("*.json"))


def test_a_second_run_changes_no_byte_and_runs_no_pip(
    person: Path, obs: Path, pip: FakePip, capsys: pytest.CaptureFixture[str]
) -> None:
    main.main([])
    before = contents(person)
    pip.commands.clear()
    capsys.readouterr()
    assert main.main([]) == 0
    assert contents(person) == before
    assert not pip.ran("pip install") and not pip.ran("--warm-up")
    assert capsys.readouterr().out.count("in place") == 5


def test_packages_come_from_the_lock_by_hash_and_without_the_tools_of_the_tests(person: Path, pip: FakePip) -> None:
    assert main.main([]) == 0
    [command] = [command for command in pip.commands if "pip install" in command]
    assert "--require-hashes" in command and "--only-binary=:all:" in command and "--no-deps" in command
    assert command.endswith("requirements.lock")


def test_a_changed_lock_is_followed_and_what_it_no_longer_has_is_removed(
    person: Path, pip: FakePip, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = [*lock.pins(), "new-one==1.0", "old-one==1.0"]
    monkeypatch.setattr(lock, "pins", lambda test=False: newest)
    main.main([])
    pip.commands.clear()
    newest[-2:] = ["new-one==1.1"]
    capsys.readouterr()
    assert main.main([]) == 0
    assert "packages to add, change or remove" in capsys.readouterr().out
    assert pip.ran("pip uninstall --yes old-one") == pip.ran("pip install") == 1 and not pip.ran("venv --clear")
    pip.commands.clear()
    assert main.main([]) == 0
    assert not pip.ran("pip install") and not pip.ran("pip uninstall")


def test_an_installation_of_an_earlier_version_with_ranges_is_brought_to_the_lock(person: Path, pip: FakePip) -> None:
    main.main([])
    old = json.loads((home_of(person) / "installed.json").read_text())
    old["requirements"] = ["mediapipe>=1.2.2,<1.3", "numpy>=2.4,<2.5"]
    (home_of(person) / "installed.json").write_text(json.dumps(old))
    pip.commands.clear()
    assert main.main([]) == 0
    assert pip.ran("pip install") == 1 and not pip.ran("pip uninstall") and not pip.ran("venv --clear")


@pytest.mark.parametrize("stopped_at", ["venv --clear", "pip install", "pip download", "--warm-up"])
def test_a_run_that_failed_anywhere_is_finished_by_the_next(
    person: Path, obs: Path, pip: FakePip, stopped_at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pip.broken = {stopped_at: Result(1, "ERROR: [Errno 28] No space left on device")}
    assert main.main([]) == 1
    said = capsys.readouterr().out
    assert "error: " in said and "What to do: " in said and "Traceback" not in said
    assert scene_collections.registered_script(obs / "Untitled.json") is None, (
        "OBS is not pointed at half an installation"
    )
    pip.broken = {}
    assert main.main([]) == 0
    assert not list(home_of(person).glob("download-*"))
    assert main.main([]) == 0


def test_an_environment_that_was_not_finished_is_made_anew(person: Path, pip: FakePip) -> None:
    pip.broken = {"pip install": Result(1, "killed")}
    main.main([])
    half = home_of(person) / "venv/half-installed"
    half.touch()
    pip.broken = {}
    assert main.main([]) == 0
    assert not half.exists()


def test_an_environment_whose_python_is_gone_is_made_anew(person: Path, pip: FakePip) -> None:
    main.main([])
    installation.python_path().unlink()
    pip.commands.clear()
    assert main.main([]) == 0
    assert pip.ran("venv --clear") == pip.ran("pip install") == 1


def test_kernels_that_were_cleared_away_are_compiled_again(person: Path, pip: FakePip) -> None:
    main.main([])
    shutil.rmtree(installation.cache_dir())
    pip.commands.clear()
    assert main.main([]) == 0
    assert pip.ran("--warm-up") == 1


def test_an_altered_model_is_fetched_again(person: Path, pip: FakePip) -> None:
    main.main([])
    model = home_of(person) / "assets/selfie_segmentation.tflite"
    model.write_bytes(b"altered")
    pip.commands.clear()
    assert main.main([]) == 0
    assert model.read_bytes() == CONTENT
    assert pip.ran("pip download") == 1 and not pip.ran("scikit-image")


def test_every_file_that_is_checked_comes_out_of_one_wheel() -> None:
    names = [name for members in assets.WHEELS.values() for name in members]
    assert sorted(names) == sorted(installation.SHA256)


def test_files_with_another_checksum_are_not_installed(
    person: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(installation.SHA256, "astronaut.png", "0" * 64)
    assert main.main([]) == 1
    assert "SHA-256 differs" in capsys.readouterr().out
    assert not (home_of(person) / "assets/astronaut.png").exists()


def test_no_network_is_said_in_plain_words(person: Path, pip: FakePip, capsys: pytest.CaptureFixture[str]) -> None:
    pip.broken = {"pip install": Result(1, "Failed to establish: Temporary failure in name resolution")}
    assert main.main([]) == 1
    assert "could not be reached" in capsys.readouterr().out


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


def test_uninstall_removes_all_but_the_backups_and_the_users_pictures(
    person: Path, obs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main.main([])
    mine = home_of(person) / "app/backgrounds/mine.jpg"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    assert main.main(["--uninstall"]) == 0
    assert f"kept, because it is yours: {mine}" in capsys.readouterr().out
    assert [path for path in home_of(person).rglob("*") if path.is_file()] == [mine]
    assert json.loads((obs / "Untitled.json").read_text()) == json.loads(REAL.read_text())
    assert list(obs.glob(f"*{safe_write.BACKUP_SUFFIX}"))
    assert (REPOSITORY / "install.py").is_file()
    mine.unlink()
    assert main.main([]) == 0
    assert main.main(["--uninstall"]) == 0
    assert not home_of(person).exists()
    assert main.main(["--uninstall"]) == 0


def test_uninstall_leaves_collections_as_they_were_to_the_byte(person: Path, obs: Path) -> None:
    """Also numbers and escapes that Python would write otherwise than OBS."""
    odd = '{\n    "volume": 0.10000000000000001,\n    "a": "C:\\/x",\n    "modules": {"scripts-tool": []},  "z":1E-3\n}'
    others = '{"modules":{"scripts-tool":[{"path":"/a.lua","settings":{"v":1.0e2}} , {"path":"/b.py"}],"x":{}}}'
    texts = {"Odd": odd, "Others": others, "Marked": "\ufeff" + others, "Lines": odd.replace("\n", "\r\n")}
    for name, text in texts.items():
        (obs / f"{name}.json").write_bytes(text.encode())
    before = contents(obs)
    assert main.main([]) == 0
    assert all(scene_collections.registered_script(obs / name) for name in before)
    assert main.main(["--uninstall"]) == 0
    assert {name: data for name, data in contents(obs).items() if name.endswith(".json")} == before


def test_uninstall_removes_the_first_collection_of_an_obs_that_was_never_started(
    person: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([]) == 0
    assert (person / ".config/obs-studio/basic/scenes/Untitled.json").exists()
    assert main.main(["--uninstall"]) == 0
    assert "never started since" in capsys.readouterr().out
    assert not list(person.rglob("*.json")) and not (person / ".config/obs-studio").exists()


def test_uninstall_says_which_backups_stay(person: Path, obs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.main([])
    main.main(["--uninstall"])
    assert f"kept: backups of OBS's files (2), {obs}" in capsys.readouterr().out


def test_a_newer_version_keeps_settings_and_pictures_of_the_user(person: Path, obs: Path) -> None:
    main.main([])
    home, collection = home_of(person), obs / "Untitled.json"
    # As an older version would have left it: a file that is gone since, one that differs, both known as ours.
    stored = json.loads((home / "installed.json").read_text())
    for name in ("obs_bgremove/gone.py", "obs_bgremove/__init__.py", "backgrounds/old-wall.jpg"):
        (home / "app" / name).write_text("older")
        stored["files"][name] = hashlib.sha256(b"older").hexdigest()
    (home / "installed.json").write_text(json.dumps(stored))
    (home / "app/backgrounds/mine.jpg").write_text("mine")
    data = json.loads(collection.read_text())
    data["sources"].append({"id": "ai_background", "name": "Me", "settings": {"blur": 73}})
    data["modules"]["scripts-tool"][0]["settings"] = {"kept": True}
    collection.write_text(json.dumps(data))
    before = collection.read_bytes()
    assert main.main([]) == 0
    assert collection.read_bytes() == before, "the source's settings and the script's are OBS's"
    assert not (home / "app/obs_bgremove/gone.py").exists() and not (home / "app/backgrounds/old-wall.jpg").exists()
    assert "__version__" in (home / "app/obs_bgremove/__init__.py").read_text()
    assert (home / "app/backgrounds/mine.jpg").read_text() == "mine"


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


def test_uninstall_waits_for_obs_to_be_closed(
    person: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main.main([])
    before = contents(person)
    monkeypatch.setattr(obs_places, "running", lambda place: True)
    assert main.main(["--uninstall"]) == 1
    assert "Close it, then run this again" in capsys.readouterr().out
    assert contents(person) == before


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


class TestFront:
    """install.py itself, started by other Pythons."""

    @pytest.fixture
    def nowhere(self, tmp_path: Path) -> Iterator[Path]:
        """A copy whose pyproject.toml asks for a Python that does not exist."""
        shutil.copy(REPOSITORY / "install.py", tmp_path)
        text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
        changed = re.sub(r'requires-python = "[^"]*"', 'requires-python = ">=3.97,<3.99"', text)
        (tmp_path / "pyproject.toml").write_text(changed, encoding="utf-8")
        yield tmp_path

    def test_a_python_that_is_too_old_is_told_so(self, nowhere: Path) -> None:
        run = subprocess.run([sys.executable, nowhere / "install.py"], capture_output=True, text=True, check=False)
        assert run.returncode == 1 and not run.stderr
        assert "packages are made for 3.97 to 3.98" in run.stdout and "What to do: " in run.stdout

    def test_a_fitting_python_on_path_is_used(self, nowhere: Path) -> None:
        fitting = nowhere / "bin" / "python3.98"
        fitting.parent.mkdir()
        fitting.write_text('#!/bin/sh\n[ "$1" = -c ] && echo 3.98 || echo "$@"\n')
        fitting.chmod(0o755)
        (nowhere / "bin" / "python3.97").write_text("#!/bin/sh\nexit 127\n")
        (nowhere / "bin" / "python3.97").chmod(0o755)
        run = subprocess.run(
            [sys.executable, nowhere / "install.py", "--dry-run"],
            env={**os.environ, "PATH": f"{nowhere / 'bin'}:/bin:/usr/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0
        assert run.stdout.splitlines()[-1] == f"{nowhere / 'install.py'} --dry-run"

    def test_the_supported_pythons_are_those_of_pyproject(self) -> None:
        code = "import install; print(install.supported())"
        run = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
        assert f"3.{sys.version_info[1]}" in run.stdout
