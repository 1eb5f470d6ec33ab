"""The real engine with one fault built in, for the fail-closed and fault suites.

    python -m tests.fakes.faulty_engine STAGE:KIND --ring fd:N

From its 15th call on, for 15 calls, the stage misbehaves: `exception`, `timeout` (blocks for a while), `shape`, `nan`,
`abort` (the process dies as in a native crash) or `leak` (the camera goes out as it is: the planted mistake that the
suite has to notice). All else is the product's own code.
"""

import os
import sys
import time
from typing import Any, Callable

import numpy as np

FIRST, LAST = 15, 30
BLOCK_S = 0.7


def _stages() -> dict[str, tuple[Any, str]]:
    from obs_bgremove.engine import person_cutout, ring_sink
    from obs_bgremove.engine.camera import capture, file_source

    return {
        "advance": (file_source.FileSource, "advance"),
        "frame": (file_source.FileSource, "frame"),
        "deliver": (capture.Capture, "_deliver"),
        "network": (person_cutout.Segmenter, "__call__"),
        "matte": (person_cutout.Matting, "__call__"),
        "composite": (person_cutout, "composite"),
        "cutout": (person_cutout, "cutout"),
        "mask": (person_cutout, "matte_image"),
        "blur": (person_cutout, "blurred_room"),
        "background": (person_cutout.Backgrounds, "get"),
        "cut": (person_cutout.PersonCutout, "cut"),
        "allocate": (ring_sink.RingSink, "allocate"),
        "publish": (ring_sink.RingSink, "publish"),
    }


def _faulty(real: Callable[..., Any], kind: str) -> Callable[..., Any]:
    calls = 0

    def stage(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if not FIRST <= calls < LAST:
            return real(*arguments, **named)
        if kind == "exception":
            raise RuntimeError("a fault on purpose")
        if kind == "timeout":
            if calls == FIRST:
                time.sleep(BLOCK_S)
            return real(*arguments, **named)
        if kind == "abort":
            os.abort()
        if kind == "leak":
            frame, out = arguments[1], arguments[-1]
            out.claim()[..., :3] = frame
            return {}
        result = real(*arguments, **named)
        if isinstance(result, np.ndarray) and result.dtype == np.float32:
            return np.full_like(result, np.nan) if kind == "nan" else result[:3]
        return np.zeros((3, 3), np.float32)

    return stage


def main() -> None:
    """Plants the fault, then runs the engine as usual."""
    name, _, kind = sys.argv.pop(1).partition(":")
    from obs_bgremove.shared import installation

    installation.prepare_process()
    if name != "none":
        owner, attribute = _stages()[name]
        setattr(owner, attribute, _faulty(getattr(owner, attribute), kind))
    from obs_bgremove.engine.__main__ import main as engine

    os._exit(engine())


if __name__ == "__main__":
    main()
