"""The matte of a stream: network on the person's crop, who lives, time, clean plate, regions, edge, in that order.

One `Matting` per camera stream, called on the engine's worker thread only. It owns all state that lives from frame to
frame and all buffers of the `Matte` it returns. What each step is for and what it is worth: NOTES.md.
"""

import time

import cv2
import numpy as np

from obs_bgremove.engine.arrays import F32, U8
from obs_bgremove.engine.matting.face_detector import FaceDetector, body_of
from obs_bgremove.engine.matting.matte import Matte, grid_of, shrink
from obs_bgremove.engine.matting.network_views import Network, NetworkViews
from obs_bgremove.engine.matting.outline import grow_and_feather
from obs_bgremove.engine.matting.person_crop import Box
from obs_bgremove.engine.matting.person_tracking import MOST_VIEWS, around, grouped, split
from obs_bgremove.engine.matting.regions import CONFIDENT, STEP, Regions
from obs_bgremove.engine.matting.scout import Answer, Scout
from obs_bgremove.engine.matting.stream_state import StreamState, Unjudged
from obs_bgremove.engine.parallel import submit
from obs_bgremove.shared.options import Options

__all__ = ["Matte", "Matting", "warm_up_matting"]

MOTION_EVERY = 4  # frames, those in which the plate does not learn: 0.4 ms
MOTION_FIRST = 20  # but the first frames each time: who lives is to be known soon
FACES_EVERY, FACES_AT = 16, 15  # frames, and which of them: 2.5 ms of the other core, where motion is not looked at
SECOND_EVERY = 20  # frames between two second opinions, if one is wanted: 2 ms of the other core
LEARN_EVERY = 2  # frames: a room changes slowly, and looking at it costs 1.2 ms
RESTS_FROM = 30  # looks: until then all that is there is to be found
PRESENT, AGREED = 0.35, 0.5  # where a stranger without a face is seen, the other model must be so sure on average
FLIP_FROM = 0.3  # smoothing from which every second frame is shown mirrored, so that the blend averages two opinions
FIRST_LOOKS = 6  # looks at the first frame, each at the boxes that the one before found
CERTAIN = 0.9  # how sure the surest part of someone not yet followed must be


