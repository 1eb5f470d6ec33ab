"""The table of made clips: 27 kinds of scene, each once for tuning and once held out, other people and other rooms.

| set | living people and portraits | rooms |
|---|---|---|
| tuning | denim, longhair, dancer (full-body clip) | living, study, kitchen, striped |
| held_out | glasses, hands, talking, dancer (waist clip) | loft, salon, cabin, photograph |

The dancer is in both (two clips of one man; his frames differ); nobody else is. Whoever tunes the matte looks at the
tuning set and at the development clips only. (The same seven people also stand in the development clips, before other
rooms: the held-out set says how well a matte holds in rooms, poses, sizes and light it was not tuned to.)
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from tests.benchmarks import made_things as things
from tests.benchmarks.made_people import Person, person
from tests.benchmarks.made_rooms import F32, HEIGHT, WIDTH, Rng, curtain, glow, window
from tests.benchmarks.made_stage import Actor, Stage, always, walk
from tests.benchmarks.made_styles import HELD_OUT, TUNING, furnished

CASTS = {
    "tuning": ("denim", "longhair", "dancer_body"),
    "held_out": ("glasses", "hands", "dancer_waist", "talking"),
}
LONG = 600  # frames: 20 s


@dataclasses.dataclass
class Set:
    """What a scene is built from: its random numbers, its people and whether it is the held-out half."""

    rng: Rng
    data: Path
    held_out: bool

    def who(self, name: str) -> Person:
        """A person of this set only."""
        if name not in CASTS["held_out" if self.held_out else "tuning"]:
            raise ValueError(f"{name} does not belong to this set")
        return person(self.data, name)

    def pick(self, tuning: str, held_out: str) -> Person:
        """The one or the other person, by set."""
        return self.who(held_out if self.held_out else tuning)

    def room(self, style: int, side: str = "both", standing: bool = False) -> F32:
        """A room of one of this set's four styles; standing: with a floor, for who is seen down to the feet."""
        return furnished(self.rng, (HELD_OUT if self.held_out else TUNING)[style], side, standing and not self.held_out)


def _sits(who: Person, x: float, tall: float, y: float = HEIGHT + 4, **more: object) -> Actor:
    """Somebody `tall` pixels from the lowest row (below the picture's edge) up."""
    return Actor(who, always(x, y, tall / (who.box[3] - who.box[1])), **more)  # type: ignore[arg-type]


def _scale(who: Person, tall: float) -> float:
    return tall / (who.box[3] - who.box[1])


def portrait_large(s: Set) -> Stage:
    """A framed portrait as large as the person."""
    room = s.room(0, "left")
    who, other = s.pick("denim", "hands"), s.pick("longhair", "glasses")
    area = things.portrait(room, s.rng, other, 30, (800, 70, 1180, 540) if s.held_out else (830, 40, 1150, 430))
    return Stage(room, [_sits(who, 430, 600 if s.held_out else 560)], facts={"portraits": [area]})


def portraits_small(s: Set) -> Stage:
    """Two small portraits high on the wall."""
    room = s.room(1, "left")
    who, a, b = s.pick("longhair", "glasses"), s.pick("denim", "hands"), s.pick("dancer_body", "talking")
    areas = [
        things.portrait(room, s.rng, a, 10, (760, 70, 900, 250)),
        things.portrait(room, s.rng, b, 40, (980, 90, 1130, 270), 1.0 if s.held_out else 1.6),
    ]
    return Stage(room, [_sits(who, 520, 520, mirror=True)], facts={"portraits": areas}, noise=3.5)


def stand_up(s: Set) -> Stage:
    """A life-size cardboard figure without a frame beside the person."""
    room = s.room(2, "left", standing=True)
    who, other = s.pick("denim", "glasses"), s.pick("dancer_body", "dancer_waist")
    tall = 600 if s.held_out else 650
    area = things.stand_up(room, other, 20, (930, HEIGHT), _scale(other, tall), mirror=s.held_out)
    return Stage(room, [_sits(who, 400, 500)], facts={"portraits": [area]})


