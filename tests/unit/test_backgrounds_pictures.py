"""The pictures that come with the product: whole, small enough, free of bands, and really drawn by our generator."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "backgrounds"
PICTURES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".jpg", ".png"))
GRADIENTS = ["10-gradient-dusk.jpg", "11-gradient-deep.jpg"]


def load(name: str) -> np.ndarray:
    """A picture of the folder, (1080, 1920, 3) uint8 BGR."""
    frame_bgr = cv2.imread(str(FOLDER / name), cv2.IMREAD_COLOR)
    assert frame_bgr is not None, f"OpenCV cannot read {name}"
    return frame_bgr


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    return importlib.import_module("backgrounds.generator.__main__")


def bandedness(frame_bgr: np.ndarray) -> float:
    """How much a smooth picture's brightness and colours stick to whole levels: 0 not at all, near 1 entirely.

    Where grain carries a gradient across 8-bit levels, the mean of a 9x9 window is as often 100.3 as 100.0; in a band
    it is 100.0 everywhere. So: the distance of the fractional parts of such means from an even spread, for the worst
    of B, G and R, which screens show in whole levels, and of Y, Cr and Cb, which JPEG and video round to them.
    """
    bgr = frame_bgr.astype(np.float32)
    planes = np.concatenate([bgr, cv2.cvtColor(bgr / 255, cv2.COLOR_BGR2YCrCb) * 255], axis=2)
    parts = cv2.blur(planes, (9, 9))[40:-40:4, 40:-40:4].reshape(-1, 6) % 1
    shares = np.stack([np.histogram(part, bins=10, range=(0, 1))[0] / len(part) for part in parts.T])
    return float((np.abs(shares - 0.1).sum(axis=1) / 1.8).max())


def test_there_are_at_least_ten_pictures_and_all_are_full_hd() -> None:
    assert len(PICTURES) >= 10
    assert {path.name: load(path.name).shape for path in PICTURES} == {path.name: (1080, 1920, 3) for path in PICTURES}


def test_the_folder_stays_under_ten_megabytes() -> None:
    """Pictures and loops. It is a part of every installation, and each picture alone is some 400 kB."""
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.suffix != ".pyc") < 10_000_000


def test_the_folder_holds_exactly_what_the_generator_draws_and_credits_name(generate: ModuleType) -> None:
    credits = (FOLDER / "CREDITS.md").read_text(encoding="utf-8")
    assert [path.name for path in PICTURES] == sorted(generate.PICTURES)
    assert [name for name in generate.PICTURES if f"`{name}`" not in credits] == []


def test_the_generator_draws_the_same_picture_again(generate: ModuleType, tmp_path: Path) -> None:
    name = "11-gradient-deep.jpg"
    generate.main([str(tmp_path), "--only", name])
    again = cv2.imread(str(tmp_path / name))
    # Equal on the machine that drew it; another processor or libjpeg may round a pixel in its own way.
    assert again is not None
    assert float(cv2.absdiff(again, load(name)).mean()) < 0.5


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_show_no_bands(name: str) -> None:
    frame_bgr = load(name)
    without_grain = np.rint(cv2.GaussianBlur(frame_bgr.astype(np.float32), (0, 0), 24)).astype(np.uint8)
    assert bandedness(without_grain) > 0.15, "the measure no longer sees bands"
    assert bandedness(frame_bgr) < 0.04


def test_the_grain_of_a_gradient_stays_too_fine_to_see() -> None:
    for name in GRADIENTS:
        frame = load(name)[200:600, 400:1200].astype(np.float32)
        assert float((frame - cv2.GaussianBlur(frame, (0, 0), 8)).std()) < 3.0


def test_chroma_green_is_exactly_the_default_key_colour() -> None:
    frame_bgr = load("14-chroma-green.png")
    assert frame_bgr.min(axis=(0, 1)).tolist() == frame_bgr.max(axis=(0, 1)).tolist() == [64, 177, 0]


def test_the_first_picture_is_calm_where_a_person_sits() -> None:
    middle = cv2.cvtColor(load(PICTURES[0].name), cv2.COLOR_BGR2GRAY)[270:800, 700:1080]
    assert PICTURES[0].name == "01-studio-warm.jpg"
    assert cv2.Laplacian(cv2.GaussianBlur(middle, (0, 0), 4), cv2.CV_32F).std() < 1.0
