"""The installer from its command line on Windows and on macOS: right places, right steps, right remedies."""

import ast
import importlib.util
import json
import platform
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from obs_bgremove.setup import (
    doctor,
    ini_file,
    main,
    obs_checks,
    obs_python,
    safe_write,
    scene_collections,
    supported_system,
)
from obs_bgremove.setup.runner import Result
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from tests.fakes.fake_pip import FakePip, installed_by_fakes
from tests.fakes.other_systems import MacOs, Windows, mach_file, pe_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the other systems' programs are shell scripts here")
DATA = Path(__file__).parent / "data"
Said = Callable[[], str]


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePip:
    return installed_by_fakes(monkeypatch, tmp_path)


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: FakePip) -> Windows:
    return Windows(tmp_path, monkeypatch)


@pytest.fixture
def macos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pip: FakePip) -> MacOs:
    return MacOs(tmp_path, monkeypatch)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return lambda: capsys.readouterr().out


def started(settings: Path, ini: str) -> Path:
    """An OBS that was started before; returns the file that names its Python."""
    (settings / "basic/scenes").mkdir(parents=True)
    shutil.copy(DATA / "obs-29-first-start.json", settings / "basic/scenes/Untitled.json")
    if (DATA / ini).is_dir():
        for path in (DATA / ini).iterdir():
            shutil.copy(path, settings)
        return settings / "user.ini"
    shutil.copy(DATA / ini, settings / "global.ini")
    return settings / "global.ini"


def path64bit(file: Path) -> str | None:
    return ini_file.value(file.read_bytes().decode("utf-8"), "Python", "Path64bit")


def registered(settings: Path) -> str | None:
    return scene_collections.registered_script(settings / "basic/scenes/Untitled.json")


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


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_while_obs_runs_its_settings_are_left_and_both_steps_are_said(
    request: pytest.FixtureRequest, system: str, said: Said
) -> None:
    here = request.getfixturevalue(system)
    if system == "windows":
        here.pythons({"PythonCore\\3.12": here.python("Python312", 12)})
    else:
        here.python(here.frameworks[0], 12)
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
    here = request.getfixturevalue(system)
    if system == "windows":
        here.pythons({"PythonCore\\3.12": here.python("Python312", 12)})
    else:
        here.python(here.frameworks[0], 12)
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


REFUSED = [
    ("win32", "ARM64", 64, "C:\\Python312", "Windows on ARM"),
    ("win32", "AMD64", 32, "C:\\Python312", "32-bit"),
    ("win32", "x86", 32, "C:\\Python312", "64-bit Windows"),
    (
        "win32",
        "AMD64",
        64,
        "C:\\Program Files\\WindowsApps\\PythonSoftwareFoundation.Python.3.12_3.12.2800.0_x64__qbz5n2kfra8p0",
        "Microsoft Store",
    ),
    ("darwin", "x86_64", 64, "/usr", "Intel processor"),
    ("linux", "armv7l", 32, "/usr", "not made for this system"),
    ("freebsd14", "amd64", 64, "/usr", "not made for this system"),
]


