"""The network: MediaPipe's selfie segmentation, one picture in, one probability map out.

Owns the MediaPipe object and nothing else. Called by `Matting`, on the thread that calls it. The picture comes in at
the network's own size: fed a larger one, MediaPipe resizes it inside and the mask back, which only costs time.
"""

import atexit
import hashlib
import struct
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from obs_bgremove.engine.matting.mediapipe_vision import call_at_once, disarm, import_vision
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.installation import REMEDY, SHA256
from obs_bgremove.shared.language import tr

CHOOSE = tr("Choose General or Landscape in the settings.")


class Segmenter:
    """One loaded model. `width` and `height` are the network's input size in pixels."""

    width: int
    height: int

    def __init__(self, model_path: Path) -> None:
        """Load a .tflite selfie model. The installed models must be exactly the pinned files.

        Raises UserError if the file is missing, broken, altered, or not a selfie model.
        """
        try:
            data = model_path.read_bytes()
        except OSError as error:
            raise UserError(
                tr("The model {file} cannot be read ({reason}).", file=model_path, reason=error.strerror), REMEDY
            ) from error
        digest = hashlib.sha256(data).hexdigest()
        if digest != SHA256.get(model_path.name, digest):
            raise UserError(tr("{file} has been altered or is damaged.", file=model_path.name), REMEDY)
        self.height, self.width = _input_size(data, model_path.name)
        # Imported here: it takes a second, and checking a file does not need it.
        vision = import_vision()
        from mediapipe.tasks import python as tasks

        options = vision.ImageSegmenterOptions(
            base_options=tasks.BaseOptions(model_asset_buffer=data),
            output_confidence_masks=True,
            output_category_mask=False,
        )
        try:
            network = vision.ImageSegmenter.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise UserError(
                tr("MediaPipe cannot load {file}: {error}", file=model_path.name, error=error), CHOOSE
            ) from error
        call_at_once(network)
        self._network: Any = network
        self._probability = np.empty((self.height, self.width), np.float32)
        # An ImageSegmenter left open prints a traceback from __del__ when the interpreter ends: what it needs to close
        # itself is gone by then. Its handle is dropped instead.
        atexit.register(disarm, weakref.ref(network))

    def __call__(self, image_rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Probability of "person", (height, width) float32 in [0, 1], of a (height, width, 3) uint8 RGB picture.

        The result is valid until the next call. Raises ValueError for another size, RuntimeError if the network fails.
        """
        if image_rgb.shape != (self.height, self.width, 3):
            raise ValueError(f"got a picture of shape {image_rgb.shape}, expected {(self.height, self.width, 3)}")
        import mediapipe

        picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(image_rgb))
        # Held by a name until it is copied: numpy_view looks into the answer's memory without keeping it alive.
        answer = self._network.segment(picture).confidence_masks[0]
        probability = self._probability
        np.clip(answer.numpy_view().reshape(probability.shape), 0, 1, out=probability)
        # Seen never, but a NaN here would spread through the temporal state and never leave it.
        if np.isnan(probability.sum()):
            np.nan_to_num(probability, copy=False, nan=0.0)
        return probability

    def close(self) -> None:
        """Free the network. May be called again."""
        self._network.close()


def _input_size(data: bytes, name: str) -> tuple[int, int]:
    """(height, width) of a selfie model, read from the flatbuffer: MediaPipe does not tell.

    A selfie model has one subgraph with one input (1, h, w, 3) and one output (1, h, w, 1), both float32.
    Layout: tensorflow/lite/schema/schema.fbs. Raises UserError for anything else.
    """
    try:
        if data[4:8] != b"TFL3":
            raise ValueError("it is not a TensorFlow Lite file")
        model = _Table(data, struct.unpack_from("<I", data)[0])
        subgraph = model.tables(2)[0]
        tensors = subgraph.tables(0)
        inputs, outputs = ([tensors[i] for i in subgraph.integers(field)] for field in (1, 2))
        shapes = [tensor.integers(0) for tensor in (*inputs, *outputs)]
        if len(inputs) != 1 or len(outputs) != 1:
            raise ValueError(f"it has {len(inputs)} inputs and {len(outputs)} outputs, expected 1 and 1")
        _, height, width, _ = shapes[0]
        if shapes != [[1, height, width, 3], [1, height, width, 1]]:
            raise ValueError(
                f"its input is {shapes[0]} and its output {shapes[1]}, expected [1, h, w, 3], [1, h, w, 1]"
            )
    except (ValueError, IndexError, struct.error) as error:
        raise UserError(
            tr("{file} is not a selfie segmentation model: {error}.", file=name, error=error), CHOOSE
        ) from error
    return height, width


class _Table:
    """A flatbuffer table: fields by number, vectors of tables or of int32."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data, self._position = data, position

    def _vector(self, field: int) -> tuple[int, int]:
        """(position of the first element, number of elements)."""
        vtable = self._position - struct.unpack_from("<i", self._data, self._position)[0]
        (size,) = struct.unpack_from("<H", self._data, vtable)
        offset = struct.unpack_from("<H", self._data, vtable + 4 + 2 * field)[0] if 4 + 2 * field < size else 0
        if not offset:
            return 0, 0
        at = self._position + offset
        at += struct.unpack_from("<I", self._data, at)[0]
        return at + 4, struct.unpack_from("<I", self._data, at)[0]

    def integers(self, field: int) -> list[int]:
        at, count = self._vector(field)
        return list(struct.unpack_from(f"<{count}i", self._data, at))

    def tables(self, field: int) -> list["_Table"]:
        at, count = self._vector(field)
        return [
            _Table(self._data, at + 4 * i + struct.unpack_from("<I", self._data, at + 4 * i)[0]) for i in range(count)
        ]
