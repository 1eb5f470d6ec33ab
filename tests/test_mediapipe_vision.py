"""MediaPipe is imported without its ballast, and nobody else notices."""

import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from obs_bgremove.engine.mediapipe_vision import import_vision
assert import_vision().ImageSegmenter
ballast = {"matplotlib", "matplotlib.pyplot", "sounddevice", "matplotlib.figure"}
print(sorted(ballast & set(sys.modules)))
import matplotlib.figure
print(matplotlib.figure.Figure.__name__)
"""


def test_the_ballast_is_not_loaded_and_can_still_be_imported_afterwards() -> None:
    result = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=Path(__file__).resolve().parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.splitlines() == ["[]", "Figure"]
