"""Liveness: what the network takes for a person must have moved like one, or it is furniture.

The opinion is judged by regions of blocks. A region where hardly anything moved, while another person lives, is a
portrait, a statue, a coat on a hook: it is not shown. A part of a living person's region that has never moved, beside
the person and not below, is a rock, a table, a chair: it is cut off. What has moved while it was taken for a person
stays one as long as it is taken for one: whoever sits still then loses nothing. If nothing lives, whoever fills most of
the picture, best with a face, is the person, and is kept whole. If the camera moves, nothing can be told, and nothing
is vetoed. Used by `Matting`, on its thread.
"""

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.matting.disturbance import Patience
from obs_bgremove.engine.matting.motion import Motion, fits
from obs_bgremove.engine.matting.person_crop import Box
from obs_bgremove.engine.matting.person_tracking import distance_from_face
from obs_bgremove.engine.matting.veto_outline import VetoOutline

PRESENT = 0.35  # mean opinion of a block above which it belongs to a region
LIVING_SHARE = (
    0.25  # of a region's telling blocks (those that moved, and textured ones that did not) must have moved...
)
LIVING_LEAST = 2  # ...and so many...
LIVING_AREA = 0.04  # ...and this share of all its blocks
GROUND = 0.85  # of the picture's height: a region that reaches lower stands on something or is cut off by the edge
REST_LIVES = 0.7  # of the telling blocks of what would remain must have moved before a still part is cut off
OUTWEIGHS = 0.4  # ...and at least so many for each still one of the part: a blink says little of a body
PART_SHARE = 0.1  # of a part's blocks must be textured: a plain shirt shows motion at its rim only
DEEP = 2.0  # blocks: what lies deeper inside what did not move is no part of what did
DOUBTED = 0.3  # mean second opinion below which it says no
PART_LEAST = 4  # blocks; a smaller still part is left to the clean plate
RIM_LEAST = 6  # blocks of outline against the room: a plain table shows no texture, but its outline would move too
STILL_S = 0.35  # how long a part must have been still
RESTED_S = 2.0  # whoever has not moved for so long, while others did, and was not shown, is nobody
NEAR = 5  # blocks a side of the window...
STILL_DENSE = 0.12  # ...of which so many must be still for a still block to count
MINE = 0.5  # share of a still part that lies below what moved from which it is that person's body
BODY_MOVES = 0.3  # share of the blocks below a face that must have moved to show by themselves where the body is
SHOULDERS = 0.6  # of a head's or face's width: by so much shoulders are wider on either side
SAME = 2.0  # times the limit of motion up to which a vetoed block looks as it did when it was vetoed
FORGET_S = 8.0  # a vetoed block that has looked otherwise for so long is no longer vetoed
FACED, KEPT_BONUS, GROUNDED_BONUS = 100.0, 4.0, 2.0  # the likeliest person has the largest face, or is largest
ALONE_S = 0.6  # after this time they stay one even if somebody else comes who moves more
PICTURED = 2.0  # face widths that what is in a portrait reaches down from its face
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
LARGE_FACE = 0.13  # of the picture's width: whoever is farther away and has not moved yet must convince both networks


