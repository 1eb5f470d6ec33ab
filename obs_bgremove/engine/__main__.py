"""The engine process: `python -m obs_bgremove.engine --ring TOKEN [--log PATH]`, started and ended by OBS's side.

Also `--list-cameras` (one JSON list, see CameraDevice.to_dict), `--warm-up` (compiles the kernels; done by
install.py), `--thumbnails` (small pictures of backgrounds, for the panel) and `--try` (tries what a source needs; done
by doctor).
"""

import argparse
import copy
import json
import logging
import logging.handlers
import os
import sys
from pathlib import Path

from obs_bgremove import __version__
from obs_bgremove.shared import installation

# OBS comes first when the processor is short: its frames are the stream. (Windows: set where the process is started.)
# Measured in OBS 29 with software GL on two busy cores: frames OBS skipped fell from 17 % to 10 %.
NICENESS = 10
LOG_BYTES, LOG_FILES = 512 * 1024, 2
_LOG_LINE = "%(asctime)s %(levelname)s %(threadName)s %(message)s"


def main() -> int:
    """Runs one of the five; returns the exit code: 0, or 1 when there is a message on stderr."""
    parser = argparse.ArgumentParser(prog="python -m obs_bgremove.engine", description=__doc__)
    parser.add_argument("--ring", metavar="TOKEN", help="the shared memory: fd:N or tag:NAME")
    parser.add_argument("--log", metavar="PATH", type=Path, help="a log file, kept small by rotation")
    parser.add_argument("--list-cameras", action="store_true")
    parser.add_argument("--warm-up", action="store_true")
    parser.add_argument("--thumbnails", action="store_true")
    parser.add_argument("--try", action="store_true", dest="trial")
    arguments = parser.parse_args()
    installation.prepare_process()
    if arguments.list_cameras:
        from obs_bgremove.engine.camera.devices import list_cameras

        print(json.dumps([device.to_dict() for device in list_cameras()]))
        return 0
    if arguments.warm_up:
        from obs_bgremove.engine.person_cutout import warm_up

        warm_up()
        return 0
    if arguments.thumbnails:
        if hasattr(os, "nice"):
            os.nice(NICENESS)
        from obs_bgremove.engine import thumbnails

        return thumbnails.main()
    if arguments.trial:
        from obs_bgremove.engine import source_check

        return source_check.main()
    if arguments.ring is None:
        parser.error("--ring is needed: this is started by OBS, see `python -m obs_bgremove --help`")
    return _serve(arguments.ring, arguments.log)


class _WithoutTraceback(logging.Formatter):
    """For stderr, whose last lines OBS's side shows to people: one line for each message, its traceback left out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        bare = copy.copy(record)  # the log file's handler gets the same record
        bare.exc_info = bare.exc_text = None
        return super().format(bare)


def _serve(token: str, log_path: Path | None) -> int:
    if hasattr(os, "nice"):
        os.nice(NICENESS)  # before the libraries are loaded: a second of work, while OBS goes on
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(_WithoutTraceback(_LOG_LINE))
    handlers: list[logging.Handler] = [console]
    if log_path is not None:
        try:
            log_path.parent.mkdir(parents=True, exist_ok=True)
            handlers.append(logging.handlers.RotatingFileHandler(log_path, "a", LOG_BYTES, LOG_FILES, "utf-8"))
        except OSError as error:
            print(f"no log file: {error}", file=sys.stderr)
    logging.basicConfig(level=logging.INFO, handlers=handlers, format=_LOG_LINE)
    logging.raiseExceptions = False  # a full disk must not fill stderr with tracebacks
    import cv2

    from obs_bgremove.engine.worker import Worker
    from obs_bgremove.shared.errors import UserError
    from obs_bgremove.shared.frame_ring import Ring

    # OpenCV's threads wait in busy loops, on cores that OBS needs. Without them, measured as above: 10 % less processor
    # time, 29.6 instead of 28.8 frames a second, and 6 of 1865 frames skipped by OBS instead of 215.
    cv2.setNumThreads(1)
    ring = Ring.open(token)
    try:
        Worker(ring).run(__version__, os.getpid())
    except UserError as error:
        logging.error("%s", error)
        return 1
    except Exception as error:
        # A mistake of ours. OBS's side starts another engine; one line tells a person, the log file keeps the rest.
        logging.error("internal error: %s: %s", type(error).__name__, error, exc_info=error)
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Not sys.exit: a driver's thread that hangs, or a library's teardown, must not keep the process.
    os._exit(code)
