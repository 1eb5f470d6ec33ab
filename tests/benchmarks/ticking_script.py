"""Somebody else's script for OBS: notes when it is ticked, to see whether ours makes others wait. See smooth.py."""

import os
import time
from typing import TextIO

_file: "TextIO | None" = None


def script_load(settings: object) -> None:
    global _file
    _file = open(os.environ["TICKS"], "w", buffering=8192)  # noqa: SIM115


def script_tick(seconds: float) -> None:
    if _file is not None:
        _file.write(f"{time.monotonic():.4f}\n")


def script_unload() -> None:
    if _file is not None:
        _file.close()