class Liveness:
    """veto (by, bx) in [0, 1]: where no person is, whatever the network says; None while there is nothing to veto."""

    def __init__(self, shape: tuple[int, int], height: int, width: int) -> None:
        """shape: of the blocks; height, width: of the grid, which the blocks divide."""
        self._shape, self._height, self._width = shape, height, width
        self._proved = np.zeros(shape, bool)  # moved while it was taken for a person, and still taken for one
        self.kept = np.zeros(shape, bool)  # blocks of people
        self._cut = np.zeros(shape, bool)  # parts found dead beside the living, until they move
        self._vetoed = np.zeros(shape, bool)
        self._otherwise_s: F32 = np.zeros(shape, np.float32)
        self._picture: F32 | None = None  # how vetoed blocks looked
        self._before_ns: int | None = None
        self._heard: F32 | None = None  # what the second network said last,
        self._second: F32 | None = None  # and where it is to be trusted
        self.steady = True  # the camera stands still
        self._alone_s = 0.0  # for how long nobody has been seen to live
        self._lived = False  # somebody has been seen to live
        self.veto: F32 | None = None
        self._looks = Patience(shape)
        self._outline = VetoOutline((height + 1) // 2, (width + 1) // 2)
        self._shown: F32 | None = None  # of each cell, once it is asked for
        self.faces: list[Box] = []  # those that live, boxes in cells
        self.undecided = False  # a second opinion is wanted

    def hear(self, second: F32) -> None:
        """second (by, bx): what another network, which saw the whole picture, says; it counts where it knows those who
        live."""
        self._heard = second
        lives = self._proved & self.kept
        self._second = second if lives.any() and second[lives].mean() > PRESENT else None

    def hide(self, probability: F32) -> None:
        """Fade out what is vetoed, in place, in probability (gh, gw)."""
        if self.veto is None:
            return
        if self._shown is None:
            size = (self._width, self._height)
            self._shown = np.asarray(cv2.resize(self._outline.shown, size, interpolation=cv2.INTER_LINEAR), np.float32)
        np.multiply(probability, self._shown, out=probability)

    def judge(
        self, opinion: F32, looked: list[Box], faces: list[Box], calm: U8, motion: Motion, timestamp_ns: int
    ) -> None:
        """opinion (by, bx): means of the network's probability before any veto, for this frame; looked: where it
        looked, faces: where faces are, boxes in cells. calm: as `Motion.look` returned it for this frame."""
        elapsed_s = 0.0 if self._before_ns is None else max(0.0, (timestamp_ns - self._before_ns) / 1e9)
        self._before_ns = timestamp_ns
        person = opinion > PRESENT
        self._shown = None
        self.steady = motion.steady(~cv2.dilate(person.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool))
        if not self.steady:
            self.veto, self.faces = None, faces
            return
        alive, dead = motion.alive, motion.dead
        seen = np.zeros(self._shape, bool)
        for box in looked:
            x0, y0, x1, y1 = self._blocks(box)
            seen[y0:y1, x0:x1] = True
        self._proved &= person | ~seen
        self._proved |= alive & person
        alive = alive | (self._proved & person)
        dead = dead & ~self._proved
        self.faces = [face for face in faces if self.living(face, motion)]
        self.undecided = False
        count, labels = cv2.connectedComponents(person.astype(np.uint8), connectivity=8)
        count = self._apart(count, labels, faces, alive, motion)
        drop, living = np.zeros((2, *self._shape), bool)
        if count > 1:
            drop, living = self._dead_regions(count, labels, alive, dead, motion.still_s, faces)
            self._alone_s = 0.0 if living.any() else self._alone_s + elapsed_s
            self._lived |= bool(living.any())
            if self._alone_s >= ALONE_S:
                self._proved |= person & ~drop & ~self._vetoed
            # Who is kept for want of anybody who lives is not whatever else the network now joins to them.
            drop |= person & self._vetoed & ~living
            self._cut |= self._dead_parts(person & ~drop, alive, dead, motion.still_s, self.faces)
            self._cut &= motion.still_s > 0
            drop |= person & self._cut
        self.kept = person & ~drop
        self._vetoed &= ~(self.kept & living)  # whoever lives after all is restored
        self._remember(drop, calm, motion, elapsed_s)

    def strangers(self, faces: list[Box], motion: Motion, timestamp_ns: int) -> list[Box]:
        """Those of these faces, boxes in cells, that live and belong to nobody who is kept: whoever asks looks there.
        Where the network saw nobody, they are named again only after a while: even faces are seen where none are."""
        found = []
        for face in faces:
            x0, y0, x1, y1 = self._blocks(face)
            part = np.s_[y0:y1, x0:x1]
            if self.kept[part].mean() >= 0.5:
                self._looks.forget(part)
            elif self._looks.again_ns[part].min() <= timestamp_ns and self.living(face, motion):
                self._looks.looked(part, timestamp_ns)
                found.append(face)
        return found

    def living(self, box: Box, motion: Motion) -> bool:
        """What is in this box of cells moves like a person; always, if the camera moves."""
        if not self.steady:
            return True
        x0, y0, x1, y1 = self._blocks(box)
        proved = self._proved[y0:y1, x0:x1]
        alive = (motion.alive[y0:y1, x0:x1] | proved).sum()
        dead = (motion.dead[y0:y1, x0:x1] & ~proved).sum()
        return bool(alive >= LIVING_LEAST and alive >= LIVING_SHARE * (alive + dead))

    def _apart(self, count: int, labels: np.ndarray, faces: list[Box], alive: np.ndarray, motion: Motion) -> int:
        """Give what belongs to a face that does not live, in a region with one that does or is larger, a label of its
        own: a portrait that the network joins to a person is judged by itself. Returns how many labels there are."""
        down, across = self._height / self._shape[0], self._width / self._shape[1]
        held: dict[int, list[Box]] = {}
        for face in faces:
            x0, y0, x1, y1 = self._blocks(face)
            label = int(np.bincount(labels[y0:y1, x0:x1].ravel(), minlength=count).argmax())
            if label:
                held.setdefault(label, []).append(face)
        for label, own in held.items():
            live = [self.living(face, motion) for face in own]
            if not any(live):
                live[0] = True  # the largest
            if all(live):
                continue
            ys, xs = np.nonzero((labels == label) & ~alive)
            if not ys.size:
                continue
            places = (xs + 0.5) * across, (ys + 0.5) * down
            nearest = np.stack([distance_from_face(*places, face, PICTURED) for face in own]).argmin(axis=0)
            for number in range(len(own)):
                if not live[number] and (nearest == number).any():
                    labels[ys[nearest == number], xs[nearest == number]] = count
                    count += 1
        return count

    def _dead_regions(
        self, count: int, labels: np.ndarray, alive: np.ndarray, dead: np.ndarray, still_s: F32, faces: list[Box]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Blocks of regions that do not live while another does, of all but the likeliest if none lives; and blocks of
        those that live."""
        moved = np.bincount(labels[alive], minlength=count)
        still = np.bincount(labels[dead], minlength=count)
        area = np.bincount(labels.ravel(), minlength=count).astype(np.float64)
        living = (moved >= LIVING_LEAST) & (moved >= LIVING_SHARE * (moved + still)) & (moved >= LIVING_AREA * area)
        living[0] = False
        if self.faces:
            living &= self._known(labels, faces)
        kept = living
        if not living.any():
            kept = living.copy()
            grounded = np.isin(np.arange(count), labels[round(GROUND * len(labels)) :])
            weight = area * np.where(grounded, GROUNDED_BONUS, 1) * np.where(self._touched(labels), KEPT_BONUS, 1)
            dead_long = np.bincount(labels[dead & (still_s >= STILL_S)], minlength=count) >= LIVING_LEAST
            # Bodies are cut off by the picture's lower edge; what hangs on a wall is not, and must live to be shown.
            weight[dead_long & ~grounded] = 0
            if self._lived:  # and what stood still before they left is not who left
                rested = dead & (still_s >= RESTED_S)
                weight[np.bincount(labels[rested], minlength=count) >= LIVING_LEAST] = 0
            for face in faces:
                x0, y0, x1, y1 = self._blocks(face)
                inside = np.bincount(labels[y0:y1, x0:x1].ravel(), minlength=count)
                inside[0] = 0
                if not inside.any():
                    continue
                small = face[2] - face[0] < LARGE_FACE * self._width
                if small and dead_long[inside.argmax()] and self._doubts(labels == inside.argmax()):
                    weight[inside.argmax()] = 0
                else:
                    weight[inside.argmax()] *= FACED * (face[2] - face[0]) / self._width
            weight[0] = 0
            if weight.any():
                kept[int(weight.argmax())] = True
        kept = kept.copy()
        kept[0] = True
        return np.asarray(~kept[labels]), np.asarray(living[labels])

    def _known(self, labels: np.ndarray, faces: list[Box]) -> np.ndarray:
        """Which labels have a face, were kept before, or reach the picture's border, where people come in."""
        known = self._touched(labels)
        for border in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
            known[border] = True
        for face in faces:
            x0, y0, x1, y1 = self._blocks(face)
            known[labels[y0:y1, x0:x1]] = True
        return known

    def may_come_in(self, box: Box, faces: list[Box]) -> bool:
        """Whether somebody new in this box of cells is believed while others are known: what moves in the middle of the
        room and has no face is a fan."""
        if not self.steady or not self.faces:
            return True
        labels = np.zeros(self._shape, np.int32)
        x0, y0, x1, y1 = self._blocks(box)
        labels[y0:y1, x0:x1] = 1
        return bool(self._known(labels, faces)[1])

    def has_face(self, box: Box) -> bool:
        """A living face lies in this box of cells."""
        return any(
            box[0] <= (face[0] + face[2]) / 2 < box[2] and box[1] <= (face[1] + face[3]) / 2 < box[3]
            for face in self.faces
        )

    def _doubts(self, region: np.ndarray) -> bool:
        """The second network, asked if it has not been yet, sees nobody in this region."""
        self.undecided = self._heard is None
        return self._heard is not None and bool(self._heard[region].mean() < DOUBTED)

    def _touched(self, labels: np.ndarray) -> np.ndarray:
        """Which labels lie where somebody was kept before."""
        touched = np.zeros(int(labels.max()) + 1, bool)
        touched[labels[self.kept]] = True
        return touched

    def _dead_parts(
        self, person: np.ndarray, alive: np.ndarray, dead: np.ndarray, still_s: F32, faces: list[Box]
    ) -> np.ndarray:
        """Blocks of person (by, bx) that stand still beside what lives."""
        drop = np.zeros(self._shape, bool)
        moved, still = alive & person, dead & person & (still_s >= STILL_S)
        share = cv2.blur(still.astype(np.float32), (NEAR, NEAR), borderType=cv2.BORDER_CONSTANT)
        to_moved = _distance(moved)
        part = person & ~moved & ((_distance(still & (share >= STILL_DENSE)) < to_moved) | (to_moved > DEEP))
        bodies = self._bodies(moved, faces)
        outside = cv2.dilate((~person).astype(np.uint8), CROSS) > 0
        rested = still_s >= STILL_S
        count, labels = cv2.connectedComponents(part.astype(np.uint8), connectivity=8)
        for number in range(1, count):
            this = labels == number
            part_still = (this & still).sum()
            plain = part_still < max(PART_LEAST, PART_SHARE * this.sum())
            if plain and (this & outside & rested).sum() < RIM_LEAST:
                continue
            rest = person & ~this
            rest_moved, rest_still = (moved & rest).sum(), (dead & rest & ~part).sum()
            if rest_moved < OUTWEIGHS * part_still or rest_moved < REST_LIVES * (rest_moved + rest_still):
                continue
            if plain or (this & bodies).sum() > MINE * this.sum():
                self.undecided = True
                if self._second is None or self._second[this].mean() >= DOUBTED:
                    continue
            drop |= this
        return drop

    def _bodies(self, moved: np.ndarray, faces: list[Box]) -> np.ndarray:
        """Blocks below what moved and below faces: whoever moves but the head has a body there."""
        count, _, stats, _ = cv2.connectedComponentsWithStats(moved.astype(np.uint8), connectivity=8)
        bodies = np.zeros(self._shape, bool)
        for x, y, width, height, area in stats[1:count].tolist():
            if area >= PART_LEAST:
                # A head alone has wider shoulders below; what moves down to the picture's edge shows its own width.
                margin = round(SHOULDERS * width) if y + height < GROUND * self._shape[0] else 0
                if margin:
                    bodies[y + height // 2 :, max(0, x - margin) : x + width + margin] = True
        for face in faces:
            x0, _, x1, y1 = self._blocks(face)
            if moved[y1:, x0:x1].mean() < BODY_MOVES:
                margin = round(SHOULDERS * (x1 - x0))
                bodies[y1:, max(0, x0 - margin) : x1 + margin] = True
        return bodies

    def _remember(self, drop: np.ndarray, calm: U8, motion: Motion, elapsed_s: float) -> None:
        """Veto what is dropped, and what was dropped before and looks the same."""
        if self._picture is None:
            if not drop.any():
                self.veto = None
                return
            self._picture = motion.reference.copy()
        fresh = drop & ~self._vetoed
        if fresh.any():
            rows, columns = motion.reference.shape[:2]
            where = cv2.resize(fresh.astype(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST) > 0
            self._picture[where] = motion.reference[where]
        self._vetoed |= drop
        same = fits(calm, self._picture, motion.gain, motion.limit, SAME)
        self._otherwise_s = np.where(same, 0, self._otherwise_s + np.float32(elapsed_s)).astype(np.float32)
        self._vetoed &= self._otherwise_s < FORGET_S
        hidden = self._vetoed & (same | drop)
        # Fringes of what is hidden go too, unless they are somebody else's.
        fringe = cv2.dilate(hidden.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        hidden |= fringe & ~self.kept
        self.veto = hidden.astype(np.float32) if hidden.any() else None
        if self.veto is not None:
            self._outline(calm, hidden, self.kept)

    def _blocks(self, box: Box) -> tuple[int, int, int, int]:
        """A box of cells in blocks, at least one."""
        down, across = self._shape[0] / self._height, self._shape[1] / self._width
        x0, y0 = min(int(box[0] * across), self._shape[1] - 1), min(int(box[1] * down), self._shape[0] - 1)
        return x0, y0, max(x0 + 1, round(box[2] * across)), max(y0 + 1, round(box[3] * down))


def _distance(blocks: np.ndarray) -> np.ndarray:
    """How far each block is from the nearest of these, in blocks."""
    if not blocks.any():
        return np.full(blocks.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform((~blocks).astype(np.uint8), cv2.DIST_L2, 3))
