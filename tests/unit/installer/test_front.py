"""install.py, which finds a Python that the packages are made for."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_bgremove.shared import installation

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the other systems' programs are shell scripts here")
REPOSITORY = Path(__file__).resolve().parents[3]


class TestHere:
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


class TestOnWindows:
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
