"""What native libraries print to stderr goes to a file: MediaPipe's greetings would tear the progress bar apart."""

import contextlib
import os
import sys

from obs_bgremove.shared import installation

LOG_NAME = "command-line.log"


def into_log() -> None:
    """From now on, for this process. What Python prints still reaches the person. Does nothing where stderr is not
    the process's own, or no log can be written."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if sys.stderr.fileno() != 2:
            return
        installation.logs_dir().mkdir(parents=True, exist_ok=True)
        log = os.open(installation.logs_dir() / LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        sys.stderr.flush()
        own = os.dup(2)
        os.dup2(log, 2)
        os.close(log)
        sys.stderr = os.fdopen(own, "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1)
