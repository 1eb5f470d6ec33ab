"""Lines for OBS's own log: one an event, marked as ours, without passwords.

`obspython.blog` is safe on any thread, also where no script is current; `print` is not. Outside OBS (tests) the lines
go to the standard logging module.
"""

import logging
import re

LEVELS = {"error": 100, "warning": 200, "info": 300}
_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@]*@", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """The text with `user:password@` taken out of every URL in it."""
    return _PASSWORD.sub(r"\1…@", text)


def write(level: str, text: str) -> None:
    """One line, `level` as in protocol.LEVELS."""
    line = "[AI Background] " + " ".join(without_passwords(text).split())
    try:
        import obspython
    except ImportError:
        logging.getLogger("ai_background").log(getattr(logging, level.upper()), line)
        return
    obspython.blog(LEVELS[level], line)
