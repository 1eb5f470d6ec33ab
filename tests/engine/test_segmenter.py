"""The network's loader refuses what is not a selfie model, and the network's answers are probabilities."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from obs_bgremove.engine.matting.segmenter import Segmenter
from obs_bgremove.shared.errors import UserError

MODELS = {"selfie_segmentation.tflite": (256, 256), "selfie_segmentation_landscape.tflite": (256, 144)}


def test_a_missing_model_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.tflite") as caught:
        Segmenter(tmp_path / "gone.tflite")
    assert caught.value.what_to_do


@pytest.mark.parametrize(
    "content", [b"", b"TFL3", b"not a model at all, only text", bytes(5000), b"\x10\0\0\0TFL3" * 99]
)
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.tflite"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a selfie segmentation model"):
        Segmenter(path)


def test_an_altered_installed_model_is_refused(assets: Path, tmp_path: Path) -> None:
    data = bytearray((assets / "selfie_segmentation.tflite").read_bytes())
    data[len(data) // 2] ^= 1
    path = tmp_path / "selfie_segmentation.tflite"
    path.write_bytes(data)
    with pytest.raises(UserError, match="altered"):
        Segmenter(path)


def test_a_truncated_model_of_ones_own_is_refused(assets: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.tflite"
    path.write_bytes((assets / "selfie_segmentation.tflite").read_bytes()[:1000])
    with pytest.raises(UserError):
        Segmenter(path)


@pytest.mark.parametrize("name", MODELS)
def test_the_sample_portrait_is_found_and_the_answer_is_a_probability(assets: Path, name: str, tmp_path: Path) -> None:
    shutil.copy(assets / name, tmp_path / "mine.tflite")  # a path of the user's own works too
    network = Segmenter(tmp_path / "mine.tflite")
    assert (network.width, network.height) == MODELS[name]
    picture = cv2.cvtColor(cv2.imread(str(assets / "astronaut.png")), cv2.COLOR_BGR2RGB)
    mask = network(np.asarray(cv2.resize(picture, MODELS[name], interpolation=cv2.INTER_AREA), np.uint8))
    assert mask.shape == (network.height, network.width) and mask.dtype == np.float32
    assert mask.min() >= 0 and mask.max() <= 1
    h, w = mask.shape
    assert mask[h // 4 : h // 2, w * 2 // 5 : w // 2].mean() > 0.9  # the face
    assert mask[: h // 3, : w // 8].mean() < 0.1  # the flag beside her
    with pytest.raises(ValueError, match="expected"):
        network(np.zeros((10, 10, 3), np.uint8))
    network.close()
    network.close()


class _Answer:
    """Like MediaPipe's picture: its memory is somebody else's as soon as it is gone."""

    def __init__(self) -> None:
        self._memory = np.full((256, 256, 1), 0.25, np.float32)

    def numpy_view(self) -> np.ndarray:
        return self._memory[:]

    def __del__(self) -> None:
        self._memory[...] = 1


def test_the_answer_is_copied_while_its_memory_is_still_its_own(assets: Path) -> None:
    network = Segmenter(assets / "selfie_segmentation.tflite")
    real = network._network
    network._network = SimpleNamespace(segment=lambda picture: SimpleNamespace(confidence_masks=[_Answer()]))
    assert (network(np.zeros((256, 256, 3), np.uint8)) == 0.25).all()
    real.close()


def test_a_network_left_open_ends_without_a_traceback(assets: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from obs_bgremove.engine.matting.segmenter import Segmenter\n"
        "network = Segmenter(Path(sys.argv[1]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(assets / "selfie_segmentation.tflite")],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ,
        check=False,
    )
    assert result.returncode == 0 and "Traceback" not in result.stderr and "Exception" not in result.stderr
