"""Where the heads are, from the matte alone, with the faces that the matte's own search found now and then.

No network is run for this. A head is the top of a silhouette: as wide as the rows below the crown, and somewhat higher
than wide. Faces, seen once a second, tell two people apart whose outlines touch, and what in a silhouette is hat, hair
or a raised hand. Shares of the picture: x of its width, y and height of its height.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.matting.person_crop import Box

COLUMNS = 96  # of the grid that silhouettes are looked at on
PERSON = 0.5  # alpha
LEAST_AREA = 0.004  # of the picture, and...
LEAST_SHARE = 0.15  # ...of the largest silhouette: less is no person to be kept in view
TALL = 1.35  # a head is so many times as high as wide
CENTRE = 0.55  # the middle of the face, in head heights below the crown
FACE_TALL = 1.5  # a head is so many times as high as a detected face is wide
STILL_FRAMES, STILL = 6, 0.04  # a face says where the head was when it was looked for: of use when, for so many frames,
# it has not moved by more than so many of its heights
BESIDE = 0.8  # head heights to either side of the head as it was last: where it is looked for
THIN = 0.3  # of the head's width: narrower, a row is of a raised finger or a strand
ROUNDS = 6  # from a narrow crown to the whole head
APART = 0.6  # head heights between two people's faces at least
NEAR = 0.25  # head heights about its middle: there a head's silhouette is in the next frame
LEARNS = 0.7  # of what a face says, at once
CORRECT_MOST = 0.5  # head heights that a face may correct what the silhouette said
HOLDS = 0.6  # of a face must be person: those on portraits and screens are not


@dataclass(frozen=True)
class Head:
    """The middle of a face, and the head's height from crown to chin."""

    x: float
    y: float
    height: float


class Heads:
    """Follows heads from frame to frame."""

    def __init__(self) -> None:
        self._known: list[Head] = []
        self._faces: list[Box] = []
        self._correction = np.array([0.0, 0.0, 1.0])  # of x and y in head heights, of the height as a factor
        self._rests_at: Head | None = None
        self._rests = 0  # frames

    def __call__(self, alpha_small: F32, faces: list[Box]) -> list[Head]:
        """The heads of alpha_small (gh, gw), the largest silhouette's first. faces: in its cells, as they were when
        last seen; a box that was not there before is of now."""
        gh, gw = alpha_small.shape
        rows = max(8, round(COLUMNS * gh / gw))
        person = cv2.resize(alpha_small, (COLUMNS, rows), interpolation=cv2.INTER_AREA) > PERSON
        seen = [face for face in faces if _held(alpha_small, face)]
        fresh, self._faces = [face for face in seen if face not in self._faces], faces
        count, labels, stats, _ = cv2.connectedComponentsWithStats(person.astype(np.uint8))
        areas = [int(stats[label, cv2.CC_STAT_AREA]) for label in range(1, count)]
        least = max(LEAST_AREA * person.size, LEAST_SHARE * max(areas, default=0))
        heads: list[Head] = []
        for n in sorted(range(len(areas)), key=lambda n: -areas[n]):
            if areas[n] < least:
                break
            body = labels == n + 1
            looks = [face for face in seen if _touches(body, face, gh, gw)]
            own = _apart([_head_of_face(face, gh, gw) for face in looks], gw / gh)
            if len(own) > 1:
                heads += own
                continue
            now = _head_of_face(looks[0], gh, gw) if looks and looks[0] in fresh else None
            known = [head for head in self._known if _near(head, body)] or own
            head = _crown(body, max(known, key=lambda head: head.height, default=None), gw / gh)
            if head is not None and (own or not _at_a_side(body, head)):
                heads.append(self._corrected(head, now, not heads, gw / gh))
        self._known = heads
        return heads

    def _corrected(self, head: Head, face: Head | None, first: bool, aspect: float) -> Head:
        """What the silhouette says, set right by what faces said of it. Only the first head has such a correction."""
        if not first:
            return face or head
        at = self._rests_at
        if at is None or max(abs(head.x - at.x) * aspect, abs(head.y - at.y)) > STILL * head.height:
            self._rests_at, self._rests = head, 0
        self._rests += 1
        if face is not None and self._rests >= STILL_FRAMES:
            shift = (face.x - head.x) * aspect / head.height, (face.y - head.y) / head.height
            wanted = *np.clip(shift, -CORRECT_MOST, CORRECT_MOST), np.clip(face.height / head.height, 1 / 1.6, 1.6)
            self._correction += (np.array(wanted) - self._correction) * LEARNS
        dx, dy, factor = self._correction.tolist()
        return Head(head.x + dx * head.height / aspect, head.y + dy * head.height, head.height * factor)


