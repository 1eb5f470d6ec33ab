"""The engine's end of the pipe: a thread that reads what OBS wants, and a safe way to say things to OBS.

`HostLink` owns stdin and stdout. The reader thread keeps the newest settings and the commands not yet taken; the worker
reads them. When the pipe closes (OBS has gone, however it ended), `closed` is set, and the process ends even should the
worker hang.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from obs_bgremove.shared import protocol
from obs_bgremove.shared.protocol import DesiredState

# How long the worker may take to leave by itself once OBS has gone.
LEAVE_WITHIN_S = 1.0
log = logging.getLogger(__name__)


class HostLink:
    """stdin, stdout and the reader thread. `desired` is the newest state, None before the first; `wake` is called on
    the reader thread whenever something has changed."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.closed = False
        self.desired: DesiredState | None = None
        self._wake = wake
        self._lock = threading.Lock()
        self._commands: list[str] = []
        # Windows serialises what is done with a synchronous pipe: while our thread reads fd 0, a library whose start-up
        # code asks about stdin would wait, inside the loader lock, until OBS writes (numpy#24290, cpython#78961).
        self._in = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, sys.stdin.fileno())
        os.close(null)
        # Native libraries print to stdout as they like; from here on that goes to stderr and the pipe is ours alone.
        self._out = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        os.set_inheritable(self._out, False)

    def start(self) -> None:
        """Begins to read."""
        threading.Thread(target=self._read, name="link", daemon=True).start()

    def take_commands(self) -> list[str]:
        """The commands that came since the last call, in order."""
        with self._lock:
            commands, self._commands = self._commands, []
        return commands

    def send(self, kind: str, **fields: Any) -> None:
        """One message to OBS. A pipe that is gone marks the link closed."""
        data = protocol.encode(kind, **fields)
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except OSError:
            self.closed = True

    def _read(self) -> None:
        try:
            for line in self._in:
                self._handle(line)
        except (OSError, ValueError) as error:
            log.warning("reading from OBS failed: %s", error)
        self.closed = True
        self._wake()
        leave = threading.Timer(LEAVE_WITHIN_S, os._exit, (0,))
        leave.daemon = True
        leave.start()

    def _handle(self, line: bytes) -> None:
        try:
            message = protocol.decode(line)
            if message["type"] == "settings":
                self.desired = DesiredState.decode(message)
        except protocol.ProtocolError as error:
            log.warning("ignored from OBS: %s", error)
            return
        if message["type"] == "command":
            with self._lock:
                self._commands.append(message["name"])
        self._wake()
