"""The one clock of the engine: for time-outs, pacing and the capture times in the ring. Any thread.

`time.perf_counter` is libobs's own clock on every system (QueryPerformanceCounter, mach_absolute_time,
CLOCK_MONOTONIC) and counts from the same moment in every process. `time.monotonic` is not used: on Windows before
Python 3.13 it advances in steps of 15.6 ms, half a frame at 30 fps. Standard library only.
"""

import time


def now_s() -> float:
    """Seconds since some moment in the past."""
    return time.perf_counter()


def now_ns() -> int:
    """The same in nanoseconds."""
    return time.perf_counter_ns()
