"""Videos whose codec, pixel format and times matter: written by PyAV. Plain ones: videos.py."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np


def write_video(
    path: Path,
    frames: list[np.ndarray],
    fps: int = 10,
    codec: str = "ffv1",
    pixels: str = "bgr0",
    times: list[int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """A video of BGR frames; `times`: of each frame, in thousandths of a second, else at `fps`."""
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(codec, rate=fps, options=options or {})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        time_base = Fraction(1, 1000 if times else fps)
        stream.codec_context.time_base = time_base
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.time_base = time_base
            frame.pts = times[number] if times else number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path
