"""Pictures of the report: a strip for each clip's worst and median frame."""

from pathlib import Path

import cv2
import numpy as np

from tests.benchmarks.frame_scores import U8

TILE = (480, 270)


def strip(frame_bgr: U8, truth: U8, tutorial: U8, ours: U8, title: str) -> U8:
    """frame | truth | tutorial | ours | ours on white | ours on a picture, two rows of three; all at full size in."""
    alpha = ours[..., None].astype(np.float32) / 255
    on_white = frame_bgr * alpha + 255 * (1 - alpha)
    on_picture = frame_bgr * alpha + _picture(frame_bgr.shape[1], frame_bgr.shape[0]) * (1 - alpha)
    tiles = []
    for name, image in (
        (title, frame_bgr), ("truth", truth), ("tutorial", tutorial),
        ("ours", ours), ("ours on white", on_white), ("ours on a picture", on_picture),
    ):  # fmt: skip
        tile = cv2.resize(np.clip(image, 0, 255).astype(np.uint8), TILE, interpolation=cv2.INTER_AREA)
        tile = cv2.cvtColor(tile, cv2.COLOR_GRAY2BGR) if tile.ndim == 2 else tile
        tile[:26] = tile[:26] // 3  # a dark bar behind the words
        cv2.putText(tile, name, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
        tiles.append(tile)
    return np.vstack([np.hstack(tiles[:3]), np.hstack(tiles[3:])])


def save(folder: Path, name: str, image: U8) -> None:
    """Writes NAME.png."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())


def _picture(width: int, height: int) -> U8:
    """A background with colour and detail, so that a rim shows."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    blue = 150 + 80 * np.sin(x / 90) * np.cos(y / 70)
    green = 140 + 60 * np.sin((x + y) / 120)
    return np.dstack([blue, green, 90 + 60 * y / height]).astype(np.uint8)
