"""Windows and macOS as the installer sees them: the name of the system, its Pythons, its OBS, its small programs.

Files and folders are real, programs are scripts on PATH; only what Linux lacks (registry, file locks, short names) is
an object of ours.
"""

import contextlib
import platform
import struct
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from obs_bgremove.setup import obs_places, obs_python

if sys.platform != "win32":
    import fcntl

PE_MACHINES = {"x64": 0x8664, "x86": 0x14C, "arm64": 0xAA64}
MACH_MACHINES = {"x64": 0x01000007, "arm64": 0x0100000C}


def pe_file(machine: str) -> bytes:
    """The first bytes of a DLL."""
    head = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    return head.ljust(0x80, b"\0") + b"PE\0\0" + struct.pack("<H", PE_MACHINES[machine])


def mach_file(*machines: str) -> bytes:
    """The first bytes of a dylib, a universal one for several processors."""
    if len(machines) == 1:
        return b"\xcf\xfa\xed\xfe" + struct.pack("<I", MACH_MACHINES[machines[0]])
    entries = (struct.pack(">5I", MACH_MACHINES[machine], 0, 0, 0, 0) for machine in machines)
    return b"\xca\xfe\xba\xbe" + struct.pack(">I", len(machines)) + b"".join(entries)


def program(folder: Path, name: str, script: str) -> None:
    """A program on PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


class Registry(types.ModuleType):
    """winreg with these keys: path below the root, to its default value. Both roots hold the same."""

    HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE = "HKCU", "HKLM"

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__("winreg")
        self.values = {("HKCU", key): value for key, value in values.items()}

    def OpenKey(self, root: str, path: str) -> Any:
        if not any(where == root and f"{key}\\".startswith(f"{path}\\") for where, key in self.values):
            raise FileNotFoundError(path)
        return contextlib.nullcontext(types.SimpleNamespace(root=root, path=path))

    def EnumKey(self, key: Any, index: int) -> str:
        start = f"{key.path}\\"
        paths = [path for root, path in self.values if root == key.root and path.startswith(start)]
        below = [path[len(start) :].partition("\\")[0] for path in paths]
        try:
            return list(dict.fromkeys(below))[index]
        except IndexError as error:
            raise OSError(259, "No more data is available") from error

    def QueryValueEx(self, key: Any, name: str) -> tuple[str, int]:
        try:
            return self.values[key.root, key.path], 1
        except KeyError as error:
            raise FileNotFoundError(key.path) from error


class Windows:
    """A Windows of the test's own: OBS in Program Files, nothing running, no Python but those that are added."""

    def __init__(self, person: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.person, self._monkeypatch = person, monkeypatch
        self.bin = person / "bin"
        self.obs = person / "Program Files/obs-studio/bin/64bit/obs64.exe"
        self.obs.parent.mkdir(parents=True)
        self.obs.write_bytes(pe_file("x64"))
        self.settings = person / "AppData/Roaming/obs-studio"
        monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.setattr(platform, "machine", lambda: "AMD64")
        monkeypatch.setenv("APPDATA", str(self.settings.parent))
        monkeypatch.setenv("LOCALAPPDATA", str(person / "AppData/Local"))
        monkeypatch.setenv("PROGRAMFILES", str(person / "Program Files"))
        monkeypatch.setenv("PROGRAMFILES(X86)", str(person / "Program Files (x86)"))
        self.runs(False)
        monkeypatch.setenv("PATH", str(self.bin))
        locking = types.SimpleNamespace(LK_NBLCK=2, locking=self._lock)
        monkeypatch.setitem(sys.modules, "msvcrt", locking)  # type: ignore[arg-type]
        self.pythons({})

    def _lock(self, descriptor: int, mode: int, count: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PermissionError(13, "Permission denied") from error

    def runs(self, obs_runs: bool) -> None:
        """tasklist as on a German Windows: what it says without a match is not in the code page that Python expects."""
        row = "obs64.exe                     4711 Console                    1    312.000 K"
        program(self.bin, "tasklist", f"echo '{row}'" if obs_runs else r"printf 'INFORMATION: ... ausgef\201hrt.\r\n'")

    def pythons(self, registry: dict[str, str], launcher: str = "exit 1") -> None:
        values = {f"Software\\Python\\{tag}\\InstallPath": folder for tag, folder in registry.items()}
        self._monkeypatch.setitem(sys.modules, "winreg", Registry(values))
        program(self.bin, "py", launcher)

    def python(self, folder: str, minor: int, machine: str = "x64") -> str:
        """Makes the folder of an installed Python."""
        path = self.person / folder
        path.mkdir(parents=True)
        for name in (f"python3{minor}.dll", "python3.dll"):
            (path / name).write_bytes(pe_file(machine))
        (path / "python.exe").write_bytes(pe_file(machine))
        return str(path)


class MacOs:
    """A Mac with Apple silicon: OBS in Applications, nothing running, no framework Python but those that are added."""

    def __init__(self, person: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.person = person
        self.settings = person / "Library/Application Support/obs-studio"
        self.obs = person / "Applications/OBS.app/Contents/MacOS/OBS"
        self.obs.parent.mkdir(parents=True)
        self.obs.write_bytes(mach_file("arm64"))
        self.bin = person / "bin"
        self.runs(False)
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(platform, "machine", lambda: "arm64")
        monkeypatch.setattr(platform, "mac_ver", lambda: ("14.6.1", ("", "", ""), "arm64"))
        monkeypatch.setattr(platform, "version", lambda: "Darwin Kernel Version 23.6.0: RELEASE_ARM64_T6000")
        monkeypatch.setenv("PATH", str(self.bin))
        self.frameworks = (person / "Library/Frameworks", person / "opt/homebrew/opt/python@3.12/Frameworks")
        monkeypatch.setattr(obs_python, "FRAMEWORKS", self.frameworks)
        # The real one looks in /proc, which no Mac has.
        running = obs_places.running
        monkeypatch.setattr(obs_places, "running", lambda place: running(place, person / "no-proc"))

    def runs(self, obs_runs: bool) -> None:
        program(self.bin, "pgrep", "echo 4711" if obs_runs else "exit 1")

    def python(self, folder: Path, minor: int, *machines: str, current: bool = True) -> str:
        """Makes a framework's version, as Python's installer or Homebrew does."""
        version = folder / f"Python.framework/Versions/3.{minor}"
        (version / "lib").mkdir(parents=True)
        (version / f"lib/libpython3.{minor}.dylib").write_bytes(mach_file(*(machines or ("arm64", "x64"))))
        if current:
            link = version.parent / "Current"
            link.unlink(missing_ok=True)
            link.symlink_to(version.name)
        return str(folder)
