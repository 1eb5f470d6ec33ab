"""The installer as a whole, from its command line: packages, models, kernels."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from obs_bgremove.setup import assets, lock, main, scene_collections
from obs_bgremove.setup.runner import Result
from obs_bgremove.shared import installation
from tests.fakes.fake_pip import CONTENT, FakePip, home_of
from tests.fakes.obs_settings import contents

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a Linux is played, on a POSIX system")


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
