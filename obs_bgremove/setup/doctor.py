"""`python -m obs_bgremove doctor` and `install.py --check`: one line a check, each failure with its remedy.

Changes nothing. Standard library only; runs on the caller's thread.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from obs_bgremove import __version__
from obs_bgremove.setup import lock, obs_checks, packages, program_copy, state, supported_system, system_libraries
from obs_bgremove.setup.check import BAD, NOTE, OK, Check, ask_engine
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.frame_ring import Ring

# Room for logs, compiled kernels and a few backgrounds.
LOW_DISK_BYTES = 200_000_000
# Those whose version matters in a report; the others follow from the lock.
_MAIN_PACKAGES = ("mediapipe", "numba", "numpy", "opencv-contrib-python", "pillow", "av", "cv2-enumerate-cameras")


def main() -> int:
    """Prints every check; 0 when all that is needed is well."""
    print(f"AI Background {__version__} in {installation.home()}")
    done = []
    for check in checks():
        print(check, flush=True)
        done.append(check)
    print(f"\n{_summary(done)}")
    return int(any(check.level == BAD for check in done))


def _summary(done: list[Check]) -> str:
    """The last line: who reads no other knows whether there is something to do."""
    bad, notes = (", ".join(check.name for check in done if check.level == level) for level in (BAD, NOTE))
    if bad:
        return f"Failed: {bad}."
    return f"All that is needed is well. Worth knowing: {notes}." if notes else f"All {len(done)} checks are well."


def checks() -> Iterator[Check]:
    """All checks, in the order in which they depend on each other."""
    of_the_engine = (_packages, _imports, _assets, _copy, _cameras, _folders, _memory)
    for check in (_system, *of_the_engine, obs_checks.registration, obs_checks.sources, _logs):
        yield from check()


def _guarded(name: str, ask: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from ask()
    except (OSError, ValueError, subprocess.SubprocessError, UserError) as error:
        yield Check(name, BAD, str(error).splitlines()[0], installation.REMEDY)


def _system() -> Iterator[Check]:
    problem = supported_system.problem()
    if problem:
        yield Check("system", BAD, problem.what_happened, problem.what_to_do)
    else:
        yield Check("system", OK, f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}")


def _packages() -> Iterator[Check]:
    if not installation.python_path().exists():
        yield Check("environment", BAD, f"there is none at {installation.home() / 'venv'}", installation.REMEDY)
        return

    def ask() -> Iterator[Check]:
        wanted = lock.pins()
        run = ask_engine("-c", packages.COMPARE, *wanted)
        if run.returncode:
            last = run.stderr.strip().splitlines()[-1:] or [f"exit {run.returncode}"]
            yield Check("environment", BAD, f"its Python does not run ({last[0]})", installation.REMEDY)
            return
        found = json.loads(run.stdout.splitlines()[-1])
        bad = [
            f"{pin.partition(';')[0].strip()} (found: {version or 'none'})"
            for pin, (version, fits) in found.items()
            if not fits
        ]
        if bad:
            yield Check("packages", BAD, f"not as needed: {', '.join(bad)}", installation.REMEDY)
        else:
            versions = {lock.name_of(pin): version for pin, (version, _) in found.items()}
            main = ", ".join(f"{name} {version}" for name, version in versions.items() if name in _MAIN_PACKAGES)
            yield Check("packages", OK, f"{len(versions)} as locked, {main}")

    yield from _guarded("packages", ask)


def _imports() -> Iterator[Check]:
    if not installation.python_path().exists():
        return

    def ask() -> Iterator[Check]:
        run = ask_engine("-c", packages.IMPORT_ALL, *packages.IMPORTS)
        if run.returncode == 0:
            yield Check("imports", OK, "every package loads")
            return
        absent: list[str] = []
        if sys.platform == "linux":
            absent = json.loads(ask_engine("-c", system_libraries.PROBE, *system_libraries.PACKAGES).stdout or "[]")
        log = installation.logs_dir() / "install.log"
        problem = packages.import_failure(run.returncode, run.stderr, absent, log)
        yield Check("imports", BAD, problem.what_happened, f"{problem.what_to_do} {installation.REMEDY}".strip())

    yield from _guarded("imports", ask)


def _assets() -> Iterator[Check]:
    labels = {name: f"model {label}" for label, name in installation.MODELS.items()}
    labels[installation.SAMPLE_PICTURE] = "sample"
    labels[installation.FACE_DETECTOR] = "face detector"
    for name in installation.SHA256:
        problem = installation.check_asset(name)
        label = labels.get(name, name)
        if problem:
            yield Check(label, BAD, problem.what_happened, problem.what_to_do)
        else:
            yield Check(label, OK, f"{name}, SHA-256 as it should be")


def _copy() -> Iterator[Check]:
    source, copy = installation.app_dir(), installation.home() / "app"
    if copy.is_dir() and program_copy.problem(source, installation.home(), state.load(installation.home()).files):
        yield Check("program", NOTE, f"the installed copy {copy} is not the same as {source}", installation.REMEDY)
    else:
        yield Check("program", OK, f"installed copy {copy}" if copy.is_dir() else f"run from {source}")
    pictures = installation.backgrounds_dir()
    count = sum(1 for _ in pictures.iterdir()) if pictures.is_dir() else 0
    if count:
        yield Check("backgrounds", OK, f"{count} files in {pictures}")
    else:
        yield Check("backgrounds", NOTE, f"none in {pictures}", installation.REMEDY)


def _cameras() -> Iterator[Check]:
    if not installation.python_path().exists():
        return

    def ask() -> Iterator[Check]:
        blocked = [str(node) for node in sorted(Path("/dev").glob("video*")) if not os.access(node, os.R_OK | os.W_OK)]
        if blocked:
            yield Check(
                "cameras",
                BAD,
                f"you have no permission to open {', '.join(blocked)}",
                "Run `sudo usermod -aG video $USER`, then log out and in again.",
            )
        run = ask_engine("-m", "obs_bgremove.engine", "--list-cameras")
        if run.returncode:
            last = run.stderr.strip().splitlines()[-1:] or [f"exit {run.returncode}"]
            yield Check("cameras", BAD, f"they cannot be listed ({last[0]})", installation.REMEDY)
            return
        names = [str(camera["name"]) for camera in json.loads(run.stdout.splitlines()[-1])]
        if names:
            yield Check("cameras", OK, f"{len(names)} found: {', '.join(names)}")
        elif not blocked:
            yield Check("cameras", NOTE, "none found", "Plug one in. Until then the camera `sample` shows a portrait.")

    yield from _guarded("cameras", ask)


def _folders() -> Iterator[Check]:
    home = installation.home()
    for name, folder in (("logs", installation.logs_dir()), ("kernels", installation.cache_dir())):
        if os.access(_existing(folder), os.W_OK):
            yield Check(name, OK, str(folder))
        else:
            yield Check(name, BAD, f"{folder} cannot be written", "Make it writable for you.")
    free = shutil.disk_usage(_existing(home)).free
    level, remedy = (OK, "") if free >= LOW_DISK_BYTES else (BAD, "Free some room.")
    yield Check("disk", level, f"{free / 1e9:.1f} GB free", remedy)


def _memory() -> Iterator[Check]:
    """Each source's frames are handed over in it."""
    try:
        Ring.create().close()
        yield Check("shared memory", OK, "can be made")
    except (OSError, ValueError, UserError) as error:
        yield Check(
            "shared memory", BAD, f"cannot be made ({error})", "Free some memory; in a container, give it more."
        )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _logs() -> Iterator[Check]:
    """The last complaint in each source's log."""
    for path in sorted(installation.logs_dir().glob("*.log")):
        try:
            lines = path.read_text("utf-8", "replace").splitlines()
        except OSError:
            continue
        complaints = [line for line in lines if re.match(r"\S+ \S+ (WARNING|ERROR) ", line)]
        if complaints:
            yield Check(f"log {path.name}", NOTE, f"last complaint: {complaints[-1][:300]}")


if __name__ == "__main__":
    sys.exit(main())
