"""Where to look: the views of each frame, one around each person or group, and now and then a probe elsewhere.

A second person far from the first gets a view of its own: one view around both would show the network two small people
and mostly room. While nobody is known, single views take turns over the whole picture and three parts of it, since a
small person is lost in the whole. Used by `Matting`, on its thread.
"""

import numpy as np

from obs_bgremove.engine.matting.person_crop import Box, PersonCrop

MOST_VIEWS = 4  # each costs one run of the network per frame
JOIN = 1.3  # groups are joined if the box around both is at most this many times their own area
APART = 1000.0  # added to the growth that joining two people would cost
SATELLITE = 0.3  # of the larger box's area: a smaller one near by is a hand, not another person
SHOWN = 0.6  # of a box lies in a view...
LARGE = 0.4  # ...of whose area it makes up at least this: then it needs no view of its own
BESIDE = 0.2  # of a box may lie in a view that is beside it
HOLD = 20  # frames for which whoever was found in a probe keeps a view even while their region touches another's
PATIENCE = 6  # ...and for so many, though nobody is seen in it: whoever walks in is recognised in one frame of three
PROBE_FRAMES = 60  # every so many frames one probe elsewhere, though nothing stirs there
FIRST_PROBES = 3  # the first frames probe each time: whoever is there shows at once
ASIDE, DOWN, UP = 2.0, 25.0, 2.0  # face widths that a body reaches
STRIP = 0.15  # of the picture's width: a narrower part beside the person is not worth a probe


