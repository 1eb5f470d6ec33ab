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
from obs_bgremove.shared.language import NOTHING, Text, listed, sentences, tr

# Room for logs, compiled kernels and a few backgrounds.
LOW_DISK_BYTES = 200_000_000
# Those whose version matters in a report; the others follow from the lock.
_MAIN_PACKAGES = ("mediapipe", "numba", "numpy", "opencv-contrib-python", "pillow", "av", "cv2-enumerate-cameras")


def main() -> int:
    """Prints every check; 0 when all that is needed is well."""
    print(tr("AI Background {version} in {folder}", version=__version__, folder=installation.home()).local())
    done = []
    for check in checks():
        print(check.local(), flush=True)
        done.append(check)
    print(f"\n{_summary(done).local()}")
    return int(any(check.level == BAD for check in done))


def _summary(done: list[Check]) -> Text:
    """The last line: who reads no other knows whether there is something to do."""
    bad, notes = (listed(check.name for check in done if check.level == level) for level in (BAD, NOTE))
    if bad:
        return tr("Failed: {what}.", what=bad)
    if notes:
        return tr("All that is needed is well. Worth knowing: {what}.", what=notes)
    return tr("All {count} checks are well.", count=len(done))


def checks() -> Iterator[Check]:
    """All checks, in the order in which they depend on each other."""
    of_the_engine = (_packages, _imports, _assets, _copy, _cameras, _folders, _memory)
    for check in (_system, *of_the_engine, obs_checks.registration, obs_checks.sources, _logs):
        yield from check()


