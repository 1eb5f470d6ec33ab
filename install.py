#!/usr/bin/env python3
"""Installs AI Background for OBS Studio:  python3 install.py   (see --help for --check, --test, --uninstall, …)

On Windows:  py install.py

Standard library only. This front finds a Python that the engine's packages are made for and hands over to
obs_bgremove/setup; it keeps to the syntax of Python 3.6, so that an old Python can say that it is too old.
"""

import os
import re
import shutil
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
_LOOK = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"


def supported() -> "list[str]":
    """The versions of pyproject.toml's requires-python: "3.11", …"""
    with open(os.path.join(FOLDER, "pyproject.toml"), encoding="utf-8") as file:
        found = re.search(r'^requires-python = ">=3\.(\d+),<3\.(\d+)"', file.read(), re.MULTILINE)
    assert found is not None
    return [f"3.{minor}" for minor in range(int(found.group(1)), int(found.group(2)))]


def candidates(versions: "list[str]") -> "list[str]":
    """Programs that may be a Python of one of these versions."""
    if sys.platform == "win32":
        # Python's installers put no python3.12.exe on PATH, and the python3.exe there opens the Microsoft Store.
        from obs_bgremove.setup import windows_pythons

        return [os.path.join(folder, "python.exe") for _, folder in windows_pythons.installed()]
    return [path for path in map(shutil.which, ["python" + version for version in versions] + ["python3"]) if path]


def other_python(versions: "list[str]") -> "str | None":
    """A Python of one of these versions that can make environments, or None."""
    for path in candidates(versions):
        try:
            said = subprocess.check_output([path, "-c", _LOOK], stderr=subprocess.DEVNULL, timeout=20)
        except (OSError, subprocess.SubprocessError):
            continue  # a launcher without its Python, or one without venv
        if said.decode(errors="replace").strip() in versions:
            return path
    return None


def remedy(oldest: str, newest: str) -> str:
    """How this system installs such a Python."""
    if sys.platform == "win32":
        # Not just any of them: OBS itself loads 3.12 and older.
        return "`winget install Python.Python.3.12` or `py install 3.12`."
    if sys.platform == "darwin":
        return "Install Python 3.12 from python.org, or by `brew install python@3.12`."
    if shutil.which("apt-get"):
        return f"`sudo apt-get install python{oldest} python{oldest}-venv` (or any newer one up to {newest})."
    if shutil.which("dnf"):
        return f"`sudo dnf install python{oldest}` (or any newer one up to {newest})."
    return f"Install Python {oldest} to {newest}, from your system's packages or Python's own installer."


def main() -> int:
    """Returns the exit code."""
    versions = supported()
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if own not in versions:
        sys.path.insert(0, FOLDER)
        found = other_python(versions)
        if found:
            print(f"This is Python {own}; going on with {found}.")
            sys.stdout.flush()
            return subprocess.call([found, os.path.abspath(__file__), *sys.argv[1:]])
        print(f"error: This is Python {own}; AI Background's packages are made for {versions[0]} to {versions[-1]}.")
        print(f"What to do: {remedy(versions[0], versions[-1])} Then run this again.")
        return 1
    sys.path.insert(0, FOLDER)
    from obs_bgremove.setup.main import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
