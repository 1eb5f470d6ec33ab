"""Makes small pictures of backgrounds: `--thumbnails`, started by OBS's side. A process of its own, on its main thread.

On stdin comes one JSON list of [background, where its thumbnail is to be]. A file that cannot be shown gets none.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

import cv2

from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.backgrounds import layout, video_files
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.thumbnails import HEIGHT, WIDTH

KEPT = 500  # files: about 15 MB; the oldest go


def main() -> int:
    """Returns the exit code: 0, whatever the files were like."""
    wanted = [(Path(background), Path(thumbnail)) for background, thumbnail in json.load(sys.stdin)]
    for background, thumbnail in wanted:
        with contextlib.suppress(UserError, OSError, cv2.error):
            _write(_small(background), thumbnail)
    for place in {thumbnail.parent for _, thumbnail in wanted}:
        _tidy(place)
    return 0


def _small(background: Path) -> Image:
    """(HEIGHT, WIDTH, 3 or 4) uint8 BGR or BGRA; of what moves, the first frame. Raises UserError."""
    if video_files.moves(background):
        with contextlib.closing(video_files.play(background, "cover", WIDTH, HEIGHT)) as frames:
            return next(frames).image()
    return layout.lay_out(read_picture(background), "cover", WIDTH, HEIGHT)


def _write(picture: Image, thumbnail: Path) -> None:
    """Whole or not at all: OBS may read it at any moment."""
    encoded = cv2.imencode(".png", picture)[1]
    thumbnail.parent.mkdir(parents=True, exist_ok=True)
    half = thumbnail.with_name(f"{thumbnail.name}.{os.getpid()}")
    half.write_bytes(encoded.tobytes())
    os.replace(half, thumbnail)


def _tidy(place: Path) -> None:
    with contextlib.suppress(OSError):
        files = sorted(place.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for old in files[:-KEPT]:
            old.unlink()
