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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obs_bgremove import __version__
from obs_bgremove.setup import (
    lock,
    obs_places,
    obs_python,
    packages,
    program_copy,
    scene_collections,
    state,
    supported_system,
    system_libraries,
)
from obs_bgremove.setup.runner import environment_for
from obs_bgremove.shared import installation, stored_settings
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.frame_ring import Ring
from obs_bgremove.shared.options import Options

# Room for logs, compiled kernels and a few backgrounds.
LOW_DISK_BYTES = 200_000_000
_TIMEOUT_S = 60
OK, NOTE, BAD = "ok", "note", "FAIL"


@dataclass(frozen=True)
class Check:
    """One line. NOTE is worth knowing but does not keep AI Background from working."""

    name: str
    level: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{self.level:4}  {self.name}: {self.text}"
        return f"{line}\n      what to do: {self.remedy}" if self.remedy else line


def main() -> int:
    """Prints every check; 0 when all that is needed is well."""
    print(f"AI Background {__version__} in {installation.home()}")
    worst = 0
    for check in checks():
        print(check, flush=True)
        worst |= check.level == BAD
    return int(worst)


def checks() -> Iterator[Check]:
    """All checks, in the order in which they depend on each other."""
    for check in (_system, _packages, _imports, _assets, _copy, _cameras, _folders, _memory, _obs, _sources, _logs):
        yield from check()


def _ask(*words: str, say: str = "") -> subprocess.CompletedProcess[str]:
    """Calls the engine's Python, with `say` on its stdin."""
    return subprocess.run(
        [str(installation.python_path()), *words],
        input=say,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_TIMEOUT_S,
        env=environment_for(installation.home()),
        cwd=installation.app_dir(),
        check=False,
    )


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
        run = _ask("-c", packages.COMPARE, *wanted)
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
            versions = (f"{lock.name_of(pin)} {version}" for pin, (version, _) in found.items())
            yield Check("packages", OK, ", ".join(versions))

    yield from _guarded("packages", ask)


def _imports() -> Iterator[Check]:
    if not installation.python_path().exists():
        return

    def ask() -> Iterator[Check]:
        run = _ask("-c", packages.IMPORT_ALL, *packages.IMPORTS)
        if run.returncode == 0:
            yield Check("imports", OK, "every package loads")
            return
        absent: list[str] = []
        if sys.platform == "linux":
            absent = json.loads(_ask("-c", system_libraries.PROBE, *system_libraries.PACKAGES).stdout or "[]")
        log = installation.logs_dir() / "install.log"
        problem = packages.import_failure(run.returncode, run.stderr, absent, log)
        yield Check("imports", BAD, problem.what_happened, f"{problem.what_to_do} {installation.REMEDY}".strip())

    yield from _guarded("imports", ask)


def _assets() -> Iterator[Check]:
    labels = {name: f"model {label}" for label, name in installation.MODELS.items()}
    labels[installation.SAMPLE_PICTURE] = "sample"
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
        run = _ask("-m", "obs_bgremove.engine", "--list-cameras")
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


def _places() -> list[obs_places.Place]:
    return obs_places.known_places(state.load(installation.home()).obs_folders)


def _obs() -> Iterator[Check]:
    programs = obs_places.obs_programs()
    known = _places()
    for program in programs:
        yield Check("OBS", OK, f"version {obs_places.obs_version(program) or 'unknown'}, {program}")
    if not programs and (known or obs_places.installed()):
        kinds = ", ".join(place.kind for place in known) or "none yet"
        yield Check("OBS", NOTE, f"no program on PATH; settings that were found: {kinds}")
    elif not programs:
        yield Check("OBS", BAD, "not found", f"Install OBS Studio, then run `{installation.INSTALL_COMMAND}`.")
        return
    by_hand = "In OBS: Tools → Scripts → +, and choose " + str(installation.script_path()) + "."
    if not known:
        remedy = f"Start OBS once, close it, then run `{installation.INSTALL_COMMAND}`."
        yield Check("registration", BAD, "OBS was never started", remedy)
    for place in known:
        if not place.supported:
            yield Check(place.kind, NOTE, "it cannot run AI Background", obs_places.SNAP)
            continue
        if obs_python.needed():
            yield _python_of(place)
        if obs_places.running(place):
            yield Check(place.kind, NOTE, "runs now: its scene collections on the disk may be older than what it shows")
        active = place.active_collection()
        for collection in place.collections():
            name = f"{place.kind}, collection {collection.stem}"
            try:
                script = scene_collections.registered_script(collection)
            except scene_collections.BrokenCollection as error:
                yield Check(name, NOTE, f"cannot be read: {error}", "Open it in OBS, or restore OBS's own .bak of it.")
                continue
            # What counts is the collection that OBS will open.
            needed = BAD if active in (None, collection) else NOTE
            remedy = f"Close OBS and run `{installation.INSTALL_COMMAND}`. Or by hand: {by_hand}"
            if script is None:
                yield Check(name, needed, "the script is not registered", remedy)
            elif not Path(script).is_file():
                yield Check(name, needed, f"the registered script is gone: {script}", remedy)
            else:
                yield Check(name, OK, f"registered: {script}")


def _python_of(place: obs_places.Place) -> Check:
    """What OBS loads on Windows and macOS, where it brings no Python."""
    name, choice = f"{place.kind}, Python", obs_python.choose(place)
    if choice is None:
        problem = obs_python.missing(place)
        return Check(name, BAD, problem.what_happened, problem.what_to_do)
    if choice.keep:
        return Check(name, OK, f"3.{choice.minor} from {choice.folder}")
    remedy = f"Close OBS and run `{installation.INSTALL_COMMAND}`. Or by hand: {obs_python.by_hand(choice.folder)}"
    return Check(
        name, BAD, f"OBS's settings name none that it can load ({obs_python.stored(place) or 'empty'})", remedy
    )


def _sources() -> Iterator[Check]:
    """Each source in the scene collection that OBS opens next: what it needs is tried once."""
    if not installation.python_path().exists():
        return
    for place in _places():
        collection = place.active_collection()
        for name, settings in scene_collections.our_sources(collection) if collection else ():
            yield from _source(f"{place.kind}, source {name}", settings, obs_places.running(place))


def _source(name: str, settings: dict[str, Any], running: bool) -> Iterator[Check]:
    try:
        run = _ask("-m", "obs_bgremove.engine", "--try", say=json.dumps(stored_settings.effective(settings, Options())))
        results = json.loads(run.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        yield Check(name, NOTE, f"the camera does not answer within {_TIMEOUT_S} s", "Replug it.")
        return
    except (OSError, ValueError, IndexError) as error:
        yield Check(name, BAD, f"cannot be tried ({error!r})", installation.REMEDY)
        return
    well = ", ".join(what for what, problem, _ in results if not problem)
    if well:
        yield Check(name, OK, well)
    for what, problem, remedy in results:
        if problem and what == "camera" and running:
            problem += " (OBS runs now and may be using it.)"
        if problem:
            yield Check(name, NOTE, problem, remedy)


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
