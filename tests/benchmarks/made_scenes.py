"""The table of made clips: 27 kinds of scene, each once for tuning and once held out, other people and other rooms.

| set | living people and portraits | rooms |
|---|---|---|
| tuning | denim, longhair, dancer (full-body clip) | living, study, kitchen, striped |
| held_out | glasses, hands, talking, dancer (waist clip) | loft, salon, cabin, photograph |

The dancer is in both (two clips of one man; his frames differ); nobody else is. Whoever tunes the matte looks at the
tuning set and at the development clips only. (The same seven people also stand in the development clips, before other
rooms: the held-out set says how well a matte holds in rooms, poses, sizes and light it was not tuned to.)
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks import made_events as events
from tests.benchmarks import made_lookalikes as lookalikes
from tests.benchmarks.made_rooms import Rng
from tests.benchmarks.made_set import Set
from tests.benchmarks.made_stage import Stage

KINDS: dict[str, Callable[[Set], Stage]] = {
    kind.__name__: kind
    for kind in (
        lookalikes.portrait_large,
        lookalikes.portraits_small,
        lookalikes.portrait_print,
        lookalikes.portrait_empty,
        lookalikes.stand_up,
        lookalikes.tv_face,
        lookalikes.still_portrait,
        lookalikes.coat,
        lookalikes.rock,
        lookalikes.two_rocks,
        lookalikes.table,
        lookalikes.chair,
        events.bright_window,
        events.two_people,
        events.three_people,
        events.enters,
        events.leaves,
        events.sits_still,
        events.small_and_far,
        events.fills_frame,
        events.lamp,
        events.exposure,
        events.bumped,
        events.swaying_curtain,
        events.film_on_screen,
        events.pet,
        events.fan,
    )
}
SETS = ("tuning", "held_out")


def names(which: str) -> list[str]:
    """The clips of a set: its first letter and the kind."""
    return [f"{which[0]}_{kind}" for kind in KINDS]


def stage(name: str, data: Path, seed: int = 0) -> tuple[Stage, Rng]:
    """The stage of a clip, with the generator its noise comes from. The name and the seed decide both."""
    letter, kind = name.split("_", 1)
    rng = np.random.default_rng([*(ord(c) for c in name), *([seed] if seed else [])])
    return KINDS[kind](Set(rng, data, letter == "h", seed)), rng
