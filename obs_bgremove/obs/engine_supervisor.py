"""Keeps an engine process running for one source: start, watch, restart with back-off, stop.

Owns the supervisor thread. A process that has ended is replaced at once, one that stays silent is killed first (it
sends its `stats` every second, so silence is a hang); one that fails again and again is started ever more rarely. What
prevents a start (environment, model) is checked every few seconds, so the source recovers once the cause is gone.
"""

import threading
import time
from typing import Any, Optional, Protocol

from obs_bgremove import __version__
from obs_bgremove.obs import log, thread_pool
from obs_bgremove.obs.engine_process import EngineProcess
from obs_bgremove.shared import installation, protocol
from obs_bgremove.shared.errors import UserError, exit_in_words
from obs_bgremove.shared.language import tr
from obs_bgremove.shared.protocol import DesiredState

SILENCE_S = 2.0  # a running engine that says nothing for so long hangs
START_S = 30.0  # the same until its first frame: imports from a cold disk, compiling kernels, opening a camera
STEADY_S = 5.0  # a process that ran for so long was well; its end counts as a first failure
BACK_OFF_S = (0.0, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
CHECK_AGAIN_S = 3.0
TICK_S = 0.1


class EngineOwner(Protocol):
    """Whoever has an engine: what the supervisor asks and reports. On the supervisor's thread unless said otherwise."""

    def engine_check(self) -> Optional[UserError]:
        """What prevents a start, or None."""

    def engine_starting(self) -> None:
        """A new process is about to be started, and may then write into the ring."""

    def engine_said(self, message: dict[str, Any]) -> None:
        """A message of the engine. Pump thread."""

    def engine_problem(self, problem: Optional[UserError], retry_s: Optional[float]) -> None:
        """What keeps the engine from running, and in how many seconds it is started again (None: once the cause is
        gone). `problem` None, on the pump thread: it runs again."""

    def engine_tick(self) -> None:
        """Every 0.1 s."""


class EngineSupervisor:
    """The engine of one source, kept running until `stop`."""

    def __init__(self, command: list[str], folder: str, descriptor: Optional[int], owner: EngineOwner) -> None:
        self._command, self._folder, self._descriptor, self._owner = command, folder, descriptor, owner
        self._desired = DesiredState()
        self._process: Optional[EngineProcess] = None
        self._wake = threading.Event()
        self._stopping = self._restarting = False
        self._mismatch: Optional[UserError] = None
        self._task: Optional[thread_pool.Task] = None

    def start(self, desired: DesiredState) -> None:
        """Starts the engine; the desired state is sent first to every new process."""
        self._desired = desired
        self._task = thread_pool.SUPERVISORS.start(self._run)

    def want(self, desired: DesiredState) -> None:
        """Tells the engine what is wanted from now on, if that is anything new."""
        if desired == self._desired:
            return
        self._desired = desired
        process = self._process
        if process is not None:
            process.write_state()

    def command(self, name: str) -> None:
        """Sends one of protocol.COMMANDS to the running engine, if there is one."""
        process = self._process
        if process is not None:
            process.write(protocol.encode("command", name=name))

    def restart(self) -> None:
        """A new process, now, whatever the present one or the back-off is at."""
        self._restarting = True
        self._wake.set()

    def stop(self, timeout_s: float) -> bool:
        """Ends the process and the thread. False when that took longer than the limit. Idempotent."""
        self._stopping = True
        self._wake.set()
        return self._task is None or self._task.join(timeout_s)

    @property
    def pid(self) -> Optional[int]:
        """The engine's process id: its own word for it once it has said hello."""
        process = self._process
        return process.pid if process is not None else None

    # Everything below: supervisor thread, unless said otherwise.

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            self._restarting = False
            problem = self._owner.engine_check()
            if problem is not None:
                self._owner.engine_problem(problem, None)
                self._pause(CHECK_AGAIN_S)
                continue
            try:
                steady, problem = self._run_once()
            except UserError as error:
                steady, problem = False, error
            except Exception as error:  # our own bug must not end the watch
                log.bug("The engine's supervisor", error)
                steady, problem = (
                    False,
                    UserError(tr("Internal error: {error}.", error=repr(error)), tr("Please report it: see Details.")),
                )
            if problem is None:
                failures = 0
                continue
            failures = 1 if steady else failures + 1
            delay_s = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
            self._owner.engine_problem(problem, delay_s)
            self._pause(delay_s)

    def _run_once(self) -> tuple[bool, Optional[UserError]]:
        """One process from start to end: whether it ran well, and what went wrong (None: its end was wanted)."""
        self._mismatch = None
        self._owner.engine_starting()
        problem: Optional[UserError] = None
        sent = self._desired
        process = EngineProcess(
            self._command, self._folder, self._descriptor, lambda: self._desired.encode(), self._receive, self._wake.set
        )
        try:
            self._process = process
            if sent is not self._desired:
                process.write_state()  # it changed before `want` knew this process
            problem = self._watch(process)
        finally:
            self._process = None
            process.close(gently=problem is None)
        if problem is not None and process.last_words:
            log.write("info", f"Last words of the engine (process {process.pid}): {process.last_words}")
        well = process.first_frame is not None and time.monotonic() - process.first_frame > STEADY_S
        return well, problem

    def _watch(self, process: EngineProcess) -> Optional[UserError]:
        silent_ticks, heard = 0, process.last_line
        deaf_ticks, writing = 0, process.writing_since
        while not (self._stopping or self._restarting):
            self._wake.wait(TICK_S)
            self._wake.clear()
            self._owner.engine_tick()
            # In ticks of ours, not in seconds: on a machine so busy that these come late, the engine is late as well.
            silent_ticks, heard = (silent_ticks + 1 if heard == process.last_line else 0), process.last_line
            # One that sends frames and does not read would never hear of privacy, and blocks whoever tells it.
            waits = writing is not None and writing == process.writing_since
            deaf_ticks, writing = (deaf_ticks + 1 if waits else 0), process.writing_since
            if self._mismatch is not None:
                return self._mismatch
            if process.failure:
                return UserError(tr("The engine was stopped: {reason}.", reason=process.failure))
            if process.exit_code is not None:
                return UserError(
                    tr("The engine stopped unexpectedly ({ending}).", ending=exit_in_words(process.exit_code))
                )
            limit_s = START_S if process.first_frame is None else SILENCE_S
            if max(silent_ticks, deaf_ticks) * TICK_S > limit_s:
                return UserError(tr("The engine did not answer for {seconds:.0f} s and was stopped.", seconds=limit_s))
        return None

    def _pause(self, seconds: float) -> None:
        """Waits, with the ticks going on, until the time is up or a restart or the end is wanted."""
        until = time.monotonic() + seconds
        while not (self._stopping or self._restarting) and (left := until - time.monotonic()) > 0:
            self._wake.wait(min(left, TICK_S))
            self._wake.clear()
            self._owner.engine_tick()

    def _receive(self, message: dict[str, Any]) -> None:
        """Pump thread."""
        if message["type"] == "hello":
            if message["version"] != __version__:
                self._mismatch = UserError(
                    tr(
                        "The engine is version {version}, the script in OBS is {ours}.",
                        version=message["version"],
                        ours=__version__,
                    ),
                    tr("Run `{command}` again, then restart OBS.", command=installation.INSTALL_COMMAND),
                )
                self._wake.set()
            else:
                self._owner.engine_problem(None, None)
        if self._mismatch is None:
            self._owner.engine_said(message)


def engine_command(python: str, token: str, log_path: str) -> list[str]:
    """The command line of the engine. It holds no secret: the settings go through the pipe."""
    return [python, "-X", "faulthandler", "-m", "obs_bgremove.engine", "--ring", token, "--log", log_path]
