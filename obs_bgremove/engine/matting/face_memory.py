"""Faces over time: the whole picture and three parts of it are searched in turn, for the detector misses small faces in
the whole picture (below 7 % of its width every second time; in a part, none of those tried).

What was found in one is kept until the look at another that must have found it again, or for some seconds. Used by
`Matting`, on its thread.
"""

from obs_bgremove.engine.matting.person_crop import Box

FORGET_S = 6.0  # a face not found again for so long is gone
SURE = 0.1  # of a view's width: a face that large is found whenever it is there
MOVES = 4.0  # widths by which a face may have moved between two looks
ALIKE = 1.8  # times a face's width: another of that width may be the same
EDGE = 2  # cells: a face this near to where a view ends inside the picture is cut off


class FaceMemory:
    """boxes: the faces of late, largest first, in cells."""

    def __init__(self, height: int, width: int) -> None:
        self.boxes: list[Box] = []
        self._height, self._width = height, width
        self._found_ns: dict[Box, int] = {}

    def seen(self, found: list[Box], view: Box, timestamp_ns: int) -> None:
        """found: the faces in this view, in cells of the picture."""
        x0, y0, x1, y1 = view
        inner = (
            x0 + EDGE * (x0 > 0),
            y0 + EDGE * (y0 > 0),
            x1 - EDGE * (x1 < self._width),
            y1 - EDGE * (y1 < self._height),
        )
        found = [face for face in found if _inside(face, inner)]
        again = _moved_to(self.boxes, found)
        for face in self.boxes:
            must = _inside(face, inner) and face[2] - face[0] >= SURE * (x1 - x0)
            if face in again or must or timestamp_ns - self._found_ns[face] >= FORGET_S * 1e9:
                del self._found_ns[face]
        self._found_ns.update(dict.fromkeys(found, timestamp_ns))
        self.boxes = sorted(self._found_ns, key=lambda face: face[0] - face[2])


def _inside(face: Box, view: Box) -> bool:
    return face[0] >= view[0] and face[1] >= view[1] and face[2] <= view[2] and face[3] <= view[3]


def _moved_to(before: list[Box], found: list[Box]) -> set[Box]:
    """Those of before that are found again, each at most once, the nearest first: somebody who dances is not two."""
    pairs = sorted((_distance(a, b), a, b) for a in before for b in found)
    matched: set[Box] = set()
    taken: set[Box] = set()
    for distance, a, b in pairs:
        if distance <= MOVES and a not in matched and b not in taken:
            matched.add(a)
            taken.add(b)
    return matched


def _distance(a: Box, b: Box) -> float:
    """Between the middles, in widths of the larger face; far for faces of different size."""
    width, other = a[2] - a[0], b[2] - b[0]
    if max(width, other) > ALIKE * min(width, other):
        return float("inf")
    x, y = (a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2
    return float((x * x + y * y) ** 0.5 / max(width, other))
