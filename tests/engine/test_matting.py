"""The matte of a stream: against exact truth with a degraded network, and whole with the real one on bad input."""

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine import parallel
from obs_bgremove.engine.composite import matte_image
from obs_bgremove.engine.matting.matting import Matting
from obs_bgremove.engine.matting.segmenter import Segmenter
from obs_bgremove.shared.options import Options
from tests.benchmarks.matte_metrics import Score
from tests.fakes import procedural

WHOLE = Options(track_person=False)  # the degraded network needs to see the whole picture
FRAME_NS = 33_333_333


@pytest.fixture(scope="module")
def network(assets: Path) -> Iterator[Segmenter]:
    segmenter = Segmenter(assets / "selfie_segmentation.tflite")
    yield segmenter
    segmenter.close()


@pytest.fixture(scope="module")
def portrait(assets: Path) -> np.ndarray:
    return np.asarray(cv2.imread(str(assets / "astronaut.png")), np.uint8)


def _refined(
    degraded: procedural.DegradedNetwork,
    options: Options,
    size: tuple[int, int] = (360, 640),
    frames: int = 40,
    light: float = 1.0,
) -> tuple[dict[str, float], np.ndarray]:
    """(scores of the second half, last matte): a figure swaying before a room, light from the middle on."""
    matting = Matting(degraded)  # type: ignore[arg-type]
    degraded.flipped = options.smoothing >= 0.3
    score, behind, grey = Score(), procedural.room(*size), np.empty(size, np.uint8)
    for number in range(frames):
        truth = procedural.figure(*size, shift=0.08 * np.sin(number / 6))
        degraded.truth = truth
        frame = procedural.frame(truth, behind, seed=number)
        if number >= frames // 2:
            frame = np.clip(frame * light, 0, 255).astype(np.uint8)
        matte_image(frame, matting(frame, options, number * FRAME_NS), options, grey)
        score.add(grey, (truth * 255).round().astype(np.uint8), number >= frames // 2)
    return score.means(), grey


def test_the_refinement_mends_a_blurred_mask() -> None:
    plain = dataclasses.replace(WHOLE, smoothing=0, use_learned_background=False, ignore_small=0)
    refined, _ = _refined(procedural.DegradedNetwork(), WHOLE)
    unlearned, _ = _refined(procedural.DegradedNetwork(), plain)
    # The bare mask: what the network saw, enlarged.
    score = Score()
    for number in range(20, 40):
        truth = procedural.figure(360, 640, shift=0.08 * np.sin(number / 6))
        degraded = procedural.DegradedNetwork()
        degraded.truth = truth
        mask = cv2.resize(degraded(truth), (640, 360))
        score.add((mask * 255).astype(np.uint8), (truth * 255).astype(np.uint8))
    bare = score.means()
    assert unlearned["MAD"] < 0.9 * bare["MAD"] and unlearned["BF+"] > bare["BF+"]
    assert refined["MAD"] < 0.6 * bare["MAD"] and refined["BF+"] > unlearned["BF+"]


def test_a_shifted_mask_is_pulled_onto_the_outline_by_the_learned_background() -> None:
    on, _ = _refined(procedural.DegradedNetwork(shift=3), WHOLE)
    off, _ = _refined(procedural.DegradedNetwork(shift=3), dataclasses.replace(WHOLE, use_learned_background=False))
    assert on["MAD"] < off["MAD"] and on["BF+"] > off["BF+"]


@pytest.mark.parametrize("light", [0.6, 0.85, 1.15, 1.5, 3.0])
def test_changed_light_never_makes_the_learned_background_worse_than_off(light: float) -> None:
    on, _ = _refined(procedural.DegradedNetwork(), WHOLE, light=light)
    off, _ = _refined(
        procedural.DegradedNetwork(), dataclasses.replace(WHOLE, use_learned_background=False), light=light
    )
    assert on["MAD"] <= off["MAD"] * 1.02
    assert on["stray"] <= off["stray"] * 1.05 + 0.05  # the last term is 50 pixels of 230,400


@pytest.mark.parametrize("strength", [0.4, 0.7, 1.0])
def test_a_false_blob_is_dropped(strength: float) -> None:
    _, grey = _refined(procedural.DegradedNetwork(blob=strength), WHOLE)
    assert not grey[:110, :130].any()
    if strength == 1.0:
        _, kept = _refined(procedural.DegradedNetwork(blob=strength), dataclasses.replace(WHOLE, ignore_small=0))
        assert kept[:110, :130].any()


def test_a_chair_learned_on_purpose_goes() -> None:
    degraded = procedural.DegradedNetwork()
    degraded.flipped = True
    matting = Matting(degraded)  # type: ignore[arg-type]
    options = dataclasses.replace(WHOLE, ignore_small=0)
    behind, truth = procedural.room(360, 640), procedural.figure(360, 640)
    chair = np.zeros((360, 640), np.float32)
    cv2.rectangle(chair, (20, 150), (120, 359), 1, -1)
    shares = []
    for number in range(200):
        present = truth if number >= 120 else np.zeros_like(truth)
        degraded.truth = np.maximum(present, chair)
        if number == 10:
            matting.learn()
        frame = procedural.frame(present, behind, seed=number)
        matte = matting(frame, options, number * FRAME_NS)
        shares.append(
            (float(matte.alpha_small[160:350, 30:110].mean()), float(matte.alpha_small[250:, 280:360].mean()))
        )
    assert shares[5][0] > 0.9  # the network takes the chair for a person
    assert shares[-1][0] < 0.1 and shares[-1][1] > 0.95
    matting.forget()
    for number in range(200, 215):
        matte = matting(frame, options, number * FRAME_NS)
    assert float(matte.alpha_small[160:350, 30:110].mean()) > 0.9


def test_smoothing_calms_flicker_and_leaves_no_trail() -> None:
    class Nervous(procedural.DegradedNetwork):
        def __call__(self, image_rgb: np.ndarray) -> np.ndarray:
            self._shift = 2 if self._calls % 2 else -2
            return super().__call__(image_rgb)

    flicker = []
    for smoothing in (0.0, 0.29, 0.7, 1.0):
        options = dataclasses.replace(WHOLE, smoothing=smoothing, use_learned_background=False)
        nervous = Nervous()
        matting = Matting(nervous)  # type: ignore[arg-type]
        nervous.flipped = smoothing >= 0.3
        nervous.truth = truth = procedural.figure(360, 640)
        frame = procedural.frame(truth, procedural.room(360, 640))
        mattes = [matting(frame, options, n * FRAME_NS).alpha_small.copy() for n in range(12)]
        flicker.append(float(np.mean([np.abs(a - b).mean() for a, b in itertools.pairwise(mattes[4:])])))
    assert flicker == sorted(flicker, reverse=True) and flicker[2] < 0.6 * flicker[0]

    degraded = procedural.DegradedNetwork()
    matting = Matting(degraded)  # type: ignore[arg-type]
    options = dataclasses.replace(WHOLE, smoothing=0.29, use_learned_background=False)
    behind = procedural.room(360, 640)
    for shift in (-0.25, -0.25, -0.25, 0.25):
        degraded.truth = procedural.figure(360, 640, shift)
        matte = matting(procedural.frame(degraded.truth, behind), options, 0)
    gone = (procedural.figure(360, 640, -0.25) > 0.9) & (cv2.dilate(degraded.truth, np.ones((25, 25))) == 0)
    assert gone.sum() > 5000 and matte.alpha_small[gone].mean() < 0.02


@pytest.mark.parametrize("size", [(16, 16), (359, 641), (480, 640), (1280, 720), (2160, 3840), (17, 640)], ids=str)
@pytest.mark.parametrize("kind", ["black", "white", "noise", "frozen", "cut", "light"])
def test_bad_pictures_give_mattes_within_bounds(
    network: Segmenter, portrait: np.ndarray, size: tuple[int, int], kind: str
) -> None:
    rng = np.random.default_rng(0)
    picture = np.asarray(cv2.resize(portrait, size[::-1]), np.uint8)
    matting = Matting(network)
    for number in range(3 if size[0] > 2000 else 6):
        frame = picture
        if kind in ("black", "white"):
            frame = np.full_like(picture, 255 if kind == "white" else 0)
        elif kind == "noise":
            frame = rng.integers(0, 256, picture.shape, np.uint8)
        elif kind == "cut" and number % 2:
            frame = np.ascontiguousarray(picture[::-1])
        elif kind == "light":
            frame = (picture * (0.3 if number % 2 else 1)).astype(np.uint8)
        matte = matting(frame, Options(), number * FRAME_NS)
        assert (
            np.isfinite(matte.alpha_small).all() and np.isfinite(matte.person).all() and np.isfinite(matte.room).all()
        )
        assert matte.alpha_small.min() >= 0 and matte.alpha_small.max() <= 1
        if kind in ("black", "white") or (kind == "noise" and min(size) > 17):
            assert not matte.alpha_small.any(), "nobody is there, and nothing may show"


def test_an_empty_room_shows_nothing_in_any_frame(network: Segmenter) -> None:
    matting = Matting(network)
    for number in range(30):
        frame = procedural.frame(np.zeros((360, 640), np.float32), procedural.room(360, 640), seed=number)
        assert not matting(frame, Options(), number * FRAME_NS).alpha_small.any(), f"frame {number}"


@pytest.mark.parametrize("where", [0.05, 0.5, 0.85])
def test_a_small_person_anywhere_is_found_within_half_a_second(
    network: Segmenter, portrait: np.ndarray, where: float
) -> None:
    """She is 17 % of the width, her face 4 %."""
    small = cv2.resize(portrait[:, 60:420], (220, 312), interpolation=cv2.INTER_AREA)
    frame = procedural.room(720, 1280)
    x = int(where * (1280 - 220))
    frame[720 - 312 :, x : x + 220] = small
    matting = Matting(network)
    for number in range(15):
        matte = matting(frame, Options(), number * FRAME_NS)
    cell = matte.cell
    rows = slice((720 - 312 + 55) // cell, (720 - 312 + 95) // cell)
    face = matte.alpha_small[rows, (x + 80) // cell : (x + 120) // cell]
    assert face.mean() > 0.9
    assert matte.alpha_small.sum() < 1.5 * 220 * 312 / cell**2


def test_a_second_person_who_comes_in_is_kept_and_one_who_leaves_is_gone(
    network: Segmenter, portrait: np.ndarray
) -> None:
    def place(*lefts: int) -> np.ndarray:
        frame = procedural.room(720, 1280)
        for left in lefts:
            frame[720 - 312 :, left : left + 220] = cv2.resize(portrait[:, 60:420], (220, 312))
        return frame

    matting = Matting(network)
    share = []
    for lefts in [(100,)] * 20 + [(100, 900)] * 40 + [(900,)] * 40 + [()] * 10:
        matte = matting(place(*lefts), Options(), len(share) * FRAME_NS)
        left, right = (matte.alpha_small[:, x // matte.cell : (x + 220) // matte.cell] for x in (100, 900))
        share.append((float(left.mean()), float(right.mean())))
    assert share[19][0] > 0.2 and share[19][1] == 0
    assert share[59][0] > 0.2 and share[59][1] > 0.2
    assert share[99][0] == 0 and share[99][1] > 0.2
    assert share[109] == (0, 0)


def test_the_same_frames_give_the_same_mattes_with_one_core_or_two(
    network: Segmenter, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [np.ascontiguousarray(np.roll(cv2.resize(portrait, (640, 480)), 3 * n, 1)) for n in range(8)]
    runs = []
    for cores, threads in ((2, 2), (2, 2), (1, 1)):
        monkeypatch.setattr(parallel, "_CORES", cores)
        cv2.setNumThreads(threads)
        matting = Matting(network)
        runs.append([matting(f, Options(), n * FRAME_NS).alpha_small.copy() for n, f in enumerate(frames)])
    for ours, again, alone in zip(*runs):
        assert (ours == again).all() and (ours == alone).all()


def test_a_new_size_and_reset_start_afresh(network: Segmenter, portrait: np.ndarray) -> None:
    matting = Matting(network)
    fresh = Matting(network)(portrait, Options(), 0).alpha_small.copy()
    matting(np.ascontiguousarray(portrait[::2, ::2]), Options(), 0)
    assert (matting(portrait, Options(), 1).alpha_small == fresh).all()
    matting.reset()
    assert (matting(portrait, Options(), 2).alpha_small == fresh).all()


def test_options_may_change_between_any_two_frames(network: Segmenter, portrait: np.ndarray) -> None:
    matting = Matting(network)
    choices = itertools.product((True, False), (True, False), (0.0, 1.0), (0.0, 1.0), (-30.0, 30.0))
    for number, (track, learned, smoothing, small, shift) in enumerate(choices):
        options = Options(
            track_person=track,
            use_learned_background=learned,
            smoothing=smoothing,
            ignore_small=small,
            edge_shift=shift,
            edge_softness=smoothing,
        )
        (matting.learn if number % 7 == 0 else matting.forget)()
        alpha = matting(portrait, options, number * FRAME_NS).alpha_small
        assert alpha.min() >= 0 and alpha.max() <= 1 and alpha.mean() > 0.2
