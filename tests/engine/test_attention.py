"""When the network rests: while nothing changes that could change the matte, and never for long."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine.matting.attention import MOST, Attention
from obs_bgremove.engine.matting.matting import RESTS_FROM, Matting
from obs_bgremove.shared.options import Options
from tests.fakes import procedural

NOBODY = np.zeros((45, 80), bool)
FRAME_NS = 33_333_333


def _noisy(picture: np.ndarray, seed: int) -> np.ndarray:
    """Half-resolution cells are means of 6 x 6 pixels: noise of 4 levels is 0.7 there."""
    noise = np.random.default_rng(seed).normal(0, 0.7, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_noise_is_no_change_but_two_frames_are_the_most() -> None:
    attention, room = Attention(180, 320), procedural.room(180, 320).astype(np.float32)
    rests = [attention.rests(_noisy(room, seed), NOBODY, True) for seed in range(3 * (MOST + 1))]
    assert rests == [False, *[True] * MOST] * 3


def test_slow_movement_adds_up_to_a_change() -> None:
    """Of stripes, by a seventeenth of a cell a frame: the network rests, but is not left two frames behind for ever."""
    stripes = np.where(np.arange(320) % 64 < 32, 40, 200).astype(np.float32)
    room = cv2.GaussianBlur(np.repeat(np.repeat(stripes[None, :, None], 180, 0), 3, 2), (0, 0), 1)
    attention, rests = Attention(180, 320), []
    for number in range(30):
        moved = cv2.warpAffine(
            room, np.float32([[1, 0, 0.06 * number], [0, 1, 0]]), (320, 180), borderMode=cv2.BORDER_REFLECT
        )
        rests.append(attention.rests(moved.astype(np.uint8), NOBODY, True))
    assert 5 < sum(rests) < 2 * len(rests) // 3 - 2


@pytest.mark.parametrize(("where", "looks"), [((90, 160), False), ((60, 40), True)])
def test_what_moves_deep_inside_a_person_does_not_matter(where: tuple[int, int], looks: bool) -> None:
    person = np.zeros((45, 80), bool)
    person[15:, 30:50] = True
    attention, room = Attention(180, 320), procedural.room(180, 320)
    attention.rests(room, person, True)
    room = room.copy()
    y, x = where
    room[y - 6 : y + 6, x - 6 : x + 6] += 60
    assert attention.rests(room, person, True) != looks


def test_a_frame_that_must_be_looked_at_is() -> None:
    attention, room = Attention(180, 320), procedural.room(180, 320)
    assert not any(attention.rests(room, NOBODY, False) for _ in range(5))


class _Counted(procedural.DegradedNetwork):
    calls = 0

    def __call__(self, image_rgb: np.ndarray) -> np.ndarray:
        self.calls += 1
        return super().__call__(image_rgb)


def test_the_matte_of_a_still_picture_stays_and_a_changed_setting_is_obeyed_at_once() -> None:
    network, options = _Counted(), Options(track_person=False)
    matting, truth = Matting(network), procedural.figure(360, 640)
    network.truth = truth
    frame = procedural.frame(truth, procedural.room(360, 640))
    for number in range(RESTS_FROM):
        matting(frame, options, number * FRAME_NS)
    assert network.calls == RESTS_FROM
    mattes = {
        matting(frame, options, number * FRAME_NS).alpha_small.tobytes()
        for number in range(RESTS_FROM, RESTS_FROM + 30)
    }
    assert len(mattes) == 10 + 1  # the first of these frames rests as well, if the last look was just before
    assert network.calls == RESTS_FROM + 10
    before = network.calls
    for number, shift in enumerate((5.0, 6.0, 7.0)):
        matting(frame, Options(track_person=False, edge_shift=shift), (RESTS_FROM + 40 + number) * FRAME_NS)
    assert network.calls == before + 3
    matting.learn()
    for number in range(3):
        matting(frame, Options(track_person=False, edge_shift=7.0), (RESTS_FROM + 50 + number) * FRAME_NS)
    assert network.calls == before + 6


def test_the_grid_of_a_small_frame_is_not_the_cameras_own_buffer(tmp_path: Path) -> None:
    """The capture thread overwrites that while the plate still learns from the last grid."""
    from obs_bgremove.engine.matting.matte import grid_of, shrink

    for size in ((360, 640), (720, 1280), (480, 640)):
        frame = procedural.room(*size)
        assert not np.may_share_memory(shrink(frame, *grid_of(*size)), frame)
