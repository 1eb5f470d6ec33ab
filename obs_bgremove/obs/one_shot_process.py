"""What the engine's Python is asked once in a while: a thread that asks, and the child process that answers.

Used by camera_list.py and thumbnails.py, which the UI thread and callbacks of OBS call: they must never wait for it.
`stop` ends both for good, also a child that is just being started.
"""

import collections
import subprocess
import threading
from typing import Callable, Optional

from obs_bgremove.obs import engine_process, log
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError

WAIT_S = 1.0  # how long `stop` waits for the thread


class OneShotProcess:
    """Tasks, done one after another on a thread that ends with the last one; each may `ask`. `what` is for logs."""

    def __init__(self, name: str, what: str) -> None:
        self.stopped = False
        self.busy = False  # a task is under way or waits for its turn
        self._name, self._what = name, what
        self._lock = threading.Lock()  # for what follows; never held while anything is waited for
        self._tasks: collections.deque[Callable[[], None]] = collections.deque()
        self._thread: Optional[threading.Thread] = None
        self._child: Optional[subprocess.Popen[bytes]] = None

    def do(self, task: Callable[[], None], unless_busy: bool = False) -> None:
        """Returns at once. Nothing is done after `stop`, nor, if so wanted, while another task is under way.

        A UserError of the task becomes a warning in OBS's log.
        """
        with self._lock:
            if self.stopped or (unless_busy and self.busy):
                return
            self._tasks.append(task)
            if not self.busy:
                self.busy = True
                self._thread = threading.Thread(target=self._run, name=f"ai-background {self._name}", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ends what is under way, for good. Idempotent."""
        with self._lock:
            self.stopped = True
            self._tasks.clear()
            thread = self._thread
            if self._child is not None:
                self._child.kill()
        if thread is not None and thread is not threading.current_thread():
            thread.join(WAIT_S)

    # Everything below: on the thread.

    def ask(self, flag: str, timeout_s: float, said: Optional[bytes] = None) -> "tuple[bytes, bytes]":
        """What the engine answers to this flag of its command line, and to `said` on its stdin: stdout and stderr.

        Whatever it takes to end the child has been done by then. Raises UserError, and subprocess.TimeoutExpired.
        """
        command = [str(installation.python_path()), "-m", "obs_bgremove.engine", flag]
        stdin = subprocess.DEVNULL if said is None else subprocess.PIPE
        child = engine_process.spawn(command, str(installation.app_dir()), stdin=stdin)
        try:
            with self._lock:
                self._child = child
                if self.stopped:  # meanwhile, when there was no child to end yet
                    child.kill()
            return child.communicate(said, timeout_s)
        finally:
            with self._lock:
                self._child = None
            if child.poll() is None:
                child.kill()
                child.communicate()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._tasks:
                    self.busy = False
                    return
                task = self._tasks.popleft()
            try:
                task()
            except UserError as error:
                if not self.stopped:  # else its end was wanted
                    log.write("warning", str(error))
            except Exception as error:
                log.bug(self._what, error)
