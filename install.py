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


def tr(english: str, **values: str) -> str:
    """In the system's language; English where this Python is too old for the module that translates."""
    try:
        from obs_bgremove.shared import language

        language.use(language.of_system(sys.stdout.encoding or "ascii"))
        return language.Text(english, **values).local()
    except (ImportError, SyntaxError, TypeError, AttributeError):
        return re.sub(r"\{(\w+)\}", lambda found: values[found.group(1)], english)


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
        commands = "`winget install Python.Python.3.12` / `py install 3.12`"
        return tr("Run {commands}, then run this again.", commands=commands)
    if sys.platform == "darwin":
        return tr(
            "Install Python {version} from python.org or by `brew install python@{version}`, then run this again.",
            version="3.12",
        )
    for manager in ("apt-get", "dnf"):
        if shutil.which(manager):
            packages = f"python{oldest} python{oldest}-venv" if manager == "apt-get" else f"python{oldest}"
            return tr(
                "Run {commands} (or any newer one up to {newest}), then run this again.",
                commands=f"`sudo {manager} install {packages}`",
                newest=newest,
            )
    return tr(
        "Install Python {oldest} to {newest}, from your system's packages or Python's own installer, "
        "then run this again.",
        oldest=oldest,
        newest=newest,
    )


def main() -> int:
    """Returns the exit code."""
    sys.path.insert(0, FOLDER)
    versions = supported()
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if own not in versions:
        found = other_python(versions)
        if found:
            print(tr("This is Python {own}; going on with {program}.", own=own, program=found))
            sys.stdout.flush()
            return subprocess.call([found, os.path.abspath(__file__), *sys.argv[1:]])
        problem = tr(
            "This is Python {own}; AI Background's packages are made for {oldest} to {newest}.",
            own=own,
            oldest=versions[0],
            newest=versions[-1],
        )
        print(tr("error: {problem}", problem=problem))
        print(tr("What to do: {remedy}", remedy=remedy(versions[0], versions[-1])))
        return 1
    from obs_bgremove.setup.main import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
