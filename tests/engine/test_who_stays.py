"""Who stays and who goes, on maps alone: plain furniture below a head, what stood there before somebody left, views."""

import numpy as np
import pytest

from obs_bgremove.engine.matting.liveness import RESTED_S, Liveness
from obs_bgremove.engine.matting.motion import Motion
from obs_bgremove.engine.matting.person_tracking import HOLD, PATIENCE, PersonTracker

FRAME_NS = 133_333_333  # every fourth frame is judged
CALM = np.zeros((180, 320, 3), np.uint8)
WHOLE = [(0, 0, 640, 360)]


def _world() -> tuple[Motion, Liveness]:
    motion = Motion(180, 320)
    motion.still_s[...] = 3 * RESTED_S
    motion.textured[...] = False
    return motion, Liveness(motion.shape, 360, 640)


def _maps(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Blocks of a head, and of a wide board below it that reaches the picture's lower edge."""
    head, board = np.zeros((2, *shape), bool)
    head[20:34, 30:42] = True
    board[34:, 10:62] = True
    return head, board


@pytest.mark.parametrize("sees_a_body", [False, True])
def test_a_plain_table_below_a_head_goes_if_the_other_network_sees_no_body_there(sees_a_body: bool) -> None:
    motion, liveness = _world()
    head, board = _maps(motion.shape)
    motion.life[head], motion.still_s[head] = 3, 0
    opinion = (head | board).astype(np.float32)
    face = [(250, 180, 330, 260)]
    liveness.judge(opinion, WHOLE, face, CALM, motion, FRAME_NS)
    assert liveness.undecided and liveness.veto is None  # a plain shirt may look like this: ask
    liveness.hear((head | (board & sees_a_body)).astype(np.float32))
    liveness.judge(opinion, WHOLE, face, CALM, motion, 2 * FRAME_NS)
    far = board.copy()
    far[:37] = False  # within two blocks of what moved, nothing is cut off
    if sees_a_body:
        assert liveness.veto is None and liveness.kept[board].all()
    else:
        assert liveness.veto is not None and liveness.veto[far].all() and not liveness.veto[head].any()


def test_a_plain_shirt_whose_outline_moves_is_no_table() -> None:
    motion, liveness = _world()
    head, body = _maps(motion.shape)
    inside = np.zeros(motion.shape, bool)
    inside[36:, 12:60] = True
    moves = head | (body & ~inside)
    motion.life[moves], motion.still_s[moves] = 3, 0
    opinion = (head | body).astype(np.float32)
    for number in range(4):
        liveness.judge(opinion, WHOLE, [(250, 180, 330, 260)], CALM, motion, number * FRAME_NS)
        liveness.hear(head.astype(np.float32))
        assert liveness.veto is None and liveness.kept[body].all()


@pytest.mark.parametrize("somebody_left", [False, True])
def test_what_stood_still_while_somebody_was_there_is_nobody_once_they_have_left(somebody_left: bool) -> None:
    motion, liveness = _world()
    person, plant = np.zeros((2, *motion.shape), bool)
    person[15:, 10:25] = True
    plant[25:, 60:66] = True
    motion.textured[plant] = True
    if somebody_left:
        motion.life[person], motion.still_s[person] = 3, 0
        liveness.judge(person.astype(np.float32), WHOLE, [], CALM, motion, 0)
        motion.life[person] = 0
    liveness.judge(plant.astype(np.float32), WHOLE, [], CALM, motion, FRAME_NS)
    # If nobody has ever moved it may be somebody who sits as still as a photograph.
    assert liveness.kept[plant].any() != somebody_left


def test_a_view_of_somebody_who_walks_in_waits_for_a_few_frames() -> None:
    tracker = PersonTracker(240, 426)
    sitter, comer = (20, 60, 200, 240), (340, 10, 426, 240)
    tracker.follow([sitter])
    tracker.add([comer])
    for _ in range(PATIENCE):
        tracker.follow([sitter])
        assert len(tracker.views()) == 2
    tracker.follow([sitter])
    assert len(tracker.views()) == 1 and PATIENCE < HOLD


def test_a_view_that_shows_a_part_of_who_walks_in_is_widened_and_one_elsewhere_left_alone() -> None:
    tracker = PersonTracker(240, 426)
    sitter, part, moves = (20, 60, 150, 240), (390, 30, 426, 240), (300, 20, 410, 240)
    tracker.follow([sitter, part])
    tracker.widen(moves)
    assert len(tracker.views()) == 2
    assert min(view[0] for view in tracker.views() if view[2] == 426) <= 300
    assert max(view[2] for view in tracker.views() if view[0] < 100) < 200
    tracker = PersonTracker(240, 426)
    tracker.follow([sitter])
    tracker.widen(moves)
    assert len(tracker.views()) == 2


def test_what_moves_in_the_middle_of_the_room_and_has_no_face_is_nobody() -> None:
    """A fan beside a person: not let in, and not kept; with a face, or from the side, somebody is."""
    motion, liveness = _world()
    person, fan = np.zeros((2, *motion.shape), bool)
    person[20:, 10:30] = fan[15:25, 50:60] = True
    moves = person | fan
    motion.life[moves], motion.still_s[moves], motion.textured[moves] = 3, 0, True
    face, box = (100, 180, 180, 260), (400, 120, 480, 200)
    liveness.judge(moves.astype(np.float32), WHOLE, [face], CALM, motion, FRAME_NS)
    assert liveness.kept[person].all() and not liveness.kept[fan].any()
    assert not liveness.may_come_in(box, [face])
    assert liveness.may_come_in(box, [face, (420, 130, 450, 160)])
    assert liveness.may_come_in((560, 120, 640, 300), [face])
