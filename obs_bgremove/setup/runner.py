"""Runs the installer's commands: shows that something moves, keeps all that they print in one log.

`Runner` is the only place where an installation starts programs, and the seam that its tests replace.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from obs_bgremove.shared.child_process import clean_environment
from obs_bgremove.shared.language import Text, tr

# Settings of the user's shell that would make pip work on something else than our own environment.
_FOREIGN = """
    VIRTUAL_ENV PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_VIRTUALENV PIP_PYTHON PIP_NO_DEPS PIP_DRY_RUN
    PIP_CONSTRAINT PIP_REQUIREMENT PIP_NO_BINARY PIP_ONLY_BINARY
""".split()  # noqa: SIM905
_LOG_LIMIT_BYTES = 2_000_000
# Without a terminal a line this often says that it still works.
_QUIET_INTERVAL_S = 15.0


@dataclass(frozen=True)
class Result:
    """How a command ended, and all it printed (both streams, in order)."""

    returncode: int
    output: str


def environment_for(home: Path) -> dict[str, str]:
    """The environment of every command: the user's own, less what would lead Python astray."""
    kept = {key: value for key, value in clean_environment(os.environ).items() if key not in _FOREIGN}
    return {
        **kept,
        "AI_BACKGROUND_HOME": str(home),
        "MPLCONFIGDIR": str(home / "cache" / "matplotlib"),
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }


class Console:
    """What the person sees. On a terminal the last line shows what is being done and for how long."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._shown = 0
        self._next_line_s = 0.0

    def say(self, text: Text, before: str = "") -> None:
        """A line that stays, after white space that sets it off."""
        self.clear()
        print(before + text.local(), file=self._stream, flush=True)

    def ask(self, question: Text) -> bool:
        """A question with yes or no, where Enter alone means yes. False where nobody is there to answer."""
        if not self._live or not sys.stdin.isatty():
            return False
        self.clear()
        try:
            answer = input(f"\n{question.local()} {tr('[Y/n]').local()} ")
        except EOFError:
            return False
        yes = tr("yes").local()
        return answer.strip().lower() in ("", "y", "yes", yes[0], yes)

    def begin(self) -> None:
        """A long command starts: its first progress line may come at once."""
        self._next_line_s = time.monotonic() + 2

    def progress(self, text: Text, elapsed_s: float) -> None:
        """A line that the next one replaces (terminal), or that comes every few seconds (file, CI)."""
        line = "      " + tr("{doing} … {seconds:.0f} s", doing=text, seconds=elapsed_s).local()
        if self._live:
            line = line[:100]
            self._stream.write("\r" + line.ljust(self._shown))
            self._stream.flush()
            self._shown = len(line)
        elif time.monotonic() >= self._next_line_s:
            self._next_line_s = time.monotonic() + _QUIET_INTERVAL_S
            print(line, file=self._stream, flush=True)

    def clear(self) -> None:
        """Takes the progress line away."""
        if self._live and self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._shown = 0


class Runner:
    """Starts commands in the home's environment. The log is opened with the first command, so that a run with
    nothing to do writes nothing."""

    def __init__(self, home: Path, console: Console) -> None:
        self.home = home
        self.console = console
        self.log_path = home / "logs" / "install.log"

    def ask(self, args: Sequence[str]) -> Result:
        """A short question to a program: neither shown nor logged, so that looking changes nothing. Raises OSError."""
        run = subprocess.run(
            list(args),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env={**environment_for(self.home), "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )
        return Result(run.returncode, run.stdout)

    def pass_through(self, args: Sequence[str], cwd: Path) -> int:
        """Runs a command that speaks to the person itself (the test suite); returns its exit code. Raises OSError."""
        return subprocess.call(list(args), stdin=subprocess.DEVNULL, env=environment_for(self.home), cwd=cwd)

    def run(
        self,
        args: Sequence[str],
        doing: Text,
        summarise: Callable[[str], Text | None] = lambda line: None,
        extra_env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Result:
        """Runs a command to its end. `summarise` turns a line of output into a progress text, or None to keep the last.

        Raises OSError when the program cannot be started.
        """
        started_s = time.monotonic()
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT_BYTES:
            self.log_path.unlink()
        output: list[str] = []
        lines: queue.Queue[str | None] = queue.Queue()
        self.console.begin()
        with open(self.log_path, "a", encoding="utf-8", errors="replace") as log:
            log.write(f"\n$ {' '.join(args)}\n")
            process = subprocess.Popen(
                list(args),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                env={**environment_for(self.home), **(extra_env or {})},
                cwd=cwd or self.home,
            )
            assert process.stdout is not None
            reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True)
            reader.start()
            try:
                while True:
                    try:
                        line = lines.get(timeout=1)
                    except queue.Empty:
                        pass
                    else:
                        if line is None:
                            break
                        output.append(line)
                        log.write(line)
                        log.flush()
                        doing = summarise(line.strip()) or doing
                    self.console.progress(doing, time.monotonic() - started_s)
                returncode = process.wait()
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
                reader.join(timeout=5)
                self.console.clear()
            log.write(f"[exit {returncode}, {time.monotonic() - started_s:.1f} s]\n")
        return Result(returncode, "".join(output))


def _read(stream: IO[str], lines: queue.Queue[str | None]) -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)