def _guarded(name: Text, ask: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from ask()
    except (OSError, ValueError, subprocess.SubprocessError, UserError) as error:
        yield Check(name, BAD, _of(error), installation.REMEDY)


def _of(error: Exception) -> Text:
    return error.text if isinstance(error, UserError) else Text("{error}", error=str(error).partition("\n")[0])


def _system() -> Iterator[Check]:
    problem = supported_system.problem()
    if problem:
        yield Check(tr("system"), BAD, problem.what_happened, problem.what_to_do)
        return
    names = {"system": platform.system(), "processor": platform.machine(), "version": platform.python_version()}
    yield Check(tr("system"), OK, tr("{system} on {processor}, Python {version}", **names))


def _packages() -> Iterator[Check]:
    name = tr("packages")
    if not installation.python_path().exists():
        nowhere = tr("there is none at {folder}", folder=installation.home() / "venv")
        yield Check(tr("environment"), BAD, nowhere, installation.REMEDY)
        return

    def ask() -> Iterator[Check]:
        wanted = lock.pins()
        run = ask_engine("-c", packages.COMPARE, *wanted)
        if run.returncode:
            last = run.stderr.strip().splitlines()[-1:] or [f"exit {run.returncode}"]
            broken = tr("its Python does not run ({error})", error=last[0])
            yield Check(tr("environment"), BAD, broken, installation.REMEDY)
            return
        found = json.loads(run.stdout.splitlines()[-1])
        bad = [
            tr("{package} (found: {version})", package=pin.partition(";")[0].strip(), version=version or tr("none"))
            for pin, (version, fits) in found.items()
            if not fits
        ]
        if bad:
            yield Check(name, BAD, tr("not as needed: {packages}", packages=listed(bad)), installation.REMEDY)
        else:
            versions = {lock.name_of(pin): version for pin, (version, _) in found.items()}
            main = ", ".join(f"{one} {version}" for one, version in versions.items() if one in _MAIN_PACKAGES)
            yield Check(name, OK, tr("{count} as locked, {packages}", count=len(versions), packages=main))

    yield from _guarded(name, ask)


def _imports() -> Iterator[Check]:
    if not installation.python_path().exists():
        return

    def ask() -> Iterator[Check]:
        run = ask_engine("-c", packages.IMPORT_ALL, *packages.IMPORTS)
        if run.returncode == 0:
            yield Check(tr("imports"), OK, tr("every package loads"))
            return
        absent: list[str] = []
        if sys.platform == "linux":
            absent = json.loads(ask_engine("-c", system_libraries.PROBE, *system_libraries.PACKAGES).stdout or "[]")
        log = installation.logs_dir() / "install.log"
        problem = packages.import_failure(run.returncode, run.stderr, absent, log)
        remedy = sentences(problem.what_to_do, installation.REMEDY)
        yield Check(tr("imports"), BAD, problem.what_happened, remedy)

    yield from _guarded(tr("imports"), ask)


def _assets() -> Iterator[Check]:
    labels = {name: tr("model {model}", model=label) for label, name in installation.MODELS.items()}
    labels[installation.SAMPLE_PICTURE] = tr("sample")
    labels[installation.FACE_DETECTOR] = tr("face detector")
    for name in installation.SHA256:
        problem = installation.check_asset(name)
        label = labels.get(name, Text("{file}", file=name))
        if problem:
            yield Check(label, BAD, problem.what_happened, problem.what_to_do)
        else:
            yield Check(label, OK, tr("{file}, SHA-256 as it should be", file=name))


def _copy() -> Iterator[Check]:
    source, copy = installation.app_dir(), installation.home() / "app"
    if copy.is_dir() and program_copy.problem(source, installation.home(), state.load(installation.home()).files):
        other = tr("the installed copy {copy} is not the same as {folder}", copy=copy, folder=source)
        yield Check(tr("program"), NOTE, other, installation.REMEDY)
    elif copy.is_dir():
        yield Check(tr("program"), OK, tr("installed copy {folder}", folder=copy))
    else:
        yield Check(tr("program"), OK, tr("run from {folder}", folder=source))
    pictures = installation.backgrounds_dir()
    count = sum(1 for _ in pictures.iterdir()) if pictures.is_dir() else 0
    if count:
        yield Check(tr("backgrounds"), OK, tr("{count} files in {folder}", count=count, folder=pictures))
    else:
        yield Check(tr("backgrounds"), NOTE, tr("none in {folder}", folder=pictures), installation.REMEDY)


def _cameras() -> Iterator[Check]:
    name = tr("cameras")
    if not installation.python_path().exists():
        return

    def ask() -> Iterator[Check]:
        blocked = [str(node) for node in sorted(Path("/dev").glob("video*")) if not os.access(node, os.R_OK | os.W_OK)]
        if blocked:
            yield Check(
                name,
                BAD,
                tr("you have no permission to open {devices}", devices=", ".join(blocked)),
                tr("Run `sudo usermod -aG video $USER`, then log out and in again."),
            )
        run = ask_engine("-m", "obs_bgremove.engine", "--list-cameras")
        if run.returncode:
            last = run.stderr.strip().splitlines()[-1:] or [f"exit {run.returncode}"]
            yield Check(name, BAD, tr("they cannot be listed ({error})", error=last[0]), installation.REMEDY)
            return
        names = [str(camera["name"]) for camera in json.loads(run.stdout.splitlines()[-1])]
        if names:
            yield Check(name, OK, tr("{count} found: {cameras}", count=len(names), cameras=", ".join(names)))
        elif not blocked:
            remedy = tr("Plug one in. Until then the camera `sample` shows a portrait.")
            yield Check(name, NOTE, tr("none found"), remedy)

    yield from _guarded(name, ask)


def _folders() -> Iterator[Check]:
    home = installation.home()
    for name, folder in ((tr("logs"), installation.logs_dir()), (tr("kernels"), installation.cache_dir())):
        if os.access(_existing(folder), os.W_OK):
            yield Check(name, OK, Text("{folder}", folder=folder))
        else:
            yield Check(name, BAD, tr("{folder} cannot be written", folder=folder), tr("Make it writable for you."))
    free = shutil.disk_usage(_existing(home)).free
    level, remedy = (OK, NOTHING) if free >= LOW_DISK_BYTES else (BAD, tr("Free some room."))
    yield Check(tr("disk"), level, tr("{size:.1f} GB free", size=free / 1e9), remedy)


def _memory() -> Iterator[Check]:
    """Each source's frames are handed over in it."""
    try:
        Ring.create().close()
        yield Check(tr("shared memory"), OK, tr("can be made"))
    except (OSError, ValueError, UserError) as error:
        problem = tr("cannot be made ({error})", error=_of(error))
        yield Check(tr("shared memory"), BAD, problem, tr("Free some memory; in a container, give it more."))


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
            last = tr("last complaint: {line}", line=complaints[-1][:300])
            yield Check(tr("log {file}", file=path.name), NOTE, last)


if __name__ == "__main__":
    sys.exit(main())
