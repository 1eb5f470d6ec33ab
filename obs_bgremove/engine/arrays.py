"""The names of the engine's arrays, for annotations."""

from typing import Any

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[Any]  # pixels; wide on purpose: OpenCV's annotations promise any integer or floating array
F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
