"""One helper thread, so that work beside the network and half of each frame's rows can run on a second core.

Owned here, shared by matting and composite, which call it from the engine's worker thread. The kernels release the
interpreter lock and divide the picture by rows, so results do not depend on whether or when the helper runs.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

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


def in_halves(rows: int, work: Callable[[int, int], Any]) -> None:
    """work(0, rows / 2) and work(rows / 2, rows) side by side. Raises what either raises."""
    middle = rows // 2
    lower = submit(work, middle, rows)
    try:
        work(0, middle)
    finally:
        lower.result()