def tv_face(s: Set) -> Stage:
    """A television shows a frozen speaker."""
    room = s.room(3, "left")
    who, other = s.pick("longhair", "hands"), s.pick("denim", "talking")
    picture = things.face_picture(other, 50, s.rng)
    area = things.screen(room, picture, (700, 90, 1230, 390))
    return Stage(room, [_sits(who, 400, 540, mirror=s.held_out)], drift=0.03, facts={"portraits": [area]})


def portrait_empty(s: Set) -> Stage:
    """Nobody but a portrait for 1 s; then the person comes in."""
    room = s.room(1, "left")
    who, other = s.pick("denim", "hands"), s.pick("longhair", "glasses")
    area = things.portrait(room, s.rng, other, 60, (170, 60, 420, 360), frame=10)
    at = walk(WIDTH + 420, 830, HEIGHT + 4, _scale(who, 560), 30, 60)
    return Stage(
        room, [Actor(who, at, True)], frames=150, timed=0, drift=0.02, facts={"portraits": [area], "enters": True}
    )


def portrait_print(s: Set) -> Stage:
    """A print without a frame, near the person's head, and wooden furniture below it."""
    room = s.room(0, "left")
    things.wardrobe(room, s.rng, 800, 480, 1240)
    who, other = s.pick("longhair", "talking"), s.pick("denim", "hands")
    area = things.portrait(room, s.rng, other, 80, (880, 120, 1130, 440), frame=0)
    tall = 725 if s.held_out else 560
    scale_x = 360 if s.held_out else 520
    return Stage(room, [_sits(who, scale_x, tall)], facts={"portraits": [area]}, noise=4)


def rock(s: Set) -> Stage:
    """A rock beside a standing person."""
    room = s.room(2, "left", standing=True)
    area = things.rock(room, s.rng, (930, 560), (190, 260))
    if s.held_out:
        return Stage(room, [_sits(s.who("dancer_waist"), 470, 560)], facts={"things": [area]})
    return Stage(room, [_sits(s.who("dancer_body"), 480, 560, 706)], facts={"things": [area]})


def two_rocks(s: Set) -> Stage:
    """Two rocks, left and right, like people who stand behind the sitter."""
    room = s.room(0, "none")
    areas = [things.rock(room, s.rng, (180, 560), (150, 250)), things.rock(room, s.rng, (1130, 520), (140, 280))]
    return Stage(room, [_sits(s.pick("longhair", "glasses"), 640, 520)], facts={"things": areas})


def table(s: Set) -> Stage:
    """A table the colour of skin before and beside the person."""
    room = s.room(3, "right")
    who = s.pick("denim", "hands")
    front = things.table(s.rng, 560, 1400, 560) if s.held_out else things.table(s.rng, 680, 1400, 590)
    return Stage(room, [_sits(who, 500, 600)], front=front, facts={"things": [(600, 560, 1280, 720)]})


def chair(s: Set) -> Stage:
    """A high chair's back behind the person."""
    room = s.room(1, "right")
    who = s.pick("denim", "glasses")
    area = things.sofa(room, s.rng, 390, 890, 200, (60, 90, 150) if s.held_out else (110, 145, 180))
    return Stage(room, [_sits(who, 640, 520)], facts={"things": [area]})


def bright_window(s: Set) -> Stage:
    """Bright daylight behind the hair."""
    room = s.room(2, "none")
    window(room, s.rng, 300, 30, 980, 560, 1.02)
    room = np.asarray(cv2.GaussianBlur(np.minimum(room, 255), (0, 0), 2), np.float32)
    who = s.pick("longhair", "hands")
    return Stage(room, [_sits(who, 620, 580, light=(0.8, 0.8, 0.8))], noise=4)