class PersonTracker:
    """The followed people of a stream. Boxes are in grid cells."""

    def __init__(self, height: int, width: int) -> None:
        self._height, self._width = height, width
        self._crops: list[PersonCrop] = []
        self._turn = 0

    @property
    def whole(self) -> Box:
        """The whole picture."""
        return (0, 0, self._width, self._height)

    @property
    def searching(self) -> bool:
        """Nobody is being followed."""
        return not self._crops

    def views(self) -> list[Box]:
        """What to show the network for this frame."""
        return [crop.box for crop in self._crops] or [self.search_views()[self._turn % 4]]

    def search_views(self) -> list[Box]:
        """The whole picture, then its middle and both sides (upper, middle and lower part of a portrait one)."""
        width, height = self._width, self._height
        if width >= height:
            part = min(width, max(height, width * 5 // 9))
            starts = ((width - part) // 2, 0, width - part)
            return [self.whole, *((x, 0, x + part, height) for x in starts)]
        part = min(height, max(width, height * 5 // 9))
        starts = ((height - part) // 2, 0, height - part)
        return [self.whole, *((0, y, width, y + part) for y in starts)]

    def probe(self, frame_number: int) -> Box | None:
        """A part of the picture to look at besides in this frame, if any: beside the people, or the whole."""
        if self.searching or (frame_number % PROBE_FRAMES and frame_number > FIRST_PROBES):
            return None
        x0, x1 = min(c.box[0] for c in self._crops), max(c.box[2] for c in self._crops)
        least = STRIP * self._width
        parts: list[Box] = []
        if x0 >= least:
            parts.append((0, 0, x0, self._height))
        if self._width - x1 >= least:
            parts.append((x1, 0, self._width, self._height))
        if not any(crop.covers_everything for crop in self._crops):
            parts.append(self.whole)
        self._turn += 1
        return parts[self._turn % len(parts)] if parts else None

    def follow(self, people: list[Box], at_once: bool = False) -> None:
        """Aim at the people seen in this frame, as grouped by `grouped`; empty: search. at_once: do not smooth."""
        self._turn += not people
        crops: list[PersonCrop] = []
        for person in people:
            before = max(self._crops, key=lambda crop: _overlap(crop.box, person), default=None)
            if before is None or at_once or _overlap(before.box, person) <= 0 or before in crops:
                before = PersonCrop(self._height, self._width)
            before.follow(person)
            crops.append(before)
        for crop in self._crops:
            alone = not any(_shows(other.box, crop.box, crop.inside) for other in crops)
            seen = any(_overlap(person, crop.box) > BESIDE * _area(crop.box) for person in people)
            if crop.hold and (seen or crop.patience) and crop not in crops and len(crops) < MOST_VIEWS and alone:
                crop.hold -= 1
                crop.patience -= 0 if seen else 1
                crops.append(crop)
        self._crops = crops

    def widen(self, found: Box) -> None:
        """Somebody who moves was recognised in this box: look at it from the next frame on. A view that shows a part
        of it is widened, for whoever walks in is faster than a view that follows what it sees."""
        view = max(self._crops, key=lambda crop: _overlap(crop.box, found), default=None)
        if view is None or _overlap(view.box, found) <= BESIDE * _area(found):
            self.add([found])
        elif _overlap(view.box, found) < SHOWN * _area(found):
            view.follow(around([view.box, found]))

    def add(self, found: list[Box], inside: bool = False) -> None:
        """Look at these from the next frame on, besides the people followed. inside: also if they lie in a view that
        shows them small, as somebody's face does who stands behind; else only what lies beside all views."""
        for box in found:
            if len(self._crops) < MOST_VIEWS and not any(_shows(crop.box, box, inside) for crop in self._crops):
                crop = PersonCrop(self._height, self._width)
                crop.follow(box)
                crop.hold, crop.patience, crop.inside = HOLD, PATIENCE, inside
                self._crops.append(crop)


def grouped(boxes: list[Box], faces: list[Box] | None = None) -> list[Box]:
    """At most MOST_VIEWS boxes around all of these; those that lie close together are joined, unless each has a face
    of its own."""
    groups = [(box, any(_holds(box, face) for face in faces or [])) for box in boxes]
    while len(groups) > 1:
        growth, a, b = min(
            (
                _growth(groups[a][0], groups[b][0]) + (APART if groups[a][1] and groups[b][1] else 0),
                a,
                b,
            )
            for a in range(len(groups))
            for b in range(a)
        )
        if growth > JOIN and len(groups) <= MOST_VIEWS:
            break
        joined = around([groups[a][0], groups[b][0]]), groups[a][1] or groups[b][1]
        groups = [group for n, group in enumerate(groups) if n not in (a, b)] + [joined]
    return [box for box, _ in groups]


def split(boxes: list[Box], faces: list[Box], kept: np.ndarray, cells: float) -> list[Box]:
    """The same boxes; one that holds several faces is divided into one around each face's own part of kept (any, any)
    bool, pixels of `cells` cells a side: the part that is nearest, in units of the face's width."""
    parts: list[Box] = []
    for box in boxes:
        held = [face for face in faces if _holds(box, face)]
        if len(held) < 2:
            parts.append(box)
            continue
        x0, y0, x1, y1 = (int(box[0] / cells), int(box[1] / cells), -int(-box[2] // cells), -int(-box[3] // cells))
        ys, xs = np.nonzero(kept[y0:y1, x0:x1])
        if not ys.size:
            parts.append(box)
            continue
        ys, xs = ys + y0, xs + x0
        far = np.stack([distance_from_face(xs * cells, ys * cells, face, DOWN) for face in held])
        nearest = far.argmin(axis=0)
        for number in range(len(held)):
            own_x, own_y = xs[nearest == number] * cells, ys[nearest == number] * cells
            if own_x.size:
                parts.append((int(own_x.min()), int(own_y.min()), int(own_x.max() + cells), int(own_y.max() + cells)))
    return parts


def distance_from_face(xs: np.ndarray, ys: np.ndarray, face: Box, down: float) -> np.ndarray:
    """Of places from a face, squared, in units of what belongs to a face: ASIDE widths to the sides, UP widths upwards,
    so many downwards."""
    width = face[2] - face[0]
    across = (xs - (face[0] + face[2]) / 2) / (ASIDE * width)
    along = (ys - (face[1] + face[3]) / 2) / width
    return np.asarray(across**2 + (along / np.where(along > 0, down, UP)) ** 2)


def around(boxes: list[Box]) -> Box:
    """The box around all of these."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _growth(a: Box, b: Box) -> float:
    """How much larger the box around both is than both; boxes of two people count as far apart."""
    larger, smaller = max(_area(a), _area(b), 1), min(_area(a), _area(b))
    people = smaller > SATELLITE * larger and _overlap(a, b) < SATELLITE * smaller
    return _area(around([a, b])) / max(_area(a) + _area(b), 1) + (APART if people else 0)


def _area(box: Box) -> int:
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])


def _overlap(a: Box, b: Box) -> int:
    if a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]:
        return 0
    return (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))


def _shows(view: Box, box: Box, inside: bool) -> bool:
    """The view makes another one for this box needless."""
    if inside:
        return _overlap(view, box) > SHOWN * _area(box) and _area(box) > LARGE * _area(view)
    return _overlap(view, box) > BESIDE * _area(box)


def _holds(box: Box, face: Box) -> bool:
    x, y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
    return box[0] <= x < box[2] and box[1] <= y < box[3]
