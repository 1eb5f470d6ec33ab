"""Draw the pictures and loops in `backgrounds/`: `python -m backgrounds.generator [FOLDER] [--only NAME]`.

Everything is computed from the code in this package with fixed seeds, by NumPy and OpenCV alone; PyAV
encodes the loops. No photograph, texture, font or model goes in.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from . import bookshelf, lights, loops, rooms, shapes, walls

PICTURES_FOLDER = Path(__file__).resolve().parents[1]

QUALITY = 96  # JPEG; below 90 the grain goes and bands appear, above 97 the folder outgrows its 10 MB

PICTURES: dict[str, Callable[[], np.ndarray]] = {
    "01-studio-warm.jpg": rooms.studio_warm,
    "02-bookshelf.jpg": bookshelf.bookshelf,
    "03-window-daylight.jpg": rooms.window_daylight,
    "04-canvas-charcoal.jpg": walls.canvas_charcoal,
    "05-limewash-sunlit.jpg": walls.sunlit_limewash,
    "06-city-warm.jpg": lights.city_warm,
    "07-city-cool.jpg": lights.city_cool,
    "08-acoustic-led.jpg": walls.acoustic_led,
    "09-wood-slats.jpg": walls.wood_slats,
    "10-gradient-dusk.jpg": shapes.gradient_dusk,
    "11-gradient-deep.jpg": shapes.gradient_deep,
    "12-paper-waves.jpg": shapes.paper_waves,
    "13-hexagon-wall.jpg": shapes.hexagon_wall,
    "14-chroma-green.png": walls.chroma_green,
}


def save(path: Path, frame_bgr: np.ndarray) -> None:
    """Write a (1080, 1920, 3) uint8 BGR picture as JPEG or PNG, by the path's ending; raises OSError."""
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    if path.suffix == ".jpg":
        settings = [
            cv2.IMWRITE_JPEG_QUALITY,
            QUALITY,
            cv2.IMWRITE_JPEG_OPTIMIZE,
            1,
            cv2.IMWRITE_JPEG_PROGRESSIVE,
            1,
        ]
    done, data = cv2.imencode(path.suffix, frame_bgr, settings)
    if not done:
        raise OSError(f"OpenCV could not encode {path.name}")
    path.write_bytes(data.tobytes())


def main(arguments: list[str] | None = None) -> int:
    """Draw all pictures and loops, or those whose name contains `--only`, into a folder (else into `backgrounds/`)."""
    parser = argparse.ArgumentParser(description="Draw the background pictures and loops.")
    parser.add_argument("folder", nargs="?", type=Path, default=PICTURES_FOLDER)
    parser.add_argument("--only", default="", metavar="NAME", help="only those whose name contains NAME")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        if options.only in name:
            save(options.folder / name, draw())
            print(f"{name}: {(options.folder / name).stat().st_size / 1000:.0f} kB", flush=True)
    for name, (frames, quality) in loops.LOOPS.items():
        if options.only in name:
            loops.encode(options.folder / name, frames(), quality)
            print(f"{name}: {(options.folder / name).stat().st_size / 1000:.0f} kB", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
