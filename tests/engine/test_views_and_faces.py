"""Several people: their faces over time, the network's views of them, and what is asked beside the frames."""

import threading

import numpy as np
import pytest

from obs_bgremove.engine import parallel
from obs_bgremove.engine.matting.face_memory import FORGET_S, FaceMemory
from obs_bgremove.engine.matting.liveness import Liveness
from obs_bgremove.engine.matting.motion import Motion
from obs_bgremove.engine.matting.network_views import NetworkViews
from obs_bgremove.engine.matting.scout import Scout
from obs_bgremove.engine.matting.veto_outline import VetoOutline
from tests.fakes import procedural

WHOLE, LEFT, RIGHT = (0, 0, 640, 360), (0, 0, 360, 360), (280, 0, 640, 360)
LARGE, SMALL = (100, 100, 200, 200), (400, 80, 420, 100)
SECOND_NS = 1_000_000_000


def test_a_small_face_is_kept_though_the_whole_picture_does_not_show_it() -> None:
    faces = FaceMemory(360, 640)
    faces.seen([LARGE], WHOLE, 0)
    faces.seen([SMALL], RIGHT, 1)
    faces.seen([(102, 100, 202, 200)], WHOLE, 2)
    assert faces.boxes == [(102, 100, 202, 200), SMALL]
    faces.seen([], LEFT, 3)  # which shows the large one, if it is there
    assert faces.boxes == [SMALL]
    faces.seen([], LEFT, int(FORGET_S * SECOND_NS) + 4)
    assert faces.boxes == []


def test_somebody_who_dances_is_not_two_and_two_who_stand_close_are() -> None:
    faces = FaceMemory(360, 640)
    faces.seen([(300, 100, 330, 130)], WHOLE, 0)
    faces.seen([(380, 110, 410, 140)], WHOLE, 1)
    assert faces.boxes == [(380, 110, 410, 140)]
    faces.seen([(380, 110, 410, 140), (440, 110, 470, 140)], WHOLE, 2)
    faces.seen([(440, 110, 470, 140)], WHOLE, 3)
    assert len(faces.boxes) == 2


def test_a_face_that_a_view_cuts_off_is_not_believed() -> None:
    faces = FaceMemory(360, 640)
    faces.seen([(281, 100, 330, 150)], RIGHT, 0)
    assert faces.boxes == []
    faces.seen([(0, 100, 40, 150)], LEFT, 0)  # cut off by the picture itself
    assert faces.boxes == [(0, 100, 40, 150)]


class _Sees:
    """A network that says the same everywhere, and on which thread it was asked."""

    width = height = 32

    def __init__(self, opinion: float = 1.0) -> None:
        self.opinion, self.threads = opinion, list[str]()

    def __call__(self, image_rgb: np.ndarray) -> np.ndarray:
        self.threads.append(threading.current_thread().name)
        return np.full((32, 32), self.opinion, np.float32)


def test_each_view_counts_most_where_it_is_deepest() -> None:
    frame = procedural.room(360, 640)
    here, there = _Sees(1.0), _Sees(0.0)
    views = NetworkViews(here, there)
    probability = np.full((360, 640), 9, np.float32)
    views(frame, frame, 1, [(100, 0, 400, 360), (300, 0, 600, 360)], False, probability)
    row = probability[180]
    assert not row[:100].any() and not row[600:].any()
    assert (row[100:299] == 1).all() and (row[401:600] == 0).all()
    assert (np.diff(row[300:400]) <= 1e-6).all() and row[350] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("cores", [1, 2])
