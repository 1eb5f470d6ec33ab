"""Scenes of people far and near, who come, go and sit still, and of rooms that change.

Each function builds the stage of one kind of clip; made_scenes.py lists them.
"""

import cv2
import numpy as np

from tests.benchmarks import made_things as things
from tests.benchmarks.made_rooms import F32, HEIGHT, WIDTH, curtain, glow, window
from tests.benchmarks.made_set import LONG, Set, scale_of, sits
from tests.benchmarks.made_stage import Actor, Stage, walk


def bright_window(s: Set) -> Stage:
    """Bright daylight behind the hair."""
    room = s.room(2, "none")
    window(room, s.rng, 300, 30, 980, 560, 1.02)
    room = np.asarray(cv2.GaussianBlur(np.minimum(room, 255), (0, 0), 2), np.float32)
    who = s.pick("longhair", "hands")
    return Stage(room, [sits(who, 620, 580, light=(0.8, 0.8, 0.8))], noise=4)


def two_people(s: Set) -> Stage:
    """One near, one farther behind."""
    room = s.room(0, "right")
    near, far = s.pick("denim", "hands"), s.pick("longhair", "glasses")
    front = things.table(s.rng, -80, 640, 600, (75, 100, 130), 10)
    actors = [sits(far, 340, 300, 610), sits(near, 880, 590, mirror=True)]
    front[:, 620:] = 0
    return Stage(room, actors, front=front, drift=0.03)


def three_people(s: Set) -> Stage:
    """Three at different distances."""
    room = s.room(3, "none", standing=True)
    if s.held_out:
        actors = [sits(s.who("glasses"), 620, 380), sits(s.who("dancer_waist"), 1010, 500),
                  sits(s.who("hands"), 270, 580, mirror=True)]  # fmt: skip
    else:
        actors = [sits(s.who("dancer_body"), 640, 560, 716), sits(s.who("longhair"), 1010, 430),
                  sits(s.who("denim"), 250, 520)]  # fmt: skip
    return Stage(room, actors)


def enters(s: Set) -> Stage:
    """A second person comes in from the side and stays."""
    room = s.room(1, "none", standing=True)
    sitter, comer = s.pick("longhair", "glasses"), s.pick("dancer_body", "dancer_waist")
    at = walk(WIDTH + 340, 950, HEIGHT + 4, scale_of(comer, 560 if s.held_out else 690), 45, 85)
    actors = [Actor(comer, at), sits(sitter, 420, 520)]
    return Stage(room, actors, frames=150, timed=0, facts={"enters": True})


def leaves(s: Set) -> Stage:
    """The person goes out of the picture; then nobody is there."""
    room = s.room(0, "both")
    who = s.pick("denim", "hands")
    at = walk(600, -520, HEIGHT + 4, scale_of(who, 560), 60, 95, stays=False)
    return Stage(room, [Actor(who, at)], frames=150, timed=0, facts={"leaves": True})


def sits_still(s: Set) -> Stage:
    """20 s without a movement but breath and blinks."""
    room = s.room(2, "both")
    who = s.pick("longhair", "hands")
    return Stage(room, [sits(who, 640, 540, still=True)], frames=LONG, drift=0.015, facts={"still": True})


def small_and_far(s: Set) -> Stage:
    """A small person far away."""
    room = s.room(3, "both", standing=True)
    if s.held_out:
        front = things.table(s.rng, 300, 1000, 590, (60, 80, 110), 200)
        return Stage(room, [sits(s.who("dancer_waist"), 640, 300, 596)], front=front)
    return Stage(room, [sits(s.who("dancer_body"), 660, 330, 690)])


def fills_frame(s: Set) -> Stage:
    """A head that fills the picture."""
    room = s.room(0, "both")
    if s.held_out:
        return Stage(room, [sits(s.who("talking"), 660, 860, 800)])
    return Stage(room, [sits(s.who("longhair"), 640, 800, 880)])


