"""Lines for OBS's own log: one per event, marked as ours, without secrets.

`obspython.blog` is safe on any thread, also where no script is current; `print` is not. Outside OBS (tests) the lines
go to the standard logging module.
"""

import logging

from obs_bgremove.shared.redaction import redact

LEVELS = {"error": 100, "warning": 200, "info": 300}


def write(level: str, text: str) -> None:
    """One line, `level` as in protocol.LEVELS."""
    line = "[AI Background] " + " ".join(redact(text).split())
    try:
        import obspython
    except ImportError:
        logging.getLogger("ai_background").log(getattr(logging, level.upper()), line)
        return
    obspython.blog(LEVELS[level], line)
