"""Scenes with what a network takes for a person and is none: portraits, screens, stand-ups, coats, rocks, furniture.

Each function builds the stage of one kind of clip; made_scenes.py lists them.
"""

from tests.benchmarks import made_things as things
from tests.benchmarks.made_rooms import HEIGHT, WIDTH
from tests.benchmarks.made_set import LONG, Set, scale_of, sits
from tests.benchmarks.made_stage import Actor, Stage, walk


def portrait_large(s: Set) -> Stage:
    """A framed portrait as large as the person."""
    room = s.room(0, "left")
    who, other = s.pick("denim", "hands"), s.pick("longhair", "glasses")
    area = things.portrait(room, s.rng, other, 30, (800, 70, 1180, 540) if s.held_out else (830, 40, 1150, 430))
    return Stage(room, [sits(who, 430, 600 if s.held_out else 560)], facts={"portraits": [area]})


def portraits_small(s: Set) -> Stage:
    """Two small portraits high on the wall."""
    room = s.room(1, "left")
    who, a, b = s.pick("longhair", "glasses"), s.pick("denim", "hands"), s.pick("dancer_body", "talking")
    areas = [
        things.portrait(room, s.rng, a, 10, (760, 70, 900, 250)),
        things.portrait(room, s.rng, b, 40, (980, 90, 1130, 270), 1.0 if s.held_out else 1.6),
    ]
    return Stage(room, [sits(who, 520, 520, mirror=True)], facts={"portraits": areas}, noise=3.5)


def portrait_print(s: Set) -> Stage:
    """A print without a frame, near the person's head, and wooden furniture below it."""
    room = s.room(0, "left")
    things.wardrobe(room, s.rng, 800, 480, 1240)
    who, other = s.pick("longhair", "talking"), s.pick("denim", "hands")
    area = things.portrait(room, s.rng, other, 80, (880, 120, 1130, 440), frame=0)
    tall = 725 if s.held_out else 560
    scale_x = 360 if s.held_out else 520
    return Stage(room, [sits(who, scale_x, tall)], facts={"portraits": [area]}, noise=4)


def portrait_empty(s: Set) -> Stage:
    """Nobody but a portrait for 1 s; then the person comes in."""
    room = s.room(1, "left")
    who, other = s.pick("denim", "hands"), s.pick("longhair", "glasses")
    area = things.portrait(room, s.rng, other, 60, (170, 60, 420, 360), frame=10)
    at = walk(WIDTH + 420, 830, HEIGHT + 4, scale_of(who, 560), 30, 60)
    return Stage(
        room, [Actor(who, at, True)], frames=150, timed=0, drift=0.02, facts={"portraits": [area], "enters": True}
    )


def stand_up(s: Set) -> Stage:
    """A life-size cardboard figure without a frame beside the person."""
    room = s.room(2, "left", standing=True)
    who, other = s.pick("denim", "glasses"), s.pick("dancer_body", "dancer_waist")
    tall = 600 if s.held_out else 650
    area = things.stand_up(room, other, 20, (930, HEIGHT), scale_of(other, tall), mirror=s.held_out)
    return Stage(room, [sits(who, 400, 500)], facts={"portraits": [area]})


def tv_face(s: Set) -> Stage:
    """A television shows a frozen speaker."""
    room = s.room(3, "left")
    who, other = s.pick("longhair", "hands"), s.pick("denim", "talking")
    picture = things.face_picture(other, 50, s.rng)
    area = things.screen(room, picture, (700, 90, 1230, 390))
    return Stage(room, [sits(who, 400, 540, mirror=s.held_out)], drift=0.03, facts={"portraits": [area]})


def still_portrait(s: Set) -> Stage:
    """The same before a wall with a portrait, which moves even less."""
    room = s.room(1, "left")
    who, other = s.pick("denim", "glasses"), s.pick("longhair", "hands")
    area = things.portrait(room, s.rng, other, 25, (860, 60, 1160, 420))
    actor = sits(who, 470, 560, still=True, mirror=s.held_out)
    return Stage(room, [actor], frames=LONG, facts={"still": True, "portraits": [area]})


def coat(s: Set) -> Stage:
    """A coat and a hat on a stand."""
    room = s.room(3, "left")
    area = things.coat_stand(room, s.rng, 980, 190, (70, 75, 95) if s.held_out else (95, 85, 70))
    who = s.pick("longhair", "dancer_waist")
    return Stage(room, [sits(who, 470, 540)], facts={"things": [area]}, noise=4, drift=0.02)


def rock(s: Set) -> Stage:
    """A rock beside a standing person."""
    room = s.room(2, "left", standing=True)
    area = things.rock(room, s.rng, (930, 560), (190, 260))
    if s.held_out:
        return Stage(room, [sits(s.who("dancer_waist"), 470, 560)], facts={"things": [area]})
    return Stage(room, [sits(s.who("dancer_body"), 480, 560, 706)], facts={"things": [area]})


def two_rocks(s: Set) -> Stage:
    """Two rocks, left and right, like people who stand behind the sitter."""
    room = s.room(0, "none")
    areas = [things.rock(room, s.rng, (180, 560), (150, 250)), things.rock(room, s.rng, (1130, 520), (140, 280))]
    return Stage(room, [sits(s.pick("longhair", "glasses"), 640, 520)], facts={"things": areas})


def table(s: Set) -> Stage:
    """A table the colour of skin before and beside the person."""
    room = s.room(3, "right")
    who = s.pick("denim", "hands")
    front = things.table(s.rng, 560, 1400, 560) if s.held_out else things.table(s.rng, 680, 1400, 590)
    return Stage(room, [sits(who, 500, 600)], front=front, facts={"things": [(600, 560, 1280, 720)]})


def chair(s: Set) -> Stage:
    """A high chair's back behind the person."""
    room = s.room(1, "right")
    who = s.pick("denim", "glasses")
    area = things.sofa(room, s.rng, 390, 890, 200, (60, 90, 150) if s.held_out else (110, 145, 180))
    return Stage(room, [sits(who, 640, 520)], facts={"things": [area]})
