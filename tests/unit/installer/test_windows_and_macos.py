"""The installer from its command line on Windows and on macOS: right places, right steps, right remedies."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obs_bgremove.setup import (
    ini_file,
    main,
    safe_write,
)
from obs_bgremove.shared import installation
from tests.fakes.fake_pip import FakePip
from tests.fakes.obs_settings import path64bit, registered, started
from tests.fakes.other_systems import MacOs, Windows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the other systems' programs are shell scripts here")
Said = Callable[[], str]
INIS = ["obs-30-windows-global.ini", "obs-31-migrated"]


@pytest.mark.parametrize("ini", INIS)
def test_windows_is_installed_registered_and_obs_gets_its_python(windows: Windows, said: Said, ini: str) -> None:
    folder = windows.python("AppData/Local/Programs/Python/Python312", 12)
    newer = windows.python("AppData/Local/Programs/Python/Python314", 14)
    windows.pythons({"PythonCore\\3.12": folder + "/", "PythonCore\\3.14": newer})
    file = started(windows.settings, ini)
    before = file.read_bytes()
    assert main.main([]) == 0
    text = said()
    home = windows.person / "AppData/Local/ai-background"
    assert installation.python_path() == home / "venv/Scripts/python.exe"
    assert registered(windows.settings) == f"{home}/app/obs_bgremove/script/ai_background.py"
    assert path64bit(file) == folder
    assert [path.read_bytes() for path in safe_write.backups(file)] == [before]
    assert f"loads Python 3.12 from {folder}" in text and "To do" not in text
    assert not (windows.settings / "user.ini").exists() or ini == "obs-31-migrated", "OBS 31 would refuse to migrate"
    after = file.read_bytes()
    assert main.main([]) == 0
    assert file.read_bytes() == after and "OBS's Python: in place" in said()
    assert main.main(["--uninstall"]) == 0
    assert file.read_bytes() == after, "other scripts may use it"
    assert registered(windows.settings) is None


@pytest.mark.parametrize("ini", INIS)
def test_macos_is_installed_registered_and_obs_gets_its_python(macos: MacOs, said: Said, ini: str) -> None:
    folder = macos.python(macos.frameworks[0], 12)
    file = started(macos.settings, ini)
    assert main.main([]) == 0
    home = macos.person / "Library/Application Support/ai-background"
    assert registered(macos.settings) == f"{home}/app/obs_bgremove/script/ai_background.py"
    assert path64bit(file) == folder and "loads Python 3.12" in said()
    assert main.main([]) == 0 and "OBS's Python: in place" in said()


def test_linux_names_no_python_because_obs_brings_it(pip: FakePip, tmp_path: Path, said: Said) -> None:
    file = started(tmp_path / ".config/obs-studio", "obs-29-global.ini")
    before = file.read_bytes()
    assert main.main([]) == 0
    assert file.read_bytes() == before and "OBS's Python" not in said()


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_a_python_that_obs_can_load_is_kept(request: pytest.FixtureRequest, system: str, said: Said) -> None:
    here = request.getfixturevalue(system)
    if system == "windows":
        theirs, other = here.python("conda/envs/obs", 10), here.python("Python312", 12)
        here.pythons({"PythonCore\\3.12": other})
    else:
        theirs, other = here.python(here.frameworks[1], 11), here.python(here.frameworks[0], 12)
    file = started(here.settings, "obs-31-migrated")
    file.write_text(ini_file.with_value(file.read_text(), "Python", "Path64bit", theirs))
    before = file.read_bytes()
    assert main.main([]) == 0
    assert file.read_bytes() == before and other not in said()


def test_without_a_python_for_obs_nothing_is_downloaded(windows: Windows, pip: FakePip, said: Said) -> None:
    windows.pythons({"PythonCore\\3.13": windows.python("Python313", 13)})
    started(windows.settings, "obs-31-migrated")
    assert main.main([]) == 1
    text = said()
    assert "OBS 31.0 runs scripts with Python 3.9 to 3.12 only" in text and "found: 3.13" in text
    assert "winget install Python.Python.3.12" in text and "py install 3.12" in text
    assert not pip.commands and not (windows.person / "AppData/Local/ai-background").exists()


def test_without_a_framework_for_obs_nothing_is_downloaded(macos: MacOs, pip: FakePip, said: Said) -> None:
    assert main.main([]) == 1
    assert "brew install python@3.12" in said() and not pip.commands


def test_without_obs_the_rest_is_installed_and_both_are_named(windows: Windows, said: Said) -> None:
    windows.obs.unlink()
    windows.pythons({"PythonCore\\3.14": windows.python("Python314", 14)})
    assert main.main([]) == 0
    text = said()
    assert "OBS was not found" in text and "winget install Python.Python.3.12" in text and "Done" not in text


def _with_a_python(request: pytest.FixtureRequest, system: str) -> Any:
    """The machine of that fixture, with the Python 3.12 that OBS loads."""
    here = request.getfixturevalue(system)
    if system == "windows":
        here.pythons({"PythonCore\\3.12": here.python("Python312", 12)})
    else:
        here.python(here.frameworks[0], 12)
    return here


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_while_obs_runs_its_settings_are_left_and_both_steps_are_said(
    request: pytest.FixtureRequest, system: str, said: Said
) -> None:
    here = _with_a_python(request, system)
    file = started(here.settings, "obs-31-migrated")
    before = file.read_bytes()
    here.runs(True)
    assert main.main([]) == 0
    text = said()
    assert "Python Settings, and choose" in text and "Tools → Scripts → +" in text
    assert file.read_bytes() == before and registered(here.settings) is None


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_an_obs_that_was_never_started_is_not_called_missing(
    request: pytest.FixtureRequest, system: str, said: Said
) -> None:
    here = _with_a_python(request, system)
    assert main.main([]) == 0
    text = said()
    assert "OBS was never started here: start it once, close it, and run" in text and "not found" not in text
    assert not here.settings.exists()


def test_an_update_waits_until_obs_is_closed_on_windows(windows: Windows, pip: FakePip, said: Said) -> None:
    windows.pythons({"PythonCore\\3.12": windows.python("Python312", 12)})
    started(windows.settings, "obs-31-migrated")
    assert main.main([]) == 0
    windows.runs(True)
    assert main.main([]) == 0, "nothing is to be replaced"
    (windows.person / "AppData/Local/ai-background/app/install.py").write_text("older")
    assert main.main([]) == 1
    assert "Close OBS first" in said()
    windows.runs(False)
    assert main.main([]) == 0


def test_two_installers_at_once_do_not_meet_on_windows(windows: Windows, said: Said) -> None:
    windows.pythons({"PythonCore\\3.12": windows.python("Python312", 12)})
    assert main.main([]) == 0
    with main._only_one(windows.person / "AppData/Local/ai-background"):
        assert main.main([]) == 1
    assert "Another run" in said()
    assert main.main([]) == 0


def test_a_file_that_a_virus_scanner_holds_is_tried_again(windows: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    held = iter([True, True])

    def replace(source: Path, target: Path) -> None:
        if next(held, False):
            raise PermissionError(13, "Access is denied")
        Path(source).rename(target)

    monkeypatch.setattr(safe_write.os, "replace", replace)
    monkeypatch.setattr(safe_write, "_WAIT_S", 0)
    (windows.person / "a").write_text("new")
    safe_write.move(windows.person / "a", windows.person / "b")
    assert (windows.person / "b").read_text() == "new"
