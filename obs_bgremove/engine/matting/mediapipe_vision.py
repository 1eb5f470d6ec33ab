"""MediaPipe's vision tasks without what is never used of them, and without its detours.

`mediapipe.tasks.python.vision` imports matplotlib (for drawing helpers) and, for its audio tasks, sounddevice (which
opens the sound system). Left out, the engine is ready 0.9 s earlier (measured: 1.1 s to 0.1 s), which is what a viewer
waits for after a crash.
"""

import sys
import types
import weakref
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

_NOT_NEEDED = ("matplotlib", "matplotlib.pyplot", "sounddevice")


def import_vision() -> Any:
    """The module `mediapipe.tasks.python.vision`. Modules that are loaded already are left as they are."""
    placeholders = {name: types.ModuleType(name) for name in _NOT_NEEDED if name not in sys.modules}
    sys.modules.update(placeholders)
    try:
        from mediapipe.tasks.python import vision
    finally:
        for name in placeholders:
            del sys.modules[name]
    return vision


def call_at_once(segmenter: Any) -> None:
    """Make a `vision.ImageSegmenter` call its native library on the thread that calls it, one thread at a time.

    MediaPipe hands every call, two a picture, to a thread of its own and waits for it: so that the library is never
    entered twice at a time, which the caller now has to see to. Handing over costs 0.5 ms of processor time a picture
    (measured side by side: 8.0 and 7.5 ms). A MediaPipe that is built otherwise inside is left as it is.
    """
    from mediapipe.tasks.python.vision import image_segmenter

    try:
        dispatcher, signatures = segmenter._lib, image_segmenter._CTYPES_SIGNATURES
        register, former = dispatcher._register_signature, dispatcher._executor
    except AttributeError:
        return
    dispatcher._executor = _AtOnce()
    for signature in signatures:
        register(signature)
    former.shutdown()


def disarm(reference: "weakref.ref[Any]") -> None:
    """For atexit: drop the handle of a MediaPipe task that was left open. It would print a traceback from __del__ when
    the interpreter ends, because what it needs to close itself is gone by then."""
    task = reference()
    if task is not None:
        task._handle = None


class _AtOnce(Executor):
    """Runs what is submitted before it returns. Raises what that raises."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return _Result(fn(*args, **kwargs))


class _Result:
    """Of something done already: as much of a Future as MediaPipe asks for."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def result(self) -> Any:
        return self._value