@pytest.mark.parametrize(("system", "machine", "bits", "prefix", "word"), REFUSED)
def test_other_computers_are_refused_before_anything_is_downloaded(
    pip: FakePip,
    monkeypatch: pytest.MonkeyPatch,
    said: Said,
    system: str,
    machine: str,
    bits: int,
    prefix: str,
    word: str,
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "version", lambda: "Darwin Kernel Version 23.6.0: RELEASE_X86_64")
    monkeypatch.setattr(sys, "base_prefix", prefix)
    monkeypatch.setattr(struct, "calcsize", lambda form: bits // 8)
    monkeypatch.delenv("PROCESSOR_ARCHITEW6432", raising=False)
    assert main.main([]) == 1
    text = said()
    assert word in text and "What to do: " in text
    assert not pip.commands
    [check] = doctor._system()
    assert check.level == doctor.BAD and check.remedy


def test_an_intel_python_on_apple_silicon_is_told_from_an_intel_mac(
    macos: MacOs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert supported_system.problem() is None
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    problem = supported_system.problem()
    assert problem is not None and "on a Mac with Apple silicon" in str(problem.what_happened)


@pytest.mark.parametrize(("version", "fits"), [("13.6", False), ("14.0", True), ("26.0.1", True)])
def test_macos_14_is_the_oldest(macos: MacOs, monkeypatch: pytest.MonkeyPatch, version: str, fits: bool) -> None:
    monkeypatch.setattr(platform, "mac_ver", lambda: (version, ("", "", ""), "arm64"))
    assert (supported_system.problem() is None) == fits


@pytest.mark.parametrize(
    ("output", "code", "what", "remedy"),
    [
        ("ImportError: DLL load failed while importing cv2: not found", 1, "belongs to Windows", "Media Feature Pack"),
        ("", 3221225501, "0xC000001D", "AVX"),
        ("ImportError: cannot import name 'x'", 1, "do not load: ImportError", "install.log"),
    ],
)
def test_a_failed_import_on_windows_names_no_library_of_linux(
    windows: Windows, pip: FakePip, said: Said, output: str, code: int, what: str, remedy: str
) -> None:
    windows.pythons({"PythonCore\\3.12": windows.python("Python312", 12)})
    pip.broken = {"import_module": Result(code, output), "libEGL": Result(0, json.dumps(["libEGL.so.1"]))}
    assert main.main([]) == 1
    text = said()
    assert what in text and remedy in text and "libEGL" not in text and "apt-get" not in text


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


def test_commands_in_messages_are_those_of_the_system() -> None:
    code = (
        "import sys; sys.platform = 'win32'\n"
        "from obs_bgremove.shared import installation\n"
        "print(installation.INSTALL_COMMAND, installation.REMEDY)"
    )
    root = installation.app_dir()
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("py ") and "python3" not in run.stdout
    for path in (root / "obs_bgremove").rglob("*.py"):
        assert "python3 install.py" not in path.read_text("utf-8"), path


def test_the_script_on_an_old_python_says_so_in_one_line() -> None:
    script = installation.script_path()
    ast.parse(script.read_text("utf-8"), feature_version=(3, 7))
    code = (
        "import sys, runpy; sys.version_info = (3, 8, 10)\n"
        f"hooks = runpy.run_path({str(script)!r}); hooks['script_load'](None); hooks['script_unload']()\n"
        "print(hooks['script_description']())"
    )
    run = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == run.stderr and "needs Python 3.9 or newer" in run.stdout and "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "name", ["install.py", "obs_bgremove/setup/windows_pythons.py", "obs_bgremove/setup/__init__.py"]
)
def test_what_starts_before_a_fitting_python_is_found_is_understood_by_an_old_one(name: str) -> None:
    ast.parse((installation.app_dir() / name).read_text("utf-8"), feature_version=(3, 7))


def test_a_python_without_venv_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(UserError) as caught:
        supported_system.check()
    assert f"apt-get install python3.{sys.version_info[1]}-venv" in str(caught.value.what_to_do)


class TestFront:
    """install.py's search for a fitting Python on Windows, in a process that takes itself for one."""

    def test_it_takes_a_registered_python_and_never_the_stores_link(self, tmp_path: Path) -> None:
        root = installation.app_dir()
        (tmp_path / "good").mkdir()
        (tmp_path / "good/python311.dll").touch()
        good = tmp_path / "good/python.exe"
        good.write_text("#!/bin/sh\necho 3.11\n")
        good.chmod(0o755)
        store = tmp_path / "WindowsApps/python3.exe"
        store.parent.mkdir()
        store.write_text("#!/bin/sh\necho 3.12\n")
        store.chmod(0o755)
        py = tmp_path / "bin/py"
        py.parent.mkdir()
        py.write_text(f"#!/bin/sh\necho ' -V:3.11 * {good}'\n")
        py.chmod(0o755)
        code = "import sys; sys.platform = 'win32'; import install; print(install.other_python(install.supported()))"
        environment = {"PATH": f"{store.parent}:{py.parent}:/usr/bin:/bin"}
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == str(good)

    def test_without_one_it_names_the_commands_of_windows(self) -> None:
        code = "import sys; sys.platform = 'win32'; import install; print(install.remedy('3.11', '3.14'))"
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=installation.app_dir(), capture_output=True, text=True, check=True
        )
        assert "winget install Python.Python.3.12" in run.stdout