def two_people(s: Set) -> Stage:
    """One near, one farther behind."""
    room = s.room(0, "right")
    near, far = s.pick("denim", "hands"), s.pick("longhair", "glasses")
    front = things.table(s.rng, -80, 640, 600, (75, 100, 130), 10)
    actors = [_sits(far, 340, 300, 610), _sits(near, 880, 590, mirror=True)]
    front[:, 620:] = 0
    return Stage(room, actors, front=front, drift=0.03)


def three_people(s: Set) -> Stage:
    """Three at different distances."""
    room = s.room(3, "none", standing=True)
    if s.held_out:
        actors = [_sits(s.who("glasses"), 620, 380), _sits(s.who("dancer_waist"), 1010, 500),
                  _sits(s.who("hands"), 270, 580, mirror=True)]  # fmt: skip
    else:
        actors = [_sits(s.who("dancer_body"), 640, 560, 716), _sits(s.who("longhair"), 1010, 430),
                  _sits(s.who("denim"), 250, 520)]  # fmt: skip
    return Stage(room, actors)


def enters(s: Set) -> Stage:
    """A second person comes in from the side and stays."""
    room = s.room(1, "none", standing=True)
    sitter, comer = s.pick("longhair", "glasses"), s.pick("dancer_body", "dancer_waist")
    at = walk(WIDTH + 340, 950, HEIGHT + 4, _scale(comer, 560 if s.held_out else 690), 45, 85)
    actors = [Actor(comer, at), _sits(sitter, 420, 520)]
    return Stage(room, actors, frames=150, timed=0, facts={"enters": True})


def leaves(s: Set) -> Stage:
    """The person goes out of the picture; then nobody is there."""
    room = s.room(0, "both")
    who = s.pick("denim", "hands")
    at = walk(600, -520, HEIGHT + 4, _scale(who, 560), 60, 95, stays=False)
    return Stage(room, [Actor(who, at)], frames=150, timed=0, facts={"leaves": True})


def sits_still(s: Set) -> Stage:
    """20 s without a movement but breath and blinks."""
    room = s.room(2, "both")
    who = s.pick("longhair", "hands")
    return Stage(room, [_sits(who, 640, 540, still=True)], frames=LONG, drift=0.015, facts={"still": True})


def still_portrait(s: Set) -> Stage:
    """The same before a wall with a portrait, which moves even less."""
    room = s.room(1, "left")
    who, other = s.pick("denim", "glasses"), s.pick("longhair", "hands")
    area = things.portrait(room, s.rng, other, 25, (860, 60, 1160, 420))
    actor = _sits(who, 470, 560, still=True, mirror=s.held_out)
    return Stage(room, [actor], frames=LONG, facts={"still": True, "portraits": [area]})


def small_and_far(s: Set) -> Stage:
    """A small person far away."""
    room = s.room(3, "both", standing=True)
    if s.held_out:
        front = things.table(s.rng, 300, 1000, 590, (60, 80, 110), 200)
        return Stage(room, [_sits(s.who("dancer_waist"), 640, 300, 596)], front=front)
    return Stage(room, [_sits(s.who("dancer_body"), 660, 330, 690)])


def fills_frame(s: Set) -> Stage:
    """A head that fills the picture."""
    room = s.room(0, "both")
    if s.held_out:
        return Stage(room, [_sits(s.who("talking"), 660, 860, 800)])
    return Stage(room, [_sits(s.who("longhair"), 640, 800, 880)])


def lamp(s: Set) -> Stage:
    """A lamp is switched on behind the person after 1.5 s, off after 3 s."""
    room = s.room(2, "right")
    shine = glow(1020, 240, 330)
    room = room * 0.72

    def gain(number: int) -> F32:
        rise = min(1.0, max(0.0, (number - 45) / 3)) - min(1.0, max(0.0, (number - 90) / 3))
        return np.asarray(1 + 0.75 * rise * shine + 0.08 * rise, np.float32)

    return Stage(room, [_sits(s.pick("denim", "glasses"), 480, 540, light=(0.85, 0.85, 0.85))], gain=gain, frames=120)


