"""What a scene is built from: its random numbers, the people of its set only, and the rooms of its set only."""

import dataclasses
from pathlib import Path

from tests.benchmarks.made_people import Person, person
from tests.benchmarks.made_rooms import F32, HEIGHT, Rng
from tests.benchmarks.made_stage import Actor, always
from tests.benchmarks.made_styles import HELD_OUT, TUNING, furnished

CASTS = {
    "tuning": ("denim", "longhair", "dancer_body"),
    "held_out": ("glasses", "hands", "dancer_waist", "talking"),
}
LONG = 600  # frames: 20 s


@dataclasses.dataclass
class Set:
    """What a scene is built from: its random numbers, its people and whether it is the held-out half. seed: which
    variant of the set, 0 the one that is reported on; others give the parts to other people of the set, in other
    rooms."""

    rng: Rng
    data: Path
    held_out: bool
    seed: int = 0

    def who(self, name: str) -> Person:
        """A person of this set only."""
        cast = CASTS["held_out" if self.held_out else "tuning"]
        if name not in cast:
            raise ValueError(f"{name} does not belong to this set")
        return person(self.data, cast[(cast.index(name) + self.seed) % len(cast)])

    def pick(self, tuning: str, held_out: str) -> Person:
        """The one or the other person, by set."""
        return self.who(held_out if self.held_out else tuning)

    def room(self, style: int, side: str = "both", standing: bool = False) -> F32:
        """A room of one of this set's four styles, of the other set's for an odd seed; standing: with a floor, for who
        is seen down to the feet."""
        styles = HELD_OUT if self.held_out != bool(self.seed % 2) else TUNING
        return furnished(self.rng, styles[(style + self.seed) % 4], side, standing and not self.held_out)


def sits(who: Person, x: float, tall: float, y: float = HEIGHT + 4, **more: object) -> Actor:
    """Somebody `tall` pixels from the lowest row (below the picture's edge) up."""
    return Actor(who, always(x, y, tall / (who.box[3] - who.box[1])), **more)  # type: ignore[arg-type]


def scale_of(who: Person, tall: float) -> float:
    """The scale at which the person is `tall` pixels high."""
    return tall / (who.box[3] - who.box[1])
