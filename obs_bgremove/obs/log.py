"""Lines for OBS's own log: one per event, marked as ours, without secrets.

`obspython.blog` is safe on any thread, also where no script is current; `print` is not. Outside OBS (tests) the lines
go to the standard logging module.
"""

import logging
import os
import traceback

from obs_bgremove.shared.redaction import redact

LEVELS = {"error": 100, "warning": 200, "info": 300}


def bug(what: str, error: BaseException) -> None:
    """A mistake of ours, in one line: what failed, with which error, and where, innermost place first."""
    frames = reversed(traceback.extract_tb(error.__traceback__))
    places = " < ".join(f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    write("error", f"{what}: internal error {error!r} at {places or 'an unknown place'}")


def write(level: str, text: str) -> None:
    """One line, `level` as in protocol.LEVELS."""
    line = "[AI Background] " + " ".join(redact(text).split())
    try:
        import obspython
    except ImportError:
        logging.getLogger("ai_background").log(getattr(logging, level.upper()), line)
        return
    obspython.blog(LEVELS[level], line)
