"""The steps of an installation, in order. Each first says what is to be done (None: nothing), and then does it.

`--dry-run` asks only; a second run finds nothing to do; a run after a stopped one does the rest.
"""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from obs_bgremove.setup import (
    assets,
    lock,
    obs_places,
    obs_python,
    packages,
    program_copy,
    scene_collections,
    selfcheck,
    state,
)
from obs_bgremove.setup.runner import Console, Runner
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError

ADD_SOURCE = "In OBS: under Sources click +, then AI Background."


@dataclass
class Context:
    """One run of the installer."""

    home: Path
    source: Path
    """The folder that install.py lies in."""
    editable: bool
    test: bool
    console: Console
    runner: Runner
    done: state.State
    obs_folders: list[str] = field(default_factory=list)
    """Portable copies of OBS: named with --obs now, or by an earlier run."""
    left_to_do: list[str] = field(default_factory=list)
    """What the person has to do afterwards; printed last."""

    @property
    def app(self) -> Path:
        """The folder that OBS and the engine run from."""
        return self.source if self.editable or self.test else self.home / "app"

    @property
    def script(self) -> Path:
        """The file that OBS loads."""
        return self.app / installation.script_path().relative_to(installation.app_dir())

    def places(self) -> list[obs_places.Place]:
        """The settings of every OBS that was started and can run AI Background."""
        return [place for place in obs_places.known_places(self.obs_folders) if place.supported]

    @property
    def again(self) -> str:
        """The command that goes on with this installation."""
        return f"`{installation.INSTALL_COMMAND}{' --editable' if self.editable else ''}`"

    def save(self) -> None:
        """Remembers what is done."""
        state.save(self.home, self.done)


@dataclass(frozen=True)
class Step:
    """`todo` looks; `do` acts and may raise UserError."""

    title: str
    todo: Callable[[Context], Optional[str]]
    do: Callable[[Context], None]


def _environment_todo(context: Context) -> Optional[str]:
    return packages.problem(lock.pins(context.test), context.done.requirements, context.runner)


def _environment_do(context: Context) -> None:
    wanted = lock.pins(context.test)
    recorded = context.done.requirements
    packages.check_disk(context.home)
    # An environment that an earlier run did not finish, or whose Python is gone, is made anew rather than mended.
    fresh = not recorded or packages.installed(wanted, context.runner) is None
    context.done.requirements = []
    context.save()
    packages.make(context.test, recorded, fresh, context.runner)
    packages.probe(context.runner)
    # Test tools of an earlier `--test` stay installed, and stay recorded as long as they are still asked for.
    still = set(lock.pins(test=True))
    context.done.requirements = sorted({*wanted, *(pin for pin in recorded if pin in still and not fresh)})
    context.save()


def _assets_todo(context: Context) -> Optional[str]:
    names = assets.missing()
    return f"missing or altered: {', '.join(names)}" if names else None


def _assets_do(context: Context) -> None:
    assets.fetch(context.runner)


def _copy_todo(context: Context) -> Optional[str]:
    if context.app == context.source:
        return None
    return program_copy.problem(context.source, context.home, context.done.files)


def _copy_do(context: Context) -> None:
    context.done.files = program_copy.copy(context.source, context.home, context.done.files)
    context.save()


def _kernel_stamp(app: Path, requirements: list[str]) -> str:
    """Changes whenever numba would compile anew: it keeps what it compiled by source path, time and size."""
    digest = hashlib.sha256("\n".join([sys.version, *requirements]).encode())
    for path in sorted((app / "obs_bgremove" / "engine").rglob("*.py")):
        digest.update(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}\n".encode())
    return digest.hexdigest()


def _kernels_todo(context: Context) -> Optional[str]:
    if not context.app.is_dir():
        return "to be compiled"
    stamp = _kernel_stamp(context.app, lock.pins())
    compiled = any(installation.cache_dir().rglob("*.nbi"))
    return None if compiled and context.done.kernels.get(str(context.app)) == stamp else "to be compiled"


def _kernels_do(context: Context) -> None:
    command = [str(installation.python_path()), "-m", "obs_bgremove.engine", "--warm-up"]
    result = context.runner.run(command, "compiling", cwd=context.app)
    if result.returncode:
        packages.probe(context.runner)  # says so if a system library or a package is the reason
        last = result.output.strip().splitlines()[-1:] or [f"exit {result.returncode}"]
        raise UserError(
            f"The engine's kernels could not be compiled: {last[0]}",
            f"Run this again. The whole message is in {context.runner.log_path}.",
        )
    context.done.kernels[str(context.app)] = _kernel_stamp(context.app, lock.pins())
    context.save()


def _python_todo(context: Context) -> Optional[str]:
    choices = [obs_python.choose(place) for place in context.places()]
    folders = dict.fromkeys(choice.folder for choice in choices if choice and not choice.keep)
    return f"OBS's settings are to name {', '.join(folders)}" if folders else None


def _python_do(context: Context) -> None:
    for place in context.places():
        choice = obs_python.choose(place)
        if choice is None:
            raise obs_python.missing(place)
        if choice.keep:
            continue
        if obs_places.running(place):
            context.left_to_do.append(
                f"{place.kind} runs now, and does not know its Python yet. Either: {obs_python.by_hand(choice.folder)} "
                f"Or close it and run {context.again}."
            )
            continue
        try:
            backup = obs_python.write(place, choice.folder)
        except (OSError, UnicodeDecodeError) as error:
            context.left_to_do.append(
                f"The settings of {place.kind} cannot be changed ({error}). {obs_python.by_hand(choice.folder)}"
            )
            continue
        context.console.say(f"      {place.kind} loads Python 3.{choice.minor} from {choice.folder}")
        context.console.say(f"      (backup: {backup})")


