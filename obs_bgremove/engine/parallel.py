"""One helper thread: a second core for work beside the network and for a part of each frame's rows.

It is owned here and shared by matting and composite, which call it from the engine's worker thread. The kernels release
the interpreter lock and divide the picture by rows, so results do not depend on whether or when the helper runs.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

BANDS = (
    8  # of a frame's rows; a call of a compiled loop costs 20 us, so more of them are slower again. (The grid's loops
)
# are so short that handing over a part costs what it saves: 12.07 and 12.10 ms a frame, in random order.)
_CORES = os.cpu_count() or 1
_pool: list[ThreadPoolExecutor] = []


def submit(work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
    """Start work(*arguments) on the helper thread; on a machine with one core, do it at once."""
    if _CORES == 1:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*arguments))
        except Exception as error:
            done.set_exception(error)
        return done
    if not _pool:
        _pool.append(ThreadPoolExecutor(1, "matte-helper"))  # ends with the interpreter
    return _pool[0].submit(work, *arguments)


def in_bands(rows: int, work: Callable[[int, int], Any]) -> None:
    """Call work(y0, y1) for BANDS bands that make up all rows. Each core takes the next band as soon as it is free: the
    work is in the lower half of a picture, where people are, and the other core may be busy. Raises what `work`
    raises."""
    step = -(-rows // BANDS)
    bands = iter(range(0, rows, step))

    def run() -> None:
        for y0 in bands:  # one iterator for both threads: the interpreter lock makes each `next` whole
            work(y0, min(y0 + step, rows))

    beside = submit(run)
    try:
        run()
    finally:
        if not beside.cancel():  # not begun: the helper is at other work, and there is nothing left to do
            beside.result()
