"""Depth: a point becomes a disc, a lamp a bright one, and nobody bleeds into the room behind them."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine.arrays import U8
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.bokeh import bokeh_room, disc, out_of_focus
from obs_bgremove.engine.room import blurred_room
from obs_bgremove.shared.options import Options
from tests.fakes import procedural, videos

NOBODY = np.zeros((9, 16), np.float32)
SIZES = [(16, 16), (33, 1000), (1000, 33), (240, 320), (720, 1280), (1280, 720)]


def _bokeh(frame: U8, alpha: np.ndarray, strength: int, mirror: bool = False) -> U8:
    room = bokeh_room(frame, alpha, strength, mirror, np.zeros((*frame.shape[:2], 4), np.uint8))
    assert (room[..., 3] == 255).all()
    return np.asarray(room[..., :3], np.uint8)


def _lamp(side: int = 12) -> U8:
    frame = np.full((720, 1280, 3), 20, np.uint8)
    frame[360 - side // 2 : 360 + side // 2, 640 - side // 2 : 640 + side // 2] = 255
    return frame


@pytest.mark.parametrize("strength", [20, 40, 100])
def test_a_lamp_becomes_a_bright_disc_of_the_blurs_radius(strength: int) -> None:
    seen = _bokeh(_lamp(), NOBODY, strength)[..., 1].astype(float) - 20
    radius = 2 * 0.0006 * strength * 720
    y, x = np.mgrid[0:720, 0:1280]
    away = np.hypot(x - 639.5, y - 359.5)
    inside = seen[away < 0.6 * radius]
    assert inside.min() > 0.8 * inside.max(), "evenly bright, not a Gaussian's peak"
    assert seen[away > 1.35 * radius + 8].max() <= 3
    half = np.sqrt((seen > inside.mean() / 2).sum() / np.pi)
    assert 0.85 * radius < half < 1.25 * radius + 4
    soft = blurred_room(_lamp(), NOBODY, strength, False, np.zeros((720, 1280, 4), np.uint8))[..., 1].astype(float)
    assert inside.mean() > 1.5 * (soft[away < 0.6 * radius].mean() - 20), "lamps outshine what is around them"


def test_a_disc_is_round_and_whole() -> None:
    for radius in (0.3, 1.0, 2.5, 7.9):
        kernel = disc(radius)
        assert kernel.shape[0] % 2 == 1 and abs(kernel.sum() - 1) < 1e-5
        assert np.allclose(kernel, kernel.T) and np.allclose(kernel, kernel[::-1])
    assert abs(1 / disc(6.0).max() - np.pi * 36) < 1


@pytest.mark.parametrize("strength", [5, 10, 22, 40, 100])
@pytest.mark.parametrize("person", [255, 0])
def test_the_person_never_bleeds_into_the_room(strength: int, person: int) -> None:
    alpha = procedural.figure(360, 640)
    a = alpha[..., None]
    frame = np.rint(person * a + 90 * np.ones((1, 1, 3)) * (1 - a)).astype(np.uint8)
    room = _bokeh(frame, alpha, strength).astype(int)
    seen_through = alpha < 0.98
    assert np.abs(room[seen_through] - 90).max() <= 3
    soft = blurred_room(frame, alpha, strength, False, np.zeros((360, 640, 4), np.uint8))[..., :3].astype(int)
    assert np.abs(room[alpha == 0] - 90).max() <= np.abs(soft[alpha == 0] - 90).max()


def test_a_picture_full_of_person_is_no_division_by_zero() -> None:
    room = _bokeh(np.full((90, 160, 3), 77, np.uint8), np.ones((64, 64), np.float32), 60)
    assert np.abs(room.astype(int) - 77).max() <= 2


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("strength", [0, 1, 7, 50, 100])
def test_any_size_keeps_its_mean_colour_and_mirrors(size: tuple[int, int], strength: int) -> None:
    flat = np.full((*size, 3), (30, 120, 200), np.uint8)
    assert np.abs(_bokeh(flat, NOBODY, strength).astype(int) - flat).max() <= 2
    frame = cv2.resize(procedural.room(240, 320), size[::-1], interpolation=cv2.INTER_AREA)
    turned = _bokeh(frame, NOBODY, strength, mirror=True)[:, ::-1].astype(int)
    assert np.abs(turned - _bokeh(frame, NOBODY, strength)).max() <= 1


def test_it_is_about_as_strong_as_the_soft_blur() -> None:
    frame = cv2.GaussianBlur(procedural.room(720, 1280), (0, 0), 1)
    for strength in (10, 40, 80):
        ours = _bokeh(frame, NOBODY, strength).astype(float)
        soft = blurred_room(frame, NOBODY, strength, False, np.zeros((720, 1280, 4), np.uint8))[..., :3].astype(float)
        assert 0.75 < ours.std() / soft.std() < 1.25


def test_a_picture_is_blurred_once_and_in_its_style(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", _lamp())[1].tobytes())
    backgrounds = Backgrounds(wait=True)
    sharp = dataclasses.replace(Options(), backgrounds_folder=str(tmp_path))
    plain = backgrounds.get(sharp, 1280, 720)
    assert np.array_equal(plain[..., :3], _lamp())
    assert backgrounds.get(dataclasses.replace(sharp, blur_style="bokeh"), 1280, 720) is plain, "nothing is read anew"
    seen = {}
    for style in ("soft", "bokeh"):
        options = dataclasses.replace(sharp, picture_blur=40, blur_style=style)
        seen[style] = backgrounds.get(options, 1280, 720)
        assert backgrounds.get(options, 1280, 720) is seen[style]
        assert np.array_equal(seen[style], out_of_focus(plain, style, 40))
    assert seen["bokeh"][360, 640, 0] > seen["soft"][360, 640, 0] + 40


def test_a_video_is_blurred_frame_by_frame(tmp_path: Path) -> None:
    videos.write(tmp_path / "a.mkv", [np.full((90, 160, 3), level, np.uint8) for level in (40, 120, 200)] * 3)
    options = dataclasses.replace(Options(), backgrounds_folder=str(tmp_path), picture_blur=50, blur_style="bokeh")
    backgrounds, seen = Backgrounds(wait=True), set()
    for number in range(6):
        seen.add(round(float(backgrounds.get(options, 160, 90, number * 34_000_000)[..., 1].mean()) / 20))
    backgrounds.close()
    assert backgrounds.problem is None and len(seen) >= 3