def test_with_a_spare_network_the_opinion_is_the_same(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(parallel, "_CORES", cores)
    frame, boxes = procedural.room(360, 640), [(0, 0, 300, 360), (200, 0, 500, 360), (400, 0, 640, 360)]
    alone, shared = np.empty((2, 360, 640), np.float32)
    first, spare = _Sees(0.7), _Sees(0.7)
    NetworkViews(_Sees(0.7))(frame, frame, 1, boxes, True, alone)
    NetworkViews(first, spare)(frame, frame, 1, boxes, True, shared)
    assert (alone == shared).all() and len(first.threads) == 2 and len(spare.threads) == 1
    if cores == 2:  # neither network may be entered twice at a time
        assert set(first.threads) == {threading.current_thread().name} and set(spare.threads) != set(first.threads)


def test_a_network_that_answers_in_another_shape_is_refused() -> None:
    class Wrong(_Sees):
        def __call__(self, image_rgb: np.ndarray) -> np.ndarray:
            return np.zeros((3, 3), np.float32)

    frame = procedural.room(360, 640)
    for networks in ((Wrong(), None), (_Sees(), Wrong())):
        with pytest.raises(RuntimeError, match="answered with shape"):
            NetworkViews(*networks)(frame, frame, 1, [WHOLE, LEFT], False, np.empty((360, 640), np.float32))


def test_what_the_scout_is_asked_comes_back_once_and_a_failure_is_told() -> None:
    frame = procedural.room(360, 640)
    scout = Scout(NetworkViews(_Sees(), _Sees(0.5)), lambda picture, least: [(1, 2, 11, 12)], _Sees(0.25))  # type: ignore[arg-type]
    assert not scout.away
    scout.ask(frame, frame, 1, RIGHT, True, (10, 10, 60, 60))
    assert scout.away
    answer = scout.take()
    assert answer.faces == ([(281, 2, 291, 12)], RIGHT)
    assert answer.second is not None and (answer.second == 0.25).all()
    assert answer.aside is not None and answer.aside[0] == (10, 10, 60, 60) and (answer.aside[1] == 0.5).all()
    assert answer.aside[2] is not None and (answer.aside[2] == 0.25).all()
    assert not scout.away and scout.take().faces is None

    def fails(picture: np.ndarray, least: float) -> list[tuple[int, int, int, int]]:
        raise RuntimeError("no faces today")

    scout = Scout(NetworkViews(_Sees()), fails, None)  # type: ignore[arg-type]
    scout.ask(frame, frame, 1, WHOLE, True, None)
    with pytest.raises(RuntimeError, match="no faces today"):
        scout.take()
    scout.ask(frame, frame, 1, WHOLE, False, None)
    scout.drop()
    assert not scout.away


def test_a_portrait_that_the_network_joins_to_a_person_is_judged_by_itself() -> None:
    """One region, two faces, of which one moves: what is nearer to the other one goes."""
    motion = Motion(180, 320)
    liveness = Liveness(motion.shape, 360, 640)
    opinion = np.zeros(motion.shape, np.float32)
    person, portrait = np.s_[20:45, 10:40], np.s_[5:24, 40:60]
    opinion[person] = opinion[portrait] = 1
    motion.textured[...] = True
    motion.still_s[...] = 3
    motion.life[person], motion.still_s[person] = 3, 0
    faces = [(150, 180, 250, 280), (370, 60, 430, 120)]
    liveness.judge(opinion, [WHOLE], faces, np.zeros((180, 320, 3), np.uint8), motion, 0)
    assert not liveness.kept[portrait].any() and liveness.kept[person].all()
    assert liveness.faces == faces[:1]


def test_what_is_hidden_ends_at_the_edge_of_the_table_not_at_a_blocks() -> None:
    """Blocks of 4 cells; the table's edge is 2 cells above the border of a block."""
    picture = np.full((180, 320, 3), 60, np.uint8)
    picture[118:] = 180
    hidden, kept = np.zeros((2, 45, 80), bool)
    kept[10:30, 20:60], hidden[30:, 20:60] = True, True
    outline = VetoOutline(180, 320)
    for _ in range(8):
        outline(picture, hidden, kept)
    shown = outline.shown[:, 100:220]
    assert (shown[:116] == 1).all() and shown[121:].max() < 0.01
    assert shown[119].max() < 0.01