class Matting:
    """Frames in, mattes out."""

    def __init__(
        self,
        segmenter: Network,
        face_detector: FaceDetector | None = None,
        second: Network | None = None,
        spare: Network | None = None,
    ) -> None:
        """face_detector aims the first views; second, another model, is asked now and then what it thinks of parts that
        never move. Without them the matte is found more slowly, and less surely. spare: the segmenter's model once
        more, for the other core; the matte is the same without."""
        self._views = NetworkViews(segmenter, spare)
        self._scout = Scout(self._views, face_detector, second)
        self._state: StreamState | None = None

    def reset(self) -> None:
        """Forget everything: another camera, another size. Afterwards no network is at work, until the next frame."""
        self._scout.drop()
        self._state = None

    @property
    def faces(self) -> list[Box]:
        """The faces of late, in cells of the matte, largest first; one that is found again has another box."""
        return self._state.faces.boxes if self._state is not None else []

    def learn(self) -> None:
        """From the next frame on, for 3 s, take the picture for the empty room; the person steps aside meanwhile."""
        if self._state is not None:
            self._state.plate.learn()

    def forget(self) -> None:
        """Drop the learned background."""
        if self._state is not None:
            self._state.plate.forget()

    def __call__(self, frame_bgr: U8, options: Options, timestamp_ns: int) -> Matte:
        """The matte of frame_bgr (H, W, 3) uint8 BGR, at least 16 x 16, C-contiguous. A frame of another size than
        the one before starts afresh. timestamp_ns: when it was captured, not decreasing."""
        started = time.perf_counter()
        cell, height, width = grid_of(*frame_bgr.shape[:2])
        s = self._state
        if s is None or (s.cell, s.height, s.width) != (cell, height, width):
            self.reset()
            s = self._state = StreamState(cell, height, width)
        small = shrink(frame_bgr, cell, height, width)
        half = _half(small)
        scouted = self._scout.away
        if scouted:
            self._found(s, self._scout.take(), options, timestamp_ns)
        may_rest = not scouted and s.looks >= RESTS_FROM and options == s.options and not s.plate.learning
        if s.attention.rests(half, s.regions.kept, may_rest):
            s.matte.stages_ms = {"segment": (time.perf_counter() - started) * 1e3, "stabilise": 0.0, "edge": 0.0}
            return s.matte
        s.options = options
        s.probability, s.before, s.earlier = s.earlier, s.probability, s.before
        beside = submit(self._beside, s, small, half, options, timestamp_ns)
        first, judged = options.track_person and not s.looks, False
        if first:
            change, calm = beside.result()
            box = self._first_look(s, frame_bgr, small, calm, options, timestamp_ns)
        else:
            box = self._look(s, frame_bgr, small, options)
            change, calm = beside.result()
        if calm is not None and not first:
            s.unjudged = Unjudged(self._by_blocks(s), calm, s.looked, s.faces.boxes, timestamp_ns)
            judged = s.looks < MOTION_FIRST or s.tracker.searching
            if judged:  # else beside the next frame's network, from then on
                self._judge(s)
        s.liveness.hide(s.probability)
        if judged:
            s.hesitation(s.probability, s.before, s.liveness.kept, s.motion)
        segmented = time.perf_counter()

        nobody = options.track_person and s.tracker.searching
        s.smoother(s.probability, box, change, options.smoothing, nobody, s.hesitation.map)
        matte = s.matte
        matte.alpha_small[...] = 0
        opinion = s.smoother.state
        learned = options.use_learned_background
        if learned:
            s.plate.weigh(small, opinion, box, matte.alpha_small)
        else:
            np.copyto(matte.alpha_small, opinion)
        people = s.regions(matte.alpha_small, options.ignore_small, CERTAIN if nobody else CONFIDENT)
        timed = time.perf_counter()

        if people:
            s.edge(
                small,
                half,
                matte.alpha_small,
                box,
                s.plate,
                s.plate.trust if learned else 0.0,
                matte.person,
                matte.room,
            )
            grow_and_feather(matte, options.edge_shift, options.edge_softness)
        if options.track_person:
            # Who lives is not known at once; until then a portrait's face keeps a view as well, though it is not shown.
            faces = s.liveness.faces if s.looks >= MOTION_FIRST else s.faces.boxes
            s.tracker.follow(grouped(split(people, faces, s.regions.kept, STEP), faces))
            self._search(s, frame_bgr, small, options, timestamp_ns)
        s.looks += 1
        ended = time.perf_counter()
        matte.stages_ms = {
            "segment": (segmented - started) * 1e3,
            "stabilise": (timed - segmented) * 1e3,
            "edge": (ended - timed) * 1e3,
        }
        return matte

    def _beside(
        self, s: StreamState, small: U8, half: U8, options: Options, timestamp_ns: int
    ) -> tuple[U8 | None, U8 | None]:
        """What does not need the network, done while it runs."""
        if s.unjudged is not None:
            self._judge(s)
            s.hesitation(s.before, s.earlier, s.liveness.kept, s.motion)
        if options.use_learned_background:
            if s.seen is not None and s.looks % LEARN_EVERY == 0:  # the frame before, beside the network
                s.plate.update(s.seen, s.smoother.state, timestamp_ns)
            s.plate.check(small, timestamp_ns)
        s.seen = small
        calm = None
        due = s.looks % MOTION_EVERY == 1 or s.looks < MOTION_FIRST or s.tracker.searching
        if options.track_person and due:
            calm = s.motion.look(half, timestamp_ns)
        return s.smoother.change(half), calm

    def _by_blocks(self, s: StreamState) -> F32:
        """The network's opinion by blocks of motion, (by, bx)."""
        return np.asarray(cv2.resize(s.probability, s.motion.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)

    def _judge(self, s: StreamState) -> None:
        """What of the network's opinion belongs to somebody who lives."""
        assert s.unjudged is not None
        u, s.unjudged = s.unjudged, None
        s.liveness.judge(u.opinion, u.looked, u.faces, u.calm, s.motion, u.timestamp_ns)

    def _look(self, s: StreamState, frame_bgr: U8, small: U8, options: Options) -> Box:
        """Fill s.probability (gh, gw) with the network's opinion; returns the box around what it saw."""
        flip = options.smoothing >= FLIP_FROM and s.looks % 2 == 1
        if not options.track_person:
            return self._see(s, frame_bgr, small, [s.tracker.whole], flip)
        return self._see(s, frame_bgr, small, s.tracker.views(), flip)

    def _first_look(
        self, s: StreamState, frame_bgr: U8, small: U8, calm: U8 | None, options: Options, timestamp_ns: int
    ) -> Box:
        """The same for the first frame: several looks, first where a face is, then at the boxes that were found."""

        def people(confident: float) -> list[Box]:
            if calm is not None:
                s.liveness.judge(self._by_blocks(s), s.looked, s.faces.boxes, calm, s.motion, timestamp_ns)
            s.liveness.hide(s.probability)
            regions = Regions(s.height, s.width)
            boxes = regions(s.probability, options.ignore_small, confident)
            return grouped(split(boxes, s.faces.boxes, regions.kept, STEP), s.faces.boxes)

        for part in s.tracker.search_views():
            s.faces.seen(self._scout.faces_now(small, part), part, timestamp_ns)
        faces = s.faces.boxes[:MOST_VIEWS]
        aims = [[body_of(face, s.height, s.width) for face in faces]] if faces else []
        box, found = s.tracker.whole, list[Box]()
        for views in [*aims, *([search] for search in s.tracker.search_views())]:
            box = self._see(s, frame_bgr, small, views, False)
            found = people(CERTAIN)
            if found:
                break
        for _ in range(FIRST_LOOKS - 1 if found else 0):
            before = s.tracker.views()
            s.tracker.follow(found, at_once=True)
            if s.tracker.views() == before:
                break
            box = self._see(s, frame_bgr, small, s.tracker.views(), False)
            found = people(CONFIDENT)
        return box

    def _see(self, s: StreamState, frame_bgr: U8, small: U8, views: list[Box], flip: bool) -> Box:
        """Fill s.probability with the network's opinion of the views; returns the box around them."""
        s.looked = views
        self._views(frame_bgr, small, s.cell, views, flip, s.probability)
        return around(views)

    def _search(self, s: StreamState, frame_bgr: U8, small: U8, options: Options, timestamp_ns: int) -> None:
        """Now and then look beside the people, and where something stirs, for someone who has come in; the next frame
        looks there again."""
        aside, s.stirs = s.tracker.probe(s.looks), False
        if aside is None and s.looks % MOTION_EVERY == 1 and s.liveness.steady:
            aside = s.disturbance(s.motion, s.liveness.kept, s.looked, timestamp_ns)
            s.stirs = aside is not None
        faces = None
        if self._scout.sees_faces and s.looks % FACES_EVERY == FACES_AT:
            faces = s.tracker.search_views()[s.looks // FACES_EVERY % 4]
        second = self._scout.has_second and faces is None and s.liveness.undecided and s.looks >= s.ask_at
        if second:
            s.ask_at = s.looks + SECOND_EVERY
        if aside is not None or faces is not None or second:
            self._scout.ask(frame_bgr, small, s.cell, faces, second, aside)

    def _found(self, s: StreamState, answer: Answer, options: Options, timestamp_ns: int) -> None:
        """What was asked for after the frame before."""
        if answer.second is not None:
            size = s.motion.shape[::-1]
            s.liveness.hear(np.asarray(cv2.resize(answer.second, size, interpolation=cv2.INTER_AREA), np.float32))
        fresh = s.looks < MOTION_FIRST  # nobody is far from where they were in the first frame
        if answer.faces is not None:
            s.faces.seen(*answer.faces, timestamp_ns)
            fresh = True
        strangers = s.liveness.strangers(s.faces.boxes, s.motion, timestamp_ns) if fresh else []
        if strangers:
            s.tracker.add([body_of(face, s.height, s.width) for face in strangers], inside=True)
        elif answer.aside is not None:
            self._newcomers(s, *answer.aside, options)

    def _newcomers(self, s: StreamState, aside: Box, seen: F32, doubt: F32 | None, options: Options) -> None:
        """Follow whom the network saw in the box `aside`: who lives, may come in there, and has a face or convinces the
        other model, too. seen, doubt: both opinions of the box, of the models' sizes."""
        opinion = _on_grid(seen, aside, s.probability.shape)
        s.liveness.hide(opinion)
        other = _on_grid(doubt, aside, s.probability.shape) if doubt is not None else None
        strange = []
        for box in Regions(s.height, s.width)(opinion, options.ignore_small, CERTAIN):
            if not s.liveness.living(box, s.motion) or not s.liveness.may_come_in(box, s.faces.boxes):
                continue
            part = np.s_[box[1] : box[3], box[0] : box[2]]
            there = opinion[part] > PRESENT
            if other is None or s.liveness.has_face(box) or (there.any() and other[part][there].mean() >= AGREED):
                strange.append(box)
        if strange and s.stirs:  # what is recognised of somebody who walks in is a part of what moves
            s.tracker.widen(around([*strange, aside]))
        else:
            s.tracker.add(grouped(strange, s.liveness.faces))


def _on_grid(seen: F32, box: Box, shape: tuple[int, ...]) -> F32:
    """An opinion of a box, laid on a grid of that shape that is 0 elsewhere."""
    x0, y0, x1, y1 = box
    opinion = np.zeros(shape, np.float32)
    cv2.resize(seen, (x1 - x0, y1 - y0), dst=opinion[y0:y1, x0:x1], interpolation=cv2.INTER_LINEAR)
    return opinion


def _half(small: U8) -> U8:
    """(ceil(gh / 2), ceil(gw / 2), 3)."""
    size = ((small.shape[1] + 1) // 2, (small.shape[0] + 1) // 2)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)


class _NoNetwork:
    """Stands in for the network where only the kernels matter: sees a soft blob that moves."""

    width = height = 32

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, image_rgb: U8) -> F32:
        self._calls += 1
        blob = np.zeros((self.height, self.width), np.float32)
        blob[8:24, 8 + self._calls % 4 : 24] = 1
        return np.asarray(cv2.blur(blob, (5, 5)), np.float32)


def warm_up_matting() -> None:
    """Compile all kernels of the refinement, or load them from the cache."""
    matting = Matting(_NoNetwork())
    frame = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    for number in range(3):
        matting(frame, Options(), number)
