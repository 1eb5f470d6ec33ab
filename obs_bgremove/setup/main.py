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
from obs_bgremove.setup.context import DETAIL, Context
from obs_bgremove.setup.runner import Console, Runner
from obs_bgremove.shared import command_line, installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import NOTHING, Text, tr

# What two installers at once fight for on Windows, where a folder cannot be locked.
LOCK_NAME = "install.lock"


def main(words: list[str]) -> int:
    """Returns the exit code: 0, 1 for an error that was said, 2 for a wrong call, 130 for Ctrl+C."""
    with contextlib.suppress(AttributeError, OSError):
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # an arrow on a terminal without UTF-8
    words, pytest_words = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    command_line.speak()
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
        console.say(tr("Stopped. Run this again to go on."), "\n")
        return 130
    except OSError as error:
        problem = _of_system(error)
    except Exception as error:
        problem = _unexpected(error)
    console.say(tr("error: {problem}", problem=problem.what_happened), "\n")
    if problem.what_to_do:
        console.say(tr("What to do: {remedy}", remedy=problem.what_to_do))
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="install.py",
        description=tr("Installs AI Background for OBS Studio, or repairs it. Nothing needs an administrator.").local(),
        epilog=tr("Its folder is AI_BACKGROUND_HOME if that is set, else the usual place for such data.").local(),
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--add-source",
        action="store_true",
        help=tr("also put AI Background into OBS's current scene, while OBS is closed").local(),
    )
    what.add_argument(
        "--check", action="store_true", help=tr("only look: one line a check, each failure with its remedy").local()
    )
    what.add_argument(
        "--uninstall", action="store_true", help=tr("take it out of OBS and remove it; your files stay").local()
    )
    what.add_argument(
        "--test", action="store_true", help=tr("set up and run the test suite; words after -- go to pytest").local()
    )
    parser.add_argument(
        "--obs",
        metavar="FOLDER",
        action="append",
        default=[],
        help=tr("also a portable copy of OBS in this folder").local(),
    )
    parser.add_argument("--editable", action="store_true", help=tr("run from this folder instead of a copy").local())
    parser.add_argument("--dry-run", action="store_true", help=tr("only say what would be done").local())
    return parser


def _run(arguments: argparse.Namespace, pytest_words: list[str], console: Console) -> int:
    if arguments.check:
        return doctor.main()
    try:
        home = installation.home()
    except RuntimeError as error:
        raise UserError(tr("Your home folder cannot be found."), tr("Set HOME or AI_BACKGROUND_HOME.")) from error
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
            console.say(tr("Source: to be put into OBS's current scene, unless there is one"), "  ")
        return 0
    _claim(home)
    with _only_one(home):
        _do(context)
        if arguments.test:
            return _run_tests(context, pytest_words)
        last = adding.add(context, arguments.add_source)
    for text in context.left_to_do:
        console.say(tr("To do: {what}", what=text), "\n")
    if not context.left_to_do:
        console.say(tr("Done. {next}", next=last), "\n")
    return 0


def _say_what_would_be_done(context: Context) -> None:
    context.console.say(tr("AI Background in {folder}: what would be done", folder=context.home))
    for step in steps.steps(context.test):
        todo = step.todo(context) or tr("nothing, it is in place")
        context.console.say(tr("{step}: {todo}", step=step.title, todo=todo), "  ")


def _do(context: Context) -> None:
    todo = steps.steps(context.test)
    if (
        sys.platform == "win32"
        and any(map(obs_places.running, context.places()))
        and steps.replaces_used_files(context)
    ):
        raise UserError(
            tr("OBS runs now, and its engine uses the files that are to be replaced."), tr("Close OBS first.")
        )
    if context.done.obs_folders != context.obs_folders:
        context.done.obs_folders = context.obs_folders
        context.save()
    context.console.say(tr("AI Background in {folder}", folder=context.home))
    for number, step in enumerate(todo, 1):
        reason = step.todo(context)
        context.console.say(
            tr("{step}: {todo}", step=step.title, todo=reason or tr("in place")), f"[{number}/{len(todo)}] "
        )
        if reason is not None:
            started_s = time.monotonic()
            step.do(context)
            context.console.say(tr("done in {seconds:.0f} s", seconds=time.monotonic() - started_s), DETAIL)


def _run_tests(context: Context, pytest_words: list[str]) -> int:
    python = str(installation.python_path())
    failed = []
    for command in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["pytest", *pytest_words],
    ):
        context.console.say(Text("$ {command}", command=" ".join(command)), "\n")
        if context.runner.pass_through([python, "-m", *command], context.source):
            failed.append(command[0])
    if failed:
        context.console.say(tr("Failed: {what}.", what=", ".join(dict.fromkeys(failed))), "\n")
    return 1 if failed else 0


def _claim(home: Path) -> None:
    """Makes the home, and marks it as ours before anything is put there. Raises UserError."""
    app = home / "app"
    # After --uninstall the user's own pictures may be left in app/backgrounds: that is no other program's folder.
    foreign = (home / "venv").exists() or (app.is_dir() and {path.name for path in app.iterdir()} - {"backgrounds"})
    if foreign and not state.is_ours(home):
        raise UserError(
            tr("{folder} already holds something that this installer did not make.", folder=home),
            tr("Move it away, or set AI_BACKGROUND_HOME to an empty folder."),
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
            tr("{folder} cannot be written ({reason}).", folder=home, reason=error.strerror),
            tr("Make it a folder of yours, or set AI_BACKGROUND_HOME to one that is; then run this again."),
        ) from error


def _refuse_sudo(home: Path) -> None:
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    if existing.stat().st_uid not in (0, os.geteuid()):
        raise UserError(
            tr("With sudo this would leave files of root's in your home folder."),
            tr("Run it without sudo: it needs no administrator."),
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
            raise UserError(tr("Another run of this installer is at work."), tr("Wait until it has ended.")) from error
        yield
    finally:
        os.close(held)  # which also unlocks


def _of_system(error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return packages.disk_full(NOTHING)
    what = Text("{reason}.", reason=error.strerror or error)
    if error.filename:
        what = tr("{file}: {problem}.", file=error.filename, problem=error.strerror or error)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UserError(what, tr("Make it readable and writable for you, then run this again."))
    return UserError(what, tr("Run this again."))


def _unexpected(error: Exception) -> UserError:
    """A mistake of ours: the traceback goes to the log."""
    what = tr("Something unexpected happened: {error}.", error=repr(error))
    path = installation.logs_dir() / "install.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8") as log:
            traceback.print_exception(error, file=log)
    except OSError:
        return UserError(what, tr("Please report it."))
    return UserError(what, tr("Please report it with the end of {file}.", file=path))
