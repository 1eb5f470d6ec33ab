"""The installer's command line, and the one place that catches its errors. install.py hands over to it."""

import argparse
import contextlib
import errno
import importlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from obs_bgremove.setup import adding, doctor, obs_places, obs_python, packages, removal, state, steps, supported_system
from obs_bgremove.setup.context import Context
from obs_bgremove.setup.runner import Console, Runner
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError

# What two installers at once fight for on Windows, where a folder cannot be locked.
LOCK_NAME = "install.lock"


def main(words: list[str]) -> int:
    """Returns the exit code: 0, 1 for an error that was said, 2 for a wrong call, 130 for Ctrl+C."""
    with contextlib.suppress(AttributeError, OSError):
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # an arrow on a terminal without UTF-8
    words, pytest_words = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    arguments = _parser().parse_args(words)
    console = Console()
    try:
        return _run(arguments, pytest_words, console)
    except UserError as error:
        problem = error
    except BrokenPipeError:  # whoever read the output (head, say) has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        console.say("\nStopped. Run this again to go on.")
        return 130
    except OSError as error:
        problem = _of_system(error)
    except Exception as error:
        problem = _unexpected(error)
    console.say(f"\nerror: {problem.what_happened}")
    if problem.what_to_do:
        console.say(f"What to do: {problem.what_to_do}")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="install.py",
        description="Installs AI Background for OBS Studio, or repairs it. Nothing needs an administrator.",
        epilog="Its folder is AI_BACKGROUND_HOME if that is set, else the usual place for such data.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--add-source", action="store_true", help="also put AI Background into OBS's current scene, while OBS is closed"
    )
    what.add_argument("--check", action="store_true", help="only look: one line a check, each failure with its remedy")
    what.add_argument("--uninstall", action="store_true", help="take it out of OBS and remove it; your files stay")
    what.add_argument("--test", action="store_true", help="set up and run the test suite; words after -- go to pytest")
    parser.add_argument(
        "--obs", metavar="FOLDER", action="append", default=[], help="also a portable copy of OBS in this folder"
    )
    parser.add_argument("--editable", action="store_true", help="run from this folder instead of a copy")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    return parser


def _run(arguments: argparse.Namespace, pytest_words: list[str], console: Console) -> int:
    if arguments.check:
        return doctor.main()
    try:
        home = installation.home()
    except RuntimeError as error:
        raise UserError("Your home folder cannot be found.", "Set HOME or AI_BACKGROUND_HOME.") from error
    done = state.load(home)
    obs_folders = list(dict.fromkeys([*done.obs_folders, *map(obs_places.portable_folder, arguments.obs)]))
    if arguments.uninstall:
        removal.uninstall(home, obs_folders, console, arguments.dry_run)
        return 0
    supported_system.check()
    context = Context(
        home=home,
        source=installation.app_dir(),
        editable=arguments.editable,
        test=arguments.test,
        console=console,
        runner=Runner(home, console),
        done=done,
        obs_folders=obs_folders,
    )
    if obs_python.needed() and not arguments.test:
        obs_python.check(context.places())
    if arguments.dry_run:
        _say_what_would_be_done(context)
        if arguments.add_source:
            console.say("  Source: to be put into OBS's current scene, unless there is one")
        return 0
    _claim(home)
    with _only_one(home):
        _do(context)
        if arguments.test:
            return _run_tests(context, pytest_words)
        last = adding.add(context, arguments.add_source)
    for text in context.left_to_do:
        console.say(f"\nTo do: {text}")
    if not context.left_to_do:
        console.say(f"\nDone. {last}")
    return 0


def _say_what_would_be_done(context: Context) -> None:
    context.console.say(f"AI Background in {context.home}: what would be done")
    for step in steps.steps(context.test):
        context.console.say(f"  {step.title}: {step.todo(context) or 'nothing, it is in place'}")


def _do(context: Context) -> None:
    todo = steps.steps(context.test)
    if (
        sys.platform == "win32"
        and any(map(obs_places.running, context.places()))
        and steps.replaces_used_files(context)
    ):
        raise UserError("OBS runs now, and its engine uses the files that are to be replaced.", "Close OBS first.")
    if context.done.obs_folders != context.obs_folders:
        context.done.obs_folders = context.obs_folders
        context.save()
    context.console.say(f"AI Background in {context.home}")
    for number, step in enumerate(todo, 1):
        reason = step.todo(context)
        context.console.say(f"[{number}/{len(todo)}] {step.title}: {reason or 'in place'}")
        if reason is not None:
            started_s = time.monotonic()
            step.do(context)
            context.console.say(f"      done in {time.monotonic() - started_s:.0f} s")


def _run_tests(context: Context, pytest_words: list[str]) -> int:
    python = str(installation.python_path())
    failed = []
    for command in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["pytest", *pytest_words],
    ):
        context.console.say(f"\n$ {' '.join(command)}")
        if context.runner.pass_through([python, "-m", *command], context.source):
            failed.append(command[0])
    if failed:
        context.console.say(f"\nFailed: {', '.join(dict.fromkeys(failed))}")
    return 1 if failed else 0


def _claim(home: Path) -> None:
    """Makes the home, and marks it as ours before anything is put there. Raises UserError."""
    app = home / "app"
    # After --uninstall the user's own pictures may be left in app/backgrounds: that is no other program's folder.
    foreign = (home / "venv").exists() or (app.is_dir() and {path.name for path in app.iterdir()} - {"backgrounds"})
    if foreign and not state.is_ours(home):
        raise UserError(
            f"{home} already holds something that this installer did not make.",
            "Move it away, or set AI_BACKGROUND_HOME to an empty folder.",
        )
    try:
        if hasattr(os, "geteuid") and os.geteuid() == 0 and "SUDO_UID" in os.environ:
            _refuse_sudo(home)
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
        if not state.is_ours(home):
            state.save(home, state.State())
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"{home} cannot be written ({error.strerror}).",
            "Make it a folder of yours, or set AI_BACKGROUND_HOME to one that is; then run this again.",
        ) from error


def _refuse_sudo(home: Path) -> None:
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    if existing.stat().st_uid not in (0, os.geteuid()):
        raise UserError(
            "With sudo this would leave files of root's in your home folder.",
            "Run it without sudo: it needs no administrator.",
        )


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Two installers at once would take each other's files away."""
    windows = sys.platform == "win32"
    held = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT) if windows else os.open(home, os.O_RDONLY)
    try:
        try:
            if windows:
                locking: Any = importlib.import_module("msvcrt")
                locking.locking(held, locking.LK_NBLCK, 1)
            else:
                locking = importlib.import_module("fcntl")
                locking.flock(held, locking.LOCK_EX | locking.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            raise UserError("Another run of this installer is at work.", "Wait until it has ended.") from error
        yield
    finally:
        os.close(held)  # which also unlocks


def _of_system(error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return packages.disk_full("")
    where = f"{error.filename}: " if error.filename else ""
    return UserError(
        f"{where}{error.strerror or error}.",
        "Make it readable and writable for you, then run this again."
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        else "Run this again.",
    )


def _unexpected(error: Exception) -> UserError:
    """A mistake of ours: the traceback goes to the log."""
    path = installation.logs_dir() / "install.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8") as log:
            traceback.print_exception(error, file=log)
    except OSError:
        return UserError(f"Something unexpected happened: {error!r}.", "Please report it.")
    return UserError(f"Something unexpected happened: {error!r}.", f"Please report it with the end of {path}.")
