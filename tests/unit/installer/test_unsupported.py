"""Computers and Pythons that are refused, before anything is downloaded, with a remedy that fits the system."""

import ast
import importlib.util
import json
import platform
import struct
import subprocess
import sys
from collections.abc import Callable

import pytest

from obs_bgremove.setup import (
    doctor,
    main,
    supported_system,
)
from obs_bgremove.setup.runner import Result
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from tests.fakes.fake_pip import FakePip
from tests.fakes.other_systems import MacOs, Windows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the other systems' programs are shell scripts here")
Said = Callable[[], str]
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