def exposure(s: Set) -> Stage:
    """The camera's exposure hunts."""
    room = s.room(1, "both", standing=True)

    def gain(number: int) -> float:
        return 1 + 0.16 * np.sin(2 * np.pi * number / 50) * min(1.0, number / 15)

    who = s.pick("dancer_body", "dancer_waist")
    return Stage(room, [_sits(who, 640, 620, HEIGHT + (4 if s.held_out else -8))], gain=gain, frames=120)


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

    return Stage(room, [_sits(s.pick("longhair", "hands"), 640, 540, HEIGHT + 40)], shift=shift, frames=120)


def swaying_curtain(s: Set) -> Stage:
    """A curtain moves in the draught beside the person."""
    room = s.room(0, "none")
    seed = int(s.rng.integers(1 << 30))
    colour = (70, 80, 150) if s.held_out else (150, 175, 200)

    def paint(live: F32, number: int) -> None:
        curtain(live, np.random.default_rng(seed), 760, 1090, colour, number / 8, 26)

    return Stage(room, [_sits(s.pick("denim", "glasses"), 480, 560)], paint=paint)


def film_on_screen(s: Set) -> Stage:
    """A television plays a film, without people, behind the person."""
    room = s.room(1, "none")
    seed = int(s.rng.integers(1 << 30))

    def paint(live: F32, number: int) -> None:
        things.screen(live, things.film_picture(number / 30, seed), (690, 100, 1210, 390))

    return Stage(room, [_sits(s.pick("longhair", "hands"), 460, 560)], paint=paint, drift=0.02)


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

    return Stage(room, [_sits(s.pick("denim", "glasses"), 420, 540)], paint=paint, frames=110)


def coat(s: Set) -> Stage:
    """A coat and a hat on a stand."""
    room = s.room(3, "left")
    area = things.coat_stand(room, s.rng, 980, 190, (70, 75, 95) if s.held_out else (95, 85, 70))
    who = s.pick("longhair", "dancer_waist")
    return Stage(room, [_sits(who, 470, 540)], facts={"things": [area]}, noise=4, drift=0.02)


def fan(s: Set) -> Stage:
    """A fan turns beside the person and a striped poster hangs behind."""
    room = s.room(0, "left", standing=True)

    def paint(live: F32, number: int) -> None:
        cv2.line(live, (1010, 420), (1010, 720), (90, 90, 90), 12)
        for blade in range(4):
            cv2.ellipse(live, (1010, 380), (120, 34), number * 37 + blade * 90, 0, 90, (170, 175, 180), -1)
        cv2.circle(live, (1010, 380), 128, (60, 60, 60), 4, cv2.LINE_AA)

    return Stage(room, [_sits(s.pick("dancer_body", "dancer_waist"), 470, 600)], paint=paint)


KINDS: dict[str, Callable[[Set], Stage]] = {
    kind.__name__: kind
    for kind in (
        portrait_large, portraits_small, portrait_print, portrait_empty, stand_up, tv_face, still_portrait,
        coat, rock, two_rocks, table, chair, bright_window, two_people, three_people, enters, leaves, sits_still,
        small_and_far, fills_frame, lamp, exposure, bumped, swaying_curtain, film_on_screen, pet, fan,
    )
}  # fmt: skip
SETS = ("tuning", "held_out")


def names(which: str) -> list[str]:
    """The clips of a set: its first letter and the kind."""
    return [f"{which[0]}_{kind}" for kind in KINDS]


def stage(name: str, data: Path) -> tuple[Stage, Rng]:
    """The stage of a clip, with the generator its noise comes from. The name alone decides both."""
    letter, kind = name.split("_", 1)
    rng = np.random.default_rng([ord(c) for c in name])
    return KINDS[kind](Set(rng, data, letter == "h")), rng
