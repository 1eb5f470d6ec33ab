"""The steps of the refinement, each by itself: regions, tracker, crop, plate."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_bgremove.engine.matting.clean_plate import KNOWN, LEARN_S, Plate
from obs_bgremove.engine.matting.person_crop import INWARD, PersonCrop, view
from obs_bgremove.engine.matting.person_tracking import (
    MOST_VIEWS,
    PROBE_FRAMES,
    PersonTracker,
    around,
    grouped,
)
from obs_bgremove.engine.matting.regions import Regions
from tests.fakes import procedural

boxes = st.tuples(st.integers(0, 600), st.integers(0, 340), st.integers(1, 40), st.integers(1, 20)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def _disks(*disks: tuple[int, int, int, float]) -> np.ndarray:
    matte = np.zeros((360, 640), np.float32)
    for x, y, radius, level in disks:
        cv2.circle(matte, (x, y), radius, level, -1)
    return matte


def test_a_region_far_smaller_than_the_largest_goes_and_one_kept_before_stays() -> None:
    body, hand = (300, 200, 80, 1.0), (500, 100, 25, 1.0)
    matte = _disks(body, hand)
    assert len(Regions(360, 640)(matte, 0.15)) == 1
    assert not matte[60:140, 460:540].any() and (matte[150:250, 250:350] == 1).all()

    regions = Regions(360, 640)
    regions(_disks(body, hand, (430, 140, 60, 1.0)), 0.15)  # the hand is part of the body by way of the arm
    raised = _disks(body, hand)
    assert len(regions(raised, 0.15)) == 2 and raised[100, 500] == 1


def test_nobody_is_an_empty_matte() -> None:
    for matte in (_disks(), _disks((300, 200, 80, 0.6)), _disks((300, 200, 4, 1.0))):
        assert Regions(360, 640)(matte, 0.15) == [] and not matte.any()


def test_ignoring_nothing_keeps_every_sure_region() -> None:
    assert len(Regions(360, 640)(_disks((300, 200, 80, 1.0), (500, 100, 12, 1.0)), 0.0)) == 2


@given(found=st.lists(boxes, min_size=1, max_size=8))
def test_groups_are_few_and_hold_everything(found: list[tuple[int, int, int, int]]) -> None:
    groups = grouped(found)
    assert len(groups) <= MOST_VIEWS and around(groups) == around(found)
    for box in found:
        assert any(g[0] <= box[0] and g[1] <= box[1] and g[2] >= box[2] and g[3] >= box[3] for g in groups)


@given(path=st.lists(boxes, min_size=1, max_size=20))
def test_the_crop_holds_the_person_and_stays_in_the_picture(path: list[tuple[int, int, int, int]]) -> None:
    crop = PersonCrop(360, 640)
    for person in path:
        crop.follow(person)
        x0, y0, x1, y1 = crop.box
        assert x0 <= person[0] and y0 <= person[1] and x1 >= person[2] and y1 >= person[3]
        assert x0 >= 0 and y0 >= 0 and x1 <= 640 and y1 <= 360


def test_the_crop_jumps_outwards_and_creeps_inwards() -> None:
    crop = PersonCrop(360, 640)
    crop.follow((200, 100, 300, 300))
    left = crop.box[0]
    crop.follow((150, 100, 300, 300))
    assert crop.box[0] <= 150
    wide = crop.box[0]
    crop.follow((200, 100, 300, 300))
    assert abs((crop.box[0] - wide) - INWARD * (left - wide)) <= 1.5


def test_while_nobody_is_known_the_views_take_turns() -> None:
    for size in ((360, 640), (640, 360), (480, 640), (16, 16)):
        tracker = PersonTracker(*size)
        seen = []
        for _ in range(4):
            seen += tracker.views()
            tracker.follow([])
        assert seen == tracker.search_views() and seen[0] == tracker.whole
        assert all(0 <= x0 < x1 <= size[1] and 0 <= y0 < y1 <= size[0] for x0, y0, x1, y1 in seen)


def test_a_probe_is_rare_and_reaches_both_sides() -> None:
    tracker = PersonTracker(360, 640)
    tracker.follow([(280, 100, 360, 360)])
    probes = {number: tracker.probe(number) for number in range(4, 4 + 8 * PROBE_FRAMES)}
    looked = [box for box in probes.values() if box]
    assert len(looked) == 8
    assert {box[0] == 0 for box in looked} == {True, False} and tracker.whole in looked


@pytest.mark.parametrize("flip", [False, True])
def test_the_view_is_the_box_stretched_to_the_network(flip: bool) -> None:
    frame = procedural.room(720, 1280)
    small = np.asarray(cv2.resize(frame, (640, 360), interpolation=cv2.INTER_AREA), np.uint8)
    for box in ((0, 0, 640, 360), (100, 50, 160, 110), (600, 300, 640, 360)):
        seen = view(frame, small, 2, box, 256, 144, flip)
        expected = frame[box[1] * 2 : box[3] * 2, box[0] * 2 : box[2] * 2, ::-1]
        expected = cv2.resize(expected, (256, 144), interpolation=cv2.INTER_AREA).astype(float)
        assert seen.shape == (144, 256, 3)
        assert np.abs((seen[:, ::-1] if flip else seen) - expected).mean() < 4


def _fed(plate: Plate, picture: np.ndarray, opinion: np.ndarray, frames: int, start: int = 0) -> int:
    for number in range(start, start + frames):
        noisy = np.clip(picture + np.random.default_rng(number).normal(0, 2, picture.shape), 0, 255).astype(np.uint8)
        plate.check(noisy, number * 33_333_333)
        plate.update(noisy, opinion, number * 33_333_333)
    return start + frames


def test_the_plate_learns_the_room_and_never_the_person() -> None:
    room, person = procedural.room(360, 640), procedural.figure(360, 640)
    plate = Plate(360, 640)
    _fed(plate, procedural.frame(person, room, noise=0), person, 40)
    assert (plate.looks[person > 0.05] == 0).all()
    known = plate.looks >= KNOWN
    assert known.mean() > 0.4 and plate.trust == 1
    assert np.abs(plate.mean[known] - room[known]).mean() < 1.5


def test_the_plate_follows_exposure_and_is_dropped_when_the_camera_moves() -> None:
    room, nobody = procedural.room(360, 640), np.zeros((360, 640), np.float32)
    plate = Plate(360, 640)
    now = _fed(plate, room, nobody, 30)
    now = _fed(plate, room * 0.85, nobody, 3, now)
    assert plate.trust > 0.9 and np.allclose(plate.gain, 0.85, atol=0.03)
    moved = np.roll(room, 60, 1)[::-1]
    now = _fed(plate, moved, nobody, 1, now)
    assert plate.trust == 0
    _fed(plate, moved, nobody, 60, now)
    assert plate.trust > 0.9 and np.abs(plate.mean * plate.gain - moved).mean() < 3


def test_learning_on_purpose_takes_everything_and_forgetting_drops_it() -> None:
    room, everywhere = procedural.room(360, 640), np.ones((360, 640), np.float32)
    plate = Plate(360, 640)
    now = _fed(plate, room, everywhere, 20)
    assert not plate.looks.any()
    plate.learn()
    _fed(plate, room, everywhere, int(LEARN_S * 30), now)
    assert plate.pinned and (plate.looks >= KNOWN).all() and plate.strength > 1
    plate.forget()
    assert not plate.looks.any() and not plate.pinned and plate.strength == 0
