"""Imports MediaPipe's vision tasks without what is never used of them.

`mediapipe.tasks.python.vision` imports matplotlib (for drawing helpers) and, for its audio tasks, sounddevice (which
opens the sound system). Left out, the engine is ready 0.9 s earlier (measured: 1.1 s to 0.1 s), which is what a viewer
waits for after a crash.
"""

import sys
import types
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
