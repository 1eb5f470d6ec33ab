"""One made clip in the making: people before a room, through an imaginary camera, with the truth.

A `Stage` says what there is; `shots` makes (frame_bgr, truth, part) of it, frame by frame, from the stage's seed alone.
Truth is the alpha of living people only; `part` is that of the one person whom the report times, else None.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np

from tests.benchmarks.made_people import CLIPS, Person
from tests.benchmarks.made_rooms import F32, HEIGHT, U8, WIDTH, Rng

Place = tuple[float, float, float]  # x and y of the middle of the lowest row, and the scale
STILL_BREATH_S = 3.7
BLINK_EVERY_S, BLINK_FRAMES = 3.1, 5
NOISE_BANK = 6


@dataclasses.dataclass
class Actor:
    """A living person. at: frame number to place, None while out of sight. still: sits still, only breathes and blinks.
    light: what the room's light does to the person's colours (BGR)."""

    who: Person
    at: Callable[[int], Place | None]
    mirror: bool = False
    first: int = 0
    still: bool = False
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclasses.dataclass
class Stage:
    """paint: what moves in the room, onto a copy of it, by frame number. gain: brightness by frame number, a number or
    (720, 1280, 1). shift: the whole picture, pixels, by frame number. front: premultiplied BGRA before everybody.
    noise: deviation of the sensor's noise, 8-bit levels. drift: by which share its exposure wanders. facts: what the
    report needs to know, JSON."""

    room: F32
    actors: list[Actor]
    front: F32 | None = None
    paint: Callable[[F32, int], None] | None = None
    gain: Callable[[int], Any] | None = None
    shift: Callable[[int], tuple[float, float]] | None = None
    noise: float = 3.0
    drift: float = 0.0
    frames: int = 96
    timed: int | None = None  # index of the actor whose part is written apart
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)


def always(x: float, y: float, scale: float) -> Callable[[int], Place]:
    """A person who stays."""
    return lambda _: (x, y, scale)


def walk(
    x0: float, x1: float, y: float, scale: float, start: int, end: int, stays: bool = True
) -> Callable[[int], Place | None]:
    """From x0 to x1 between two frames, at an even pace with steps; before it, and after it unless `stays`, at rest
    there (a person outside the picture does not show)."""

    def at(number: int) -> Place | None:
        t = min(1.0, max(0.0, (number - start) / (end - start)))
        step = 5 * abs(np.sin(np.pi * t * 4)) if 0 < t < 1 else 0.0
        if t == 1 and not stays:
            return None
        return (x0 + (x1 - x0) * t, y + step, scale)

    return at


def shots(stage: Stage, rng: Rng) -> Iterator[tuple[U8, U8, U8 | None]]:
    """frame (720, 1280, 3), truth (720, 1280), part (720, 1280) or None, all uint8."""
    bank = [_grain(rng, stage.noise) for _ in range(NOISE_BANK)]
    for number in range(stage.frames):
        room = stage.room
        if stage.paint is not None:
            room = room.copy()
            stage.paint(room, number)
        picture, truth, part = composed(stage, room, number)
        if stage.gain is not None:
            picture = picture * stage.gain(number)
        if stage.drift:
            picture = picture * (1 + stage.drift * np.sin(number / 23) * np.cos(number / 61))
        if stage.shift is not None:
            picture, truth, part = (_moved(image, stage.shift(number)) for image in (picture, truth, part))
        y, x = rng.integers(0, 64, 2)
        grain = bank[int(rng.integers(NOISE_BANK))][y : y + HEIGHT, x : x + WIDTH]
        sign = 1 if rng.random() < 0.5 else -1
        frame = np.asarray(
            cv2.addWeighted(np.asarray(picture, np.float32), 1, grain, sign, 0, dtype=cv2.CV_8U), np.uint8
        )
        levels = [None if image is None else np.rint(image * 255).astype(np.uint8) for image in (truth, part)]
        assert levels[0] is not None
        yield frame, levels[0], levels[1]


def _grain(rng: Rng, sigma: float) -> F32:
    """Sensor noise of deviation sigma in each colour, larger than the picture; most of it is common to all three, as a
    sensor's is after its colours were interpolated (and as survives H.264)."""
    size = (HEIGHT + 64, WIDTH + 64)
    common, own = rng.standard_normal((*size, 1), np.float32), rng.standard_normal((*size, 3), np.float32)
    return np.asarray(sigma * (0.8 * common + 0.6 * own), np.float32)


