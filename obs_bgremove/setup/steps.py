"""The steps of an installation, in order. Each first says what is to be done (None: nothing), and then does it.

`--dry-run` asks only; a second run finds nothing to do; a run after a stopped one does the rest.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from obs_bgremove.setup import assets, lock, obs_steps, packages, program_copy, selfcheck
from obs_bgremove.setup.context import DETAIL, Context, Step
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text, tr


def _environment_todo(context: Context) -> Text | None:
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


def _assets_todo(context: Context) -> Text | None:
    names = assets.missing()
    return tr("missing or altered: {files}", files=", ".join(names)) if names else None


def _assets_do(context: Context) -> None:
    assets.fetch(context.runner)


def _copy_todo(context: Context) -> Text | None:
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


def _kernels_todo(context: Context) -> Text | None:
    if not context.app.is_dir():
        return tr("to be compiled")
    stamp = _kernel_stamp(context.app, lock.pins())
    compiled = any(installation.cache_dir().rglob("*.nbi"))
    return None if compiled and context.done.kernels.get(str(context.app)) == stamp else tr("to be compiled")


def _kernels_do(context: Context) -> None:
    command = [str(installation.python_path()), "-m", "obs_bgremove.engine", "--warm-up"]
    result = context.runner.run(command, tr("compiling"), cwd=context.app)
    if result.returncode:
        packages.probe(context.runner)  # says so if a system library or a package is the reason
        last = result.output.strip().splitlines()[-1:] or [f"exit {result.returncode}"]
        raise UserError(
            tr("The engine's kernels could not be compiled: {error}", error=last[0]),
            tr("Run this again. The whole message is in {file}.", file=context.runner.log_path),
        )
    context.done.kernels[str(context.app)] = _kernel_stamp(context.app, lock.pins())
    context.save()


def _selfcheck_todo(context: Context) -> Text | None:
    return tr("the engine on the sample, {seconds:.0f} s", seconds=selfcheck.MEASURE_S)


def _selfcheck_do(context: Context) -> None:
    try:
        figures = selfcheck.run(context.app, context.home / "selfcheck.png")
    except UserError:
        packages.probe(context.runner)  # a missing system library says more than "no frame"
        raise
    said = [
        tr(
            "{frames} frames of {size}, {fps:.1f} fps, latency camera to slot p50 {p50:.0f} ms, p95 {p95:.0f} ms",
            frames=figures.frames,
            size=f"{figures.width}x{figures.height}",
            fps=figures.fps,
            p50=figures.latency_p50_ms,
            p95=figures.latency_p95_ms,
        )
    ]
    if figures.fps < selfcheck.SMOOTH_FPS:
        said += [
            tr("that is less than the sample's 30 fps: this computer is slow, or busy just now;"),
            tr("if it stays so, choose the model Landscape in the source's Advanced settings"),
        ]
    if figures.problem:
        said.append(tr("the engine says: {problem}", problem=figures.problem))
    said.append(tr("before and after: {file}", file=figures.picture))
    for text in said:
        context.console.say(text, DETAIL)


_PROGRAM = Step(tr("Program"), _copy_todo, _copy_do)
_PARTS = (
    Step(tr("Packages"), _environment_todo, _environment_do),
    Step(tr("Models and sample"), _assets_todo, _assets_do),
    _PROGRAM,
    Step(tr("Kernels"), _kernels_todo, _kernels_do),
)
_SELF_CHECK = Step(tr("Self-check"), _selfcheck_todo, _selfcheck_do)


def steps(test: bool) -> tuple[Step, ...]:
    """What is done on this system. The test suite runs in the checkout: nothing is copied, OBS is not touched."""
    if test:
        return tuple(step for step in _PARTS if step is not _PROGRAM)
    return (*_PARTS, *obs_steps.steps(), _SELF_CHECK)


def replaces_used_files(context: Context) -> bool:
    """Whether a step would change files that an engine uses while it runs: Windows does not allow that."""
    there = (context.home / "app").is_dir() or installation.python_path().exists()
    return there and any(step.todo(context) is not None for step in _PARTS)
