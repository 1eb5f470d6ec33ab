"""One run of the engine process: its pipes, the two threads that read them, its end. Owned by engine_supervisor.py.

The pump thread reads messages from stdout and hands them on; the other one drains stderr and keeps its last lines for
error messages. The process leaves by itself when its stdin closes, also when OBS is killed.
"""

import collections
import contextlib
import os
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Optional

from obs_bgremove.obs import log, thread_pool
from obs_bgremove.shared import child_process, installation, protocol
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import NOTHING, tr
from obs_bgremove.shared.redaction import redact

LEAVE_S = 1.0  # how long a process may take to leave by itself after its stdin closed
KILL_S = 1.0  # how long SIGKILL may take; only the kernel (a stuck camera driver) takes longer, and we go on without it
STDERR_LINES = 60
STDERR_LINE_BYTES = 4096
_CRASH = ("Fatal Python error", "Windows fatal exception")  # how faulthandler begins


def spawn(command: list[str], folder: str, descriptor: Optional[int] = None, **more: Any) -> "subprocess.Popen[bytes]":
    """A child with pipes, without a shell, that inherits nothing but `descriptor`. Raises UserError.

    Out of OBS's Flatpak it is started on the host, where its Python is; the process here is then Flatpak's messenger.
    """
    if sys.platform == "win32":
        more["creationflags"] = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    else:
        # Its own session: Ctrl-C in OBS's terminal is for OBS, which then ends the engine in good order.
        more.update(start_new_session=True, pass_fds=() if descriptor is None else (descriptor,))
    if child_process.in_flatpak():
        child_process.check_host()
        command = child_process.host_command(command, folder, descriptor)
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=child_process.clean_environment(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            close_fds=True,
            **more,
        )
    except OSError as error:
        raise UserError(
            tr("The engine could not be started ({reason}).", reason=error.strerror),
            tr("Run `{command}` again.", command=installation.INSTALL_COMMAND),
        ) from error


class EngineProcess:
    """A started engine; `state` gives the message it gets first.

    `on_message` and `on_end` are called on the pump thread. `close()` is idempotent.
    """

    def __init__(
        self,
        command: list[str],
        folder: str,
        descriptor: Optional[int],
        state: Callable[[], bytes],
        on_message: Callable[[dict[str, Any]], None],
        on_end: Callable[[], None],
    ) -> None:
        self.started = self.last_line = time.monotonic()
        self.first_frame: Optional[float] = None  # when it was up and running
        self.writing_since: Optional[float] = None  # a write that lasts: the engine does not read
        self.failure = NOTHING  # why its messages cannot be trusted any more
        self._state, self._on_message, self._on_end = state, on_message, on_end
        self._write_lock = threading.Lock()
        self._stderr: collections.deque[str] = collections.deque(maxlen=STDERR_LINES)
        self._tasks: list[thread_pool.Task] = []
        self._popen = spawn(command, folder, descriptor, stdin=subprocess.PIPE)
        try:
            self.pid = self._popen.pid  # until it says hello: a launcher may stand between
            self._tasks.append(thread_pool.PUMPS.start(self._pump))
            self._tasks.append(thread_pool.DRAINS.start(self._drain_stderr))
        except BaseException:  # no thread can be started: without an owner, the process and its pipes must not stay
            self.close(gently=False)
            raise

    def write_state(self) -> None:
        """Sends the wanted state as it is once the pipe is ours: an older one must not overtake a newer one."""
        self._write(self._state)

    def write(self, line: bytes) -> None:
        """Sends a message. A process that does not read blocks this until it is killed; one that is gone is fine."""
        self._write(lambda: line)

    def _write(self, line: Callable[[], bytes]) -> None:
        stdin = self._popen.stdin
        assert stdin is not None
        with self._write_lock:
            self.writing_since = time.monotonic()
            try:
                stdin.write(line())
                stdin.flush()
            except (OSError, ValueError):
                pass  # it has ended; the supervisor notices that by itself
            finally:
                self.writing_since = None

    @property
    def exit_code(self) -> Optional[int]:
        """None while it runs."""
        return self._popen.poll()

    @property
    def last_words(self) -> str:
        """The end of its stderr in one line, redacted; after a crash, from where it says what happened."""
        lines = [redact(line) for line in self._stderr if line.strip()]  # before they are cut
        crash = next((number for number, line in enumerate(lines) if line.startswith(_CRASH)), None)
        return " | ".join(lines)[-400:] if crash is None else " | ".join(lines[crash:])[:600]

    def close(self, gently: bool) -> None:
        """Ends the process: by closing its stdin, and by SIGKILL when that takes too long or is not wanted."""
        stdin = self._popen.stdin
        assert stdin is not None
        if gently and self._write_lock.acquire(timeout=0.1):
            try:
                stdin.close()
            except OSError:
                pass
            finally:
                self._write_lock.release()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(LEAVE_S)
        if self._popen.poll() is None:
            self._popen.kill()
            try:
                self._popen.wait(KILL_S)
            except subprocess.TimeoutExpired:
                return  # stuck in the kernel: it runs none of our code any more; our threads end when it does
        for task in self._tasks:
            task.join(KILL_S)
        for pipe in (stdin, self._popen.stdout, self._popen.stderr):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass

    def _pump(self) -> None:
        stdout = self._popen.stdout
        assert stdout is not None
        self.write_state()
        try:
            while line := stdout.readline(protocol.MAX_LINE_BYTES + 1):
                message = protocol.decode(line)
                self.last_line = time.monotonic()
                if message["type"] == "hello":
                    self.pid = message["pid"]
                if message["type"] == "frame" and self.first_frame is None:
                    self.first_frame = self.last_line
                self._on_message(message)
        except protocol.ProtocolError as error:
            self.failure = tr("the engine sent something that is not a message ({error})", error=error)
        except Exception as error:
            log.bug(f"A message of the engine (process {self.pid}) could not be handled", error)
            self.failure = tr("a message could not be handled ({error})", error=repr(error))
        self._on_end()

    def _drain_stderr(self) -> None:
        stderr = self._popen.stderr
        assert stderr is not None
        # A size limit: without it, a process that never ends its line would fill OBS's memory. Of a longer line the
        # rest is dropped, and so is the word at the cut: half an address cannot be redacted.
        begins = True
        while line := stderr.readline(STDERR_LINE_BYTES):
            ends = line.endswith(b"\n")
            if begins:
                text = line.decode(errors="replace")
                self._stderr.append(text.rstrip() if ends or len(line) < STDERR_LINE_BYTES else text.rpartition(" ")[0])
            begins = ends
