"""Which Python an OBS on Windows or macOS is given."""

import sys
from collections.abc import Callable

import pytest

from obs_bgremove.setup import (
    doctor,
    ini_file,
    main,
    obs_checks,
    obs_python,
)
from tests.fakes.obs_settings import path64bit, started
from tests.fakes.other_systems import MacOs, Windows, mach_file, pe_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the other systems' programs are shell scripts here")
Said = Callable[[], str]


def test_each_obs_has_its_newest_python(windows: Windows) -> None:
    versions = ((28, 0), (29, 0), (29, 1), (30, 0), (30, 1), (32, 2), None)
    assert [obs_python.ceiling(version) for version in versions] == [10, 10, 11, 11, 12, 12, 12]
    folders = {minor: windows.python(f"Python3{minor}", minor) for minor in (10, 11, 12, 13)}
    windows.pythons({f"PythonCore\\3.{minor}": folder for minor, folder in folders.items()})
    started(windows.settings, "obs-29-global.ini")
    place = main.obs_places.known_places()[0]
    choice = obs_python.choose(place)
    assert obs_python.obs_version(place) == (29, 0) and choice is not None and choice.folder == folders[10]
    assert obs_python.loadable(folders[13], (33, 0)) == 13, "an OBS of which nothing is known: what is set there stays"


def test_the_python_that_runs_the_installer_is_taken_if_obs_can_load_it(
    windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, newer = windows.python("ours", 11), windows.python("newer", 12)
    windows.pythons({"PythonCore\\3.11": ours, "PythonCore\\3.12": newer})
    monkeypatch.setattr(sys, "base_prefix", ours)
    choice = obs_python.choose(None)
    assert choice is not None and choice.folder == ours


def test_a_32_bit_a_store_and_an_arm_python_are_no_pythons_for_obs(windows: Windows) -> None:
    store = windows.python("WindowsApps/PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0", 12)
    windows.pythons(
        {
            "PythonCore\\3.12-32": windows.python("small", 12, "x86"),
            "PythonCore\\3.11-arm64": windows.python("arm", 11, "arm64"),
            "PythonCore\\3.12": store,
        }
    )
    assert obs_python.choose(None) is None


@pytest.mark.parametrize(
    "line",
    [
        " -V:3.12 *        {}/python.exe",  # the launcher of Python 3.11 and newer
        " -3.12-64        {}/python.exe *",  # older ones
        " -V:Astral/CPython3.12.1 {}/python.exe",
        " -V:3.12[-64]     {}/python.exe",  # the install manager
    ],
)
def test_what_py_lists_is_found_also_with_blanks_in_its_path(windows: Windows, line: str) -> None:
    folder = windows.python("Program Files/Python 312", 12)
    windows.pythons(
        {}, f"/bin/cat <<'END'\nInstalled Pythons\n{line.format(folder)}\n -V:3.9   /nowhere/python.exe\nEND"
    )
    assert obs_python.found() == [(12, folder)]


@pytest.mark.parametrize("short_names", [True, False])
def test_a_folder_with_other_letters_gets_its_short_name(
    windows: Windows, monkeypatch: pytest.MonkeyPatch, short_names: bool, said: Said
) -> None:
    folder = windows.python("Users/Jürgen/Python312", 12)
    windows.pythons({"PythonCore\\3.12": folder})
    monkeypatch.setattr(obs_python, "short_path", lambda path: "C:\\Users\\JRGEN~1\\Python312" if short_names else path)
    file = started(windows.settings, "obs-31-migrated")
    if short_names:
        assert main.main([]) == 0
        assert path64bit(file) == "C:/Users/JRGEN~1/Python312"
    else:
        assert main.main([]) == 1
        assert "install it for all users" in said()


def test_obs_30_on_macos_loads_only_the_frameworks_current_python(macos: MacOs, said: Said) -> None:
    folder = macos.python(macos.frameworks[0], 12)
    macos.python(macos.frameworks[0], 14)
    assert obs_python.loadable(folder, (31, 0)) == 12
    assert obs_python.loadable(folder, (30, 2)) is None
    started(macos.settings, "obs-30-windows-global.ini")
    assert main.main([]) == 1
    assert "the framework's newest Python only" in said()


def test_a_framework_for_another_processor_than_obs_is_not_taken(macos: MacOs) -> None:
    folder = macos.python(macos.frameworks[0], 12, "x64")
    assert obs_python.loadable(folder, (31, 0)) is None
    macos.obs.write_bytes(mach_file("x64"))  # OBS for Intel, under Rosetta
    assert obs_python.loadable(folder, (31, 0)) == 12


def test_the_doctor_says_whether_obs_has_its_python(windows: Windows) -> None:
    folder = windows.python("Python312", 12)
    windows.pythons({"PythonCore\\3.12": folder})
    file = started(windows.settings, "obs-31-migrated")
    checks = {str(check.name): check for check in obs_checks.registration()}
    assert checks["OBS, Python"].level == doctor.BAD and "Python Settings" in str(checks["OBS, Python"].remedy)
    file.write_text(ini_file.with_value(file.read_text(), "Python", "Path64bit", folder))
    checks = {str(check.name): check for check in obs_checks.registration()}
    assert checks["OBS, Python"].level == doctor.OK and "3.12" in str(checks["OBS, Python"].text)


def test_every_obs_of_a_windows_computer_is_listed(windows: Windows, said: Said) -> None:
    steam = windows.person / "Program Files (x86)/Steam/steamapps/common/OBS Studio"
    (steam / "bin/64bit").mkdir(parents=True)
    (steam / "bin/64bit/obs64.exe").write_bytes(pe_file("x64"))
    (steam / "config/obs-studio").mkdir(parents=True)
    (steam / "config/obs-studio/global.ini").write_text("[General]\n")
    started(windows.settings, "obs-31-migrated")
    folder = windows.python("Python312", 12)
    windows.pythons({"PythonCore\\3.12": folder})
    texts = [str(check.text) for check in obs_checks.registration() if str(check.name) == "OBS"]
    assert [any(str(path) in text for text in texts) for path in (windows.obs, steam)] == [True, True]
    assert main.main([]) == 0
    assert path64bit(steam / "config/obs-studio/global.ini") == folder