def _crown(body: U8, before: Head | None, aspect: float) -> Head | None:
    """The head of a silhouette (rows, columns) bool, looked for about where it was. aspect: the picture's."""
    rows, columns = body.shape
    if before is not None:
        reach = BESIDE * before.height / aspect
        left, right = int((before.x - reach) * columns), int(np.ceil((before.x + reach) * columns))
        window = np.zeros_like(body)
        window[:, max(0, left) : max(0, right)] = True
        if (body & window).any():
            body = body & window
    widths = body.sum(1)
    square = rows / (columns / aspect)  # rows as high as a column is wide
    thin = 0.0 if before is None else THIN * before.height * rows / TALL / square
    top = int(np.argmax(widths > min(thin, widths.max() - 1)))
    width = float(widths[top])
    for _ in range(ROUNDS):  # the crown is narrow: from there to as wide as what lies below it
        height = max(2.0, TALL * width * square)
        part = widths[top + int(0.25 * height) : top + int(0.75 * height) + 1]
        width = max(width, float(np.median(part[part > 0]))) if (part > 0).any() else width
    height = TALL * width * square
    band = body[top + int(0.2 * height) : top + int(0.8 * height) + 1]
    if not band.any():
        return None
    x = float((band.sum(0) * (np.arange(columns) + 0.5)).sum() / band.sum())
    return Head(x / columns, (top + CENTRE * height) / rows, height / rows)


def _at_a_side(body: U8, head: Head) -> bool:
    """Whether a head reaches the picture's side: that of somebody half out of it, or a hand of theirs."""
    rows = body.shape[0]
    band = body[max(0, int((head.y - CENTRE * head.height) * rows)) : int((head.y + 0.45 * head.height) * rows) + 1]
    return bool(band[:, 0].any() or band[:, -1].any())


def _head_of_face(face: Box, gh: int, gw: int) -> Head:
    x0, y0, x1, y1 = face
    return Head((x0 + x1) / 2 / gw, (y0 + y1) / 2 / gh, FACE_TALL * (x1 - x0) / gh)


def _apart(heads: list[Head], aspect: float) -> list[Head]:
    """Without those that are another's as well, seen where it was a moment before."""
    kept: list[Head] = []
    for head in heads:
        if all(max(abs(head.x - k.x) * aspect, abs(head.y - k.y)) > APART * k.height for k in kept):
            kept.append(head)
    return kept


def _held(alpha_small: F32, face: Box) -> bool:
    x0, y0, x1, y1 = face
    part = alpha_small[y0:y1, x0:x1]
    return part.size > 0 and float(part.mean()) > HOLDS


def _touches(body: U8, face: Box, gh: int, gw: int) -> bool:
    rows, columns = body.shape
    x, y = (face[0] + face[2]) / 2 / gw * columns, (face[1] + face[3]) / 2 / gh * rows
    return bool(body[min(rows - 1, int(y)), min(columns - 1, int(x))])


def _near(head: Head, body: U8) -> bool:
    rows, columns = body.shape
    x, y = int(head.x * columns), int(head.y * rows)
    reach = max(1, int(NEAR * head.height * rows))
    return bool(body[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1].any())