def lamp(s: Set) -> Stage:
    """A lamp is switched on behind the person after 1.5 s, off after 3 s."""
    room = s.room(2, "right")
    shine = glow(1020, 240, 330)
    room = room * 0.72

    def gain(number: int) -> F32:
        rise = min(1.0, max(0.0, (number - 45) / 3)) - min(1.0, max(0.0, (number - 90) / 3))
        return np.asarray(1 + 0.75 * rise * shine + 0.08 * rise, np.float32)

    return Stage(room, [sits(s.pick("denim", "glasses"), 480, 540, light=(0.85, 0.85, 0.85))], gain=gain, frames=120)


def exposure(s: Set) -> Stage:
    """The camera's exposure hunts."""
    room = s.room(1, "both", standing=True)

    def gain(number: int) -> float:
        return 1 + 0.16 * np.sin(2 * np.pi * number / 50) * min(1.0, number / 15)

    who = s.pick("dancer_body", "dancer_waist")
    return Stage(room, [sits(who, 640, 620, HEIGHT + (4 if s.held_out else -8))], gain=gain, frames=120)


def bumped(s: Set) -> Stage:
    """The camera is knocked twice and stays where it was pushed to."""
    room = s.room(3, "both")

    def shift(number: int) -> tuple[float, float]:
        x = y = 0.0
        for when, dx, dy in ((40, 22, -9), (80, -34, 12)):
            if number >= when:
                ring = np.exp(-(number - when) / 4) * np.cos((number - when) * 1.3)
                x, y = x + dx * (1 - ring), y + dy * (1 - ring)
        return (float(x), float(y))

    return Stage(room, [sits(s.pick("longhair", "hands"), 640, 540, HEIGHT + 40)], shift=shift, frames=120)


def swaying_curtain(s: Set) -> Stage:
    """A curtain moves in the draught beside the person."""
    room = s.room(0, "none")
    seed = int(s.rng.integers(1 << 30))
    colour = (70, 80, 150) if s.held_out else (150, 175, 200)

    def paint(live: F32, number: int) -> None:
        curtain(live, np.random.default_rng(seed), 760, 1090, colour, number / 8, 26)

    return Stage(room, [sits(s.pick("denim", "glasses"), 480, 560)], paint=paint)


def film_on_screen(s: Set) -> Stage:
    """A television plays a film, without people, behind the person."""
    room = s.room(1, "none")
    seed = int(s.rng.integers(1 << 30))

    def paint(live: F32, number: int) -> None:
        things.screen(live, things.film_picture(number / 30, seed), (690, 100, 1210, 390))

    return Stage(room, [sits(s.pick("longhair", "hands"), 460, 560)], paint=paint, drift=0.02)


def pet(s: Set) -> Stage:
    """A small furry blob walks along behind the person."""
    room = s.room(2, "both")
    fur = (60, 90, 130) if s.held_out else (70, 70, 75)

    def paint(live: F32, number: int) -> None:
        x, y = 1380 - number * 9, 640 + round(4 * np.sin(number))
        cv2.ellipse(live, (x, y), (92, 52), 0, 0, 360, fur, -1, cv2.LINE_AA)
        cv2.circle(live, (x - 92, y - 44), 38, fur, -1, cv2.LINE_AA)
        for dx in (-60, -30, 40, 66):
            foot = (x + dx + round(12 * np.sin(number * 0.9 + dx)), y + 92)
            cv2.line(live, (x + dx, y + 30), foot, fur, 18, cv2.LINE_AA)
        for ear in (-116, -74):
            cv2.circle(live, (x + ear, y - 78), 13, fur, -1, cv2.LINE_AA)

    return Stage(room, [sits(s.pick("denim", "glasses"), 420, 540)], paint=paint, frames=110)


def fan(s: Set) -> Stage:
    """A fan turns beside the person and a striped poster hangs behind."""
    room = s.room(0, "left", standing=True)

    def paint(live: F32, number: int) -> None:
        cv2.line(live, (1010, 420), (1010, 720), (90, 90, 90), 12)
        for blade in range(4):
            cv2.ellipse(live, (1010, 380), (120, 34), number * 37 + blade * 90, 0, 90, (170, 175, 180), -1)
        cv2.circle(live, (1010, 380), 128, (60, 60, 60), 4, cv2.LINE_AA)

    return Stage(room, [sits(s.pick("dancer_body", "dancer_waist"), 470, 600)], paint=paint)
