"""The Pythons of a Windows computer, from where their installers register them. Looks only.

Also imported by install.py before it has found a fitting Python: keeps to the syntax of Python 3.6.
"""

import importlib
import os
import re
import subprocess
from typing import Any

# A packaged Python: its new files under AppData go to a private copy that OBS does not see (cpython#85368), and OBS
# cannot load it.
STORE = re.compile(r"[\\/]WindowsApps[\\/]", re.IGNORECASE)
_PY_TIMEOUT_S = 20


def installed() -> "list[tuple[int, str]]":
    """(minor version, folder) of each Python 3 with its python3XX.dll, the newest first; the Microsoft Store's not."""
    found: dict[str, tuple[int, str]] = {}
    for folder in _registered() + _launcher():
        folder = folder.rstrip("\\/")
        minor = None if STORE.search(folder + "/") else minor_in(folder)
        if minor is not None:
            found.setdefault(os.path.normcase(folder), (minor, folder))
    return sorted(found.values(), key=lambda entry: -entry[0])


def minor_in(folder: str) -> "int | None":
    """The newest 3.x whose python3x.dll lies in the folder, or None."""
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    matches = (re.match(r"python3(\d+)\.dll$", name.lower()) for name in names)
    minors = [int(match.group(1)) for match in matches if match]
    return max(minors) if minors else None


def _registered() -> "list[str]":
    """Install folders by PEP 514: Software\\Python\\<company>\\<tag>\\InstallPath, of this user first."""
    try:
        winreg: Any = importlib.import_module("winreg")
    except ImportError:
        return []
    folders: list[str] = []
    for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
        for company in _subkeys(winreg, root, "Software\\Python"):
            for tag in _subkeys(winreg, root, "Software\\Python\\" + company):
                path = f"Software\\Python\\{company}\\{tag}\\InstallPath"
                try:
                    with winreg.OpenKey(root, path) as key:
                        folders.append(str(winreg.QueryValueEx(key, "")[0]))
                except OSError:
                    continue
    return folders


def _subkeys(winreg: Any, root: Any, path: str) -> "list[str]":
    names: list[str] = []
    try:
        with winreg.OpenKey(root, path) as key:
            while True:
                names.append(winreg.EnumKey(key, len(names)))
    except OSError:  # also how the end is said
        return names


def _launcher() -> "list[str]":
    """Folders that `py -0p` names: a line is a tag and the path of a python.exe, with a star before or after it."""
    try:
        said = subprocess.check_output(["py", "-0p"], stderr=subprocess.DEVNULL, timeout=_PY_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError):
        return []
    lines = said.decode("utf-8", "replace").splitlines()
    matches = (re.match(r"\s*-\S+\s+(?:\*\s+)?(.+[\\/])[^\\/]+\.exe\s*\*?\s*$", line) for line in lines)
    return [match.group(1) for match in matches if match]