def _obs_todo(context: Context) -> Optional[str]:
    known = context.places()
    if not known:
        return "OBS was never started here" if obs_places.installed() else "OBS is not found"
    outcomes = [
        scene_collections.change(path, context.script, dry=True) for place in known for path in place.collections()
    ]
    changes = [outcome.collection.stem for outcome in outcomes if outcome.state == "changed"]
    broken = [outcome.collection.stem for outcome in outcomes if outcome.state == "broken"]
    if not outcomes:
        return "OBS has no scene collection yet"
    parts = [f"to be registered in: {', '.join(changes)}"] if changes else []
    parts += [f"cannot be read: {', '.join(broken)}"] if broken else []
    return "; ".join(parts) or None


def _first_collection() -> Optional[Path]:
    """Where a new OBS on Linux will look for its first scene collection, or None when that cannot be prepared."""
    if not sys.platform.startswith("linux") or obs_places.obs_program() is None:
        return None
    return obs_places.all_places()[0].scenes / "Untitled.json"


def _by_hand(context: Context) -> str:
    return f"In OBS: Tools → Scripts → +, and choose {context.script}."


def _obs_do(context: Context) -> None:
    known = context.places()
    first = _first_collection()
    if not known and first is not None and obs_places.running(obs_places.all_places()[0]):
        context.left_to_do.append(f"OBS runs: {_by_hand(context)} Or close OBS and run {context.again}.")
    elif not known and first is not None:
        outcome = scene_collections.create_first(first, context.script)
        if outcome.state == "broken":
            raise UserError(f"{first}: {outcome.detail}.", f"Start OBS once, close it, and run {context.again}.")
        context.console.say(f"      OBS was never started: its first scene collection is prepared ({first})")
    elif not known:
        context.left_to_do.append(_no_obs(context))
    for place in known:
        _register(context, place)


def _no_obs(context: Context) -> str:
    if obs_places.installed():
        return f"OBS was never started here: start it once, close it, and run {context.again}."
    if any(not place.supported for place in obs_places.known_places()):
        return f"{obs_places.SNAP} Then run {context.again}."
    python = f" {obs_python.missing(None)}" if obs_python.needed() and obs_python.choose(None) is None else ""
    return (
        f"OBS was not found. Install OBS Studio and run {context.again}. If it is a portable copy: "
        f"{context.again[:-1]} --obs FOLDER`. If OBS is somewhere special: {_by_hand(context)}{python}"
    )


def _register(context: Context, place: obs_places.Place) -> None:
    dry = [scene_collections.change(path, context.script, dry=True) for path in place.collections()]
    if not dry:
        context.left_to_do.append(
            f"{place.kind} has no scene collection yet: start it once, close it, and run {context.again}."
        )
    if all(outcome.state == "same" for outcome in dry):
        return
    runs = obs_places.running(place) and any(outcome.state == "changed" for outcome in dry)
    if runs:
        context.left_to_do.append(
            f"{place.kind} runs now, and would overwrite a change of its settings. Either: {_by_hand(context)} "
            f"Or close it and run {context.again}."
        )
    for outcome in dry if runs else (scene_collections.change(path, context.script) for path in place.collections()):
        if outcome.state == "broken":
            context.left_to_do.append(
                f"Scene collection {outcome.collection} was left as it is: {outcome.detail}. OBS keeps a .bak of "
                f"each; once it opens in OBS: {_by_hand(context)}"
            )
        elif outcome.state == "changed" and not runs:
            context.console.say(f"      registered in {place.kind}, scene collection {outcome.collection.stem}")
            context.console.say(f"      (backup: {outcome.backup})")


def _selfcheck_todo(context: Context) -> Optional[str]:
    return f"the engine on the sample, {selfcheck.MEASURE_S:.0f} s"


def _selfcheck_do(context: Context) -> None:
    try:
        figures = selfcheck.run(context.app, context.home / "selfcheck.png")
    except UserError:
        packages.probe(context.runner)  # a missing system library says more than "no frame"
        raise
    context.console.say(
        f"      {figures.frames} frames of {figures.width}x{figures.height}, {figures.fps:.1f} fps, latency camera to "
        f"slot p50 {figures.latency_p50_ms:.0f} ms, p95 {figures.latency_p95_ms:.0f} ms"
    )
    if figures.fps < selfcheck.SMOOTH_FPS:
        context.console.say("      that is less than the sample's 30 fps: this computer is slow, or busy just now;")
        context.console.say("      if it stays so, choose the model Landscape in the source's Advanced settings")
    if figures.problem:
        context.console.say(f"      the engine says: {figures.problem}")
    context.console.say(f"      before and after: {figures.picture}")


_PARTS = (
    Step("Packages", _environment_todo, _environment_do),
    Step("Models and sample", _assets_todo, _assets_do),
    Step("Program", _copy_todo, _copy_do),
    Step("Kernels", _kernels_todo, _kernels_do),
)
_OBS = (Step("OBS", _obs_todo, _obs_do), Step("Self-check", _selfcheck_todo, _selfcheck_do))
# The test suite runs in the checkout: nothing is copied, OBS is not touched.
_TEST = tuple(step for step in _PARTS if step.title != "Program")


def steps(test: bool) -> tuple[Step, ...]:
    """What is done on this system."""
    if test:
        return _TEST
    return (*_PARTS, Step("OBS's Python", _python_todo, _python_do), *_OBS) if obs_python.needed() else (*_PARTS, *_OBS)


def replaces_used_files(context: Context) -> bool:
    """Whether a step would change files that an engine uses while it runs: Windows does not allow that."""
    there = (context.home / "app").is_dir() or installation.python_path().exists()
    return there and any(step.todo(context) is not None for step in _PARTS)
