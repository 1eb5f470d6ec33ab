"""MediaPipe is imported without its ballast and called without its detour, and nobody else notices."""

import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from obs_bgremove.engine.matting.mediapipe_vision import call_at_once, import_vision

CODE = """
import sys
from obs_bgremove.engine.matting.mediapipe_vision import import_vision
assert import_vision().ImageSegmenter
ballast = {"matplotlib", "matplotlib.pyplot", "sounddevice", "matplotlib.figure"}
print(sorted(ballast & set(sys.modules)))
import matplotlib.figure
print(matplotlib.figure.Figure.__name__)
"""


def test_the_ballast_is_not_loaded_and_can_still_be_imported_afterwards() -> None:
    result = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.splitlines() == ["[]", "Figure"]


@pytest.fixture
def segmenter(assets: Path) -> Any:
    vision = import_vision()
    from mediapipe.tasks import python as tasks

    options = vision.ImageSegmenterOptions(
        base_options=tasks.BaseOptions(model_asset_buffer=(assets / "selfie_segmentation.tflite").read_bytes()),
        output_confidence_masks=True,
    )
    with vision.ImageSegmenter.create_from_options(options) as made:
        yield made


def _masks(segmenter: Any) -> Any:
    import mediapipe

    picture = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
    answer = segmenter.segment(image).confidence_masks[0]
    return answer.numpy_view().copy()


def test_called_at_once_the_answer_is_the_same_and_no_thread_is_left(segmenter: Any) -> None:
    before, threads = _masks(segmenter), threading.active_count()
    call_at_once(segmenter)
    assert threading.active_count() == threads - 1
    assert np.array_equal(_masks(segmenter), before)
    assert threading.active_count() == threads - 1


def test_called_at_once_an_error_is_still_an_exception(segmenter: Any) -> None:
    call_at_once(segmenter)
    import mediapipe

    picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.zeros((256, 256, 3), np.uint8))
    with pytest.raises(ValueError, match="video mode"):  # it was made for single pictures
        segmenter.segment_for_video(picture, 1)
    assert _masks(segmenter).shape[:2] == (256, 256)


def test_a_mediapipe_built_otherwise_is_left_as_it_is() -> None:
    other = SimpleNamespace(_lib=SimpleNamespace(_executor=None))
    call_at_once(other)
    assert other._lib._executor is None
