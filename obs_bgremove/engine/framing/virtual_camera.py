"""The virtual camera: what part of the picture is shown, moved smoothly towards where the heads are.

A view is a part of the picture, of its shape. What is wanted is the head, or everyone's, at a pleasing size and place.
The camera rests while they stay in a zone about that, and then moves there as a critically damped spring with its pull
limited, so that speed and acceleration are. Centre and size move by the same law, hence so does each edge of the view,
and none leaves the picture on the way. Used on the worker's thread.
"""

import math
from dataclasses import dataclass

import numpy as np

from obs_bgremove.engine.framing.heads import Head

HEAD_SHARE = {"gentle": 0.38, "close": 0.5}  # of the view's height is the head
LEAST_SIZE = 0.5  # of the picture: at most 2 x
HEAD_LINE = 0.4  # of the view's height, from above: the middle of the face
ASIDE, ABOVE, BELOW = 1.6, 1.1, 1.7  # head heights about each face that several people are given
ZONE, SIZE_ZONE = 0.03, 0.12  # of the view: a head so far off its place, or its size so far off, moves the camera
ARRIVED = 0.008  # of the view: so near it rests again, when...
CALM_S = 0.4  # ...what is wanted has been in so small a zone for so long
LOOK_S, SIZE_LOOK_S = 0.15, 0.6  # time constants of what is wanted: the outline quivers
STIFFNESS = 2.6  # 1/s: a small way is gone to 95 % in 1.8 s
SPEED = 0.3  # views a second at most
# By that law: a spring's pull on the limited way, and, when it turns about at full speed, its damping as well.
ACCELERATION = 4 * SPEED * STIFFNESS  # views / s^2 at most
FEWER_S = 1.5  # so long somebody may be missed before the rest, or nobody, is framed
STILL, STILL_SPEED = 1e-4, 1e-3  # of the picture, and a second: so near the goal it is there
STEP_S, PAUSE_S = 1 / 240, 0.25


@dataclass(frozen=True)
class View:
    """The part of the picture that is shown: its centre in shares of width and height, its size as a share of both."""

    x: float = 0.5
    y: float = 0.5
    size: float = 1.0


WIDE = View()


def wanted(heads: list[Head], style: str, aspect: float) -> View:
    """The view of these heads, within the picture. style: off, gentle or close. aspect: the picture's."""
    if style not in HEAD_SHARE or not heads:
        return WIDE
    size = max(head.height for head in heads) / HEAD_SHARE[style]
    if len(heads) == 1:
        size = min(max(size, LEAST_SIZE), 1.0)
        return inside(View(heads[0].x, heads[0].y + (0.5 - HEAD_LINE) * size, size))
    left = min(head.x - ASIDE * head.height / aspect for head in heads)
    right = max(head.x + ASIDE * head.height / aspect for head in heads)
    top = min(head.y - ABOVE * head.height for head in heads)
    bottom = max(head.y + BELOW * head.height for head in heads)
    size = min(max(size, right - left, bottom - top, LEAST_SIZE), 1.0)
    return inside(View((left + right) / 2, (top + bottom) / 2, size))


def inside(view: View) -> View:
    """The nearest view of this size that does not reach beyond the picture."""
    size = min(view.size, 1.0)
    half = size / 2
    return View(min(max(view.x, half), 1 - half), min(max(view.y, half), 1 - half), size)


class VirtualCamera:
    """Begins wide."""

    def __init__(self) -> None:
        self.view = WIDE
        self._speed = np.zeros(3)  # of centre and size, in shares of the picture a second
        self._goal = WIDE
        self._calmed: View | None = None  # what is wanted, without its quiver
        self._moving = False
        self._off_at_s = -math.inf  # when what is wanted last lay apart from the goal
        self._people, self._people_at_s = 0, -math.inf
        self._now_s: float | None = None

    def __call__(self, heads: list[Head], style: str, aspect: float, time_s: float) -> View:
        """The view at this moment. time_s does not decrease."""
        passed_s = 0.0 if self._now_s is None else min(max(time_s - self._now_s, 0.0), PAUSE_S)
        self._now_s = time_s
        if style == "off" or self._settled(len(heads), time_s):
            self._look(wanted(heads, style, aspect), passed_s, time_s)
        steps = math.ceil(passed_s / STEP_S)
        for _ in range(steps):
            self._step(passed_s / steps)
        return self.view

    def _settled(self, people: int, time_s: float) -> bool:
        """Whether so many people are to be believed: more at once, fewer after a while."""
        if people >= self._people or time_s - self._people_at_s > FEWER_S:
            self._people, self._people_at_s = people, time_s
            return True
        return False

    def _look(self, view: View, passed_s: float, time_s: float) -> None:
        """Sets the goal anew when what is wanted has left its zone, and as long as the camera moves."""
        before = view if view == WIDE or self._calmed is None else self._calmed  # the whole picture does not quiver
        keep, keep_size = math.exp(-passed_s / LOOK_S), math.exp(-passed_s / SIZE_LOOK_S)
        calmed = self._calmed = View(
            view.x + (before.x - view.x) * keep,
            view.y + (before.y - view.y) * keep,
            view.size + (before.size - view.size) * keep_size,
        )
        goal = self._goal
        off = max(abs(calmed.x - goal.x), abs(calmed.y - goal.y)) / goal.size
        off_size = abs(math.log(calmed.size / goal.size))
        if off > ZONE or off_size > SIZE_ZONE or (view == WIDE and goal != WIDE):
            self._moving, self._off_at_s = True, time_s
        elif off > ARRIVED:
            self._off_at_s = time_s
        if self._moving:
            # Towards the ends of the picture nothing calmed ever arrives: the last bit at once.
            self._goal = inside(calmed) if off > ARRIVED / 4 or off_size > ARRIVED else inside(view)
            here = self.view
            away = max(abs(here.x - self._goal.x), abs(here.y - self._goal.y), abs(here.size - self._goal.size))
            self._moving = away > ARRIVED * here.size or time_s - self._off_at_s < CALM_S

    def _step(self, step_s: float) -> None:
        here, goal, speed = self.view, self._goal, self._speed
        way = np.array([goal.x - here.x, goal.y - here.y, goal.size - here.size])
        furthest = float(np.abs(way).max())
        if furthest < STILL and np.abs(speed).max() < STILL_SPEED:  # exactly there: it stands still, to the byte
            self._speed, self.view = np.zeros(3), goal
            return
        most = 2 * SPEED / STIFFNESS * here.size  # pulls up to the highest speed
        pull = STIFFNESS**2 * (1.0 if furthest <= most else most / furthest)
        speed = self._speed = speed + (pull * way - 2 * STIFFNESS * speed) * step_s
        dx, dy, growth = (speed * step_s).tolist()
        self.view = inside(View(here.x + dx, here.y + dy, min(max(here.size + growth, LEAST_SIZE), 1.0)))
