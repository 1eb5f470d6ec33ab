"""The kinds of rooms of the made clips: four for the tuning set, four others for the held-out set.

`furnished(rng, style, side)` gives a room whose large furniture stands on `side` ("left", "right" or "both"), so that
the other side is free for what a scene puts there.
"""

from pathlib import Path

import cv2
import numpy as np

from tests.benchmarks.made_rooms import (
    F32,
    HEIGHT,
    WIDTH,
    Rng,
    box,
    curtain,
    door,
    floor,
    floor_lamp,
    light,
    plant,
    poster,
    shelf,
    wainscot,
    wall,
    window,
)  # fmt: skip

BACKGROUNDS = Path(__file__).resolve().parents[2] / "backgrounds"
TUNING = ("living", "study", "kitchen", "striped")
HELD_OUT = ("loft", "salon", "cabin", "photograph")


def furnished(rng: Rng, style: str, side: str = "both", standing: bool = False) -> F32:
    """A room of that style, lit, a little out of focus; standing: with a floor to stand on."""
    left, right = side in ("left", "both"), side in ("right", "both")
    room = _STYLES[style](rng, left, right)
    room *= rng.uniform(0.94, 1.05, 3).astype(np.float32)
    if standing:
        floor(room, rng, int(rng.integers(596, 620)), (95, 125, 160))
    if style != "photograph":
        light(room, (rng.uniform(300, 980), rng.uniform(0, 260)), rng.uniform(520, 900), low=rng.uniform(0.4, 0.6))
    return np.asarray(np.clip(cv2.GaussianBlur(room, (0, 0), rng.uniform(0.9, 2.0)), 0, 255), np.float32)


def _living(rng: Rng, left: bool, right: bool) -> F32:
    room = wall(rng, (165, 195, 210), "plaster")
    if left:
        shelf(room, rng, -30, int(rng.integers(60, 160)), int(rng.integers(230, 330)), HEIGHT)
    if right:
        box(room, 960, 560, WIDTH, HEIGHT, (70, 95, 130), 0.3)
        plant(room, rng, int(rng.integers(1020, 1080)), 560, 250)
        poster(room, rng, 1100, 120, 1230, 320)
    return room


def _study(rng: Rng, left: bool, right: bool) -> F32:
    room = wall(rng, (190, 180, 160), "plaster")
    if left:
        door(room, int(rng.integers(20, 70)), 230, 130, (205, 212, 214))
    if right:
        shelf(room, rng, int(rng.integers(900, 980)), 40, WIDTH + 20, HEIGHT, (150, 160, 170))
    return room


def _kitchen(rng: Rng, left: bool, right: bool) -> F32:
    room = wall(rng, (205, 215, 205), "tiles")
    wainscot(room, 500, (140, 175, 150))
    for there, x0 in ((left, -40), (right, 900)):
        if there:
            box(room, x0, 0, x0 + 420, 210, (120, 150, 175), 0.15)
            for k in range(3):
                cv2.rectangle(room, (x0 + 8 + k * 138, 8), (x0 + 136 + k * 138, 198), (90, 118, 140), 3)
            for _ in range(7):
                at = int(rng.integers(x0 + 20, x0 + 380))
                box(room, at, 430, at + 34, 500, tuple(rng.uniform(50, 220, 3)), 0.3)
    return room


def _striped(rng: Rng, left: bool, right: bool) -> F32:
    room = wall(rng, (150, 150, 190), "stripes")
    if left:
        window(room, rng, 60, 70, 330, 480, 0.8)
        curtain(room, rng, -20, 90, (120, 140, 170))
    if right:
        box(room, 900, 480, WIDTH, HEIGHT, (55, 70, 105), 0.3)
        floor_lamp(room, 1150, 230, 0.5)
        plant(room, rng, 960, 480, 190)
    return room


def _loft(rng: Rng, left: bool, right: bool) -> F32:
    room = wall(rng, (95, 115, 160), "brick")
    if left:
        window(room, rng, 40, 40, 380, 520, 0.9)
    if right:
        poster(room, rng, 930, 90, 1180, 420)
        plant(room, rng, 1190, HEIGHT, 330)
    return room


def _salon(rng: Rng, left: bool, right: bool) -> F32:
    room = wall(rng, (120, 145, 125), "plaster")
    wainscot(room, 430, (150, 165, 172), 190)
    if left:
        curtain(room, rng, -20, 210, (60, 60, 130))
        floor_lamp(room, 285, 250, 0.8)
    if right:
        curtain(room, rng, 1080, WIDTH + 20, (60, 60, 130))
        box(room, 890, 520, 1090, HEIGHT, (45, 70, 110), 0.3)
        plant(room, rng, 980, 520, 220)
    return room


def _cabin(rng: Rng, left: bool, right: bool) -> F32:
    room = wall(rng, (105, 145, 185), "boards")
    if left:
        shelf(room, rng, 30, 120, 300, 430, (80, 120, 165))
        box(room, 0, 600, 360, HEIGHT, (60, 85, 120), 0.3)
    if right:
        window(room, rng, 960, 120, 1190, 430, 0.75)
    return room


def _photograph(rng: Rng, left: bool, right: bool) -> F32:
    """One of the product's own pictures, which the older generator in backgrounds/ drew."""
    name = ("05-limewash-sunlit.jpg", "09-wood-slats.jpg", "04-canvas-charcoal.jpg")[int(rng.integers(3))]
    if left and right:
        name = ("02-bookshelf.jpg", "01-studio-warm.jpg")[int(rng.integers(2))]
    picture = cv2.imread(str(BACKGROUNDS / name))
    return cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)


_STYLES = {
    "living": _living, "study": _study, "kitchen": _kitchen, "striped": _striped,
    "loft": _loft, "salon": _salon, "cabin": _cabin, "photograph": _photograph,
}  # fmt: skip