def composed(stage: Stage, room: F32, number: int) -> tuple[F32, F32, F32 | None]:
    """Picture (0..255, no noise), truth and part (0..1) of a frame, before camera and light."""
    picture, truth = room, np.zeros((HEIGHT, WIDTH), np.float32)
    part = None if stage.timed is None else np.zeros_like(truth)
    for index, actor in enumerate(stage.actors):
        place = actor.at(number)
        if place is None:
            continue
        layer = drawn(actor, place, number)
        a = layer[..., 3]
        picture = picture * (1 - a[..., None]) + layer[..., :3] * np.array(actor.light, np.float32)
        truth = truth * (1 - a) + a
        if part is not None:
            part = part * (1 - a) + (a if index == stage.timed else 0)
    if stage.front is not None:
        seen = 1 - stage.front[..., 3]
        picture = picture * seen[..., None] + stage.front[..., :3]
        truth = truth * seen
        part = None if part is None else part * seen
    return picture, truth, part


def drawn(actor: Actor, place: Place, number: int) -> F32:
    """The actor at `place`, premultiplied BGRA (720, 1280, 4): colours 0..255, alpha 0..1."""
    who = actor.who
    shown = who.frames[who.number(actor.first if actor.still else actor.first + number)]
    if actor.still:
        shown = _breathing(blinked(who, shown, number), number)
    x, y, scale = place
    height, width = shown.shape[:2]
    if actor.mirror:
        shown = cv2.flip(shown, 1)
    if scale < 0.75:
        shown = cv2.GaussianBlur(shown, (0, 0), 0.42 / scale)
    matrix = np.array([[scale, 0, x - scale * width / 2], [0, scale, y - scale * height]], np.float32)
    layer = cv2.warpAffine(shown, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR).astype(np.float32)
    layer[..., 3] /= 255
    return np.asarray(layer, np.float32)


def _breathing(shown: U8, number: int) -> U8:
    """Shoulders rise by about a pixel with each breath, the head sways by less, never quite evenly."""
    time_s = number / 30
    breath = np.sin(2 * np.pi * time_s / STILL_BREATH_S)
    sway = 0.5 * np.sin(2 * np.pi * time_s / 7.3) + 0.2 * np.sin(2 * np.pi * time_s / 1.9)
    height, width = shown.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    up = 1 - y / height  # 1 at the head, 0 at the lowest row
    moved_y = y + (0.25 + 0.6 * np.sin(np.pi * np.clip(up * 1.2, 0, 1))) * breath * (up > 0)
    moved_x = x + sway * up - 0.4 * breath * (x / width - 0.5) * (1 - up)
    return np.asarray(
        cv2.remap(shown, moved_x.astype(np.float32), moved_y.astype(np.float32), cv2.INTER_LINEAR,
                  borderMode=cv2.BORDER_REPLICATE), np.uint8)  # fmt: skip


def blinked(who: Person, shown: U8, number: int) -> U8:
    """Frame `shown`, with the lids down while `number` lies in a blink: skin from below the eye drawn over it, darkest
    at the lashes."""
    into = number % round(BLINK_EVERY_S * 30) - 40
    if not 0 <= into < BLINK_FRAMES:
        return shown
    closed = (0.6, 1.0, 1.0, 0.8, 0.4)[into]
    clip = CLIPS[who.name]
    half = clip.eye_px
    shown = shown.copy()
    for ex, ey in clip.eyes:
        cx, cy = ex - who.box[0], ey - who.box[1]
        tall = max(3, round(half * 0.9 * closed))
        below = shown[cy + half // 2 : cy + half // 2 + 6, cx - half : cx + half].astype(np.float32)
        lid = np.repeat(below.mean(0, keepdims=True), tall, 0) * np.linspace(1.04, 0.8, tall)[:, None, None] ** 2
        there = shown[cy - half // 2 : cy - half // 2 + tall, cx - half : cx + half]
        v, u = np.mgrid[-1 : 1 : tall * 1j, -1 : 1 : there.shape[1] * 1j]
        w = np.clip((1 - u**2 - 0.8 * v**2) * 3, 0, 1)[..., None]
        there[..., :3] = np.clip(np.rint(there[..., :3] * (1 - w) + lid[..., :3] * w), 0, 255).astype(np.uint8)
    return shown


def _moved(image: F32 | None, by: tuple[float, float]) -> F32 | None:
    if image is None or by == (0, 0):
        return image
    matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]], np.float32)
    return np.asarray(cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.float32)
