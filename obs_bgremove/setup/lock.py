"""The lock: exact versions and hashes of every package, the same on every supported Python and system.

    python -m obs_bgremove.setup.lock              makes both files anew; keeps the versions that still fit
    python -m obs_bgremove.setup.lock --upgrade    takes the newest that pyproject.toml's ranges allow

It needs `uv` (`pip install uv`) and the network; the installer only reads the files. pyproject.toml says which ranges
were tried and, under [tool.uv], for which systems; a lock is made for all of them at once, and then each pair of system
and Python is looked up, so that one without a wheel is found here and not on somebody's computer.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from obs_bgremove.shared import installation

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# As uv names them: what the oldest supported systems accept.
SYSTEMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin", "x86_64-pc-windows-msvc")
_OLDEST_MACOS = "14.0"
_COMMAND = "# Made by `python -m obs_bgremove.setup.lock` from pyproject.toml: do not edit.\n"


def lock_file(test: bool = False) -> Path:
    """The packages of the engine; with `test` also the tools of the test suite, at the same versions."""
    return installation.app_dir() / "obs_bgremove" / "setup" / f"requirements{'-test' if test else ''}.lock"


def pins(test: bool = False) -> list[str]:
    """Every locked package as `name==version ; marker`. A package may be there twice, for different Pythons."""
    text = lock_file(test).read_text("utf-8").replace("\\\n", " ")
    lines = (re.sub(r"\s+--hash=\S+", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def name_of(pin: str) -> str:
    """The package of a pin."""
    return pin.partition("==")[0].strip()


def _uv(*words: str) -> None:
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is not found: install it (`pip install uv`) and put it on PATH.")
    print(f"$ uv {' '.join(words)}", flush=True)
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": _OLDEST_MACOS}
    if subprocess.call([uv, *words], env=environment, cwd=installation.app_dir(), stdout=subprocess.DEVNULL):
        raise SystemExit(f"uv failed: {' '.join(words)}")


def main(words: list[str]) -> int:
    """Writes both files and looks every system and Python up."""
    compile_words = [
        "pip",
        "compile",
        "pyproject.toml",
        "--universal",
        "--generate-hashes",
        "--no-build",
        "--no-header",
    ]
    compile_words += ["--no-annotate", "--quiet", *words]
    runtime, test = lock_file(), lock_file(test=True)
    _uv(*compile_words, "--output-file", str(runtime))
    _uv(*compile_words, "--extra", "test", "--constraint", str(runtime), "--output-file", str(test))
    for path in (runtime, test):
        path.write_text(_COMMAND + path.read_text("utf-8").replace(_COMMAND, ""), "utf-8")
    for system in SYSTEMS:
        for python in PYTHONS:
            with tempfile.TemporaryDirectory() as nowhere:
                target = ["--python-platform", system, "--python-version", python, "--target", nowhere]
                _uv(
                    "pip", "install", "--dry-run", "--quiet", "--no-build", "--require-hashes", *target, "-r", str(test)
                )
    print(f"{len(pins())} packages, {len(pins(test=True))} with the tests, for {len(SYSTEMS) * len(PYTHONS)} targets")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
