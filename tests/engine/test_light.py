"""Match the light: towards the background, within limits, calmly; and where it is off, nothing changes."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_bgremove.engine import light as module
from obs_bgremove.engine.arrays import F32, U8, U32
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.composite import composite
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.engine.light import Light, tables
from obs_bgremove.engine.matting.matte import Matte, grid_of
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.shared import installation
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from tests.colours import ROOM_BGR
from tests.fakes import procedural

SIZE = (180, 320)
SKIN_BGR = [(100, 135, 190), (60, 85, 130), (160, 185, 225), (35, 50, 85)]  # from light to dark people
STEP_NS = 33_000_000
PICTURES = sorted(installation.backgrounds_dir().glob("*.jpg"))
drawn = st.builds(
    lambda stops, contrast, pivot: np.array([*stops, contrast, pivot], np.float32),
    st.tuples(*[st.floats(-1.6, 1.4)] * 3),
    st.floats(module.CONTRAST_LEAST, module.CONTRAST_MOST),
    st.floats(0.002, 0.9),
)


def _matte(alpha: np.ndarray) -> Matte:
    cell, height, width = grid_of(*SIZE)
    colours = np.zeros((height, width, 3), np.float32)
    small = np.array(np.broadcast_to(np.asarray(alpha, np.float32), (height, width)))
    return Matte(cell, small, colours, colours.copy())


def _scene() -> tuple[U8, Matte]:
    alpha = procedural.figure(*SIZE)
    a = alpha[..., None]
    person = np.full((*SIZE, 3), SKIN_BGR[0], np.float32) * np.linspace(0.5, 1.2, SIZE[0])[:, None, None]
    picture = np.clip(person * a + procedural.room(*SIZE) * (1 - a), 0, 255).astype(np.uint8)
    return picture, _matte(alpha)


def _flat(level: tuple[int, int, int] | int) -> U8:
    return np.dstack([np.broadcast_to(np.array(level, np.uint8), (*SIZE, 3)), np.full(SIZE, 255, np.uint8)])


def _levels(found: U32) -> U8:
    """(256, 3) uint8 of tables (3, 256)."""
    return np.stack([(found[channel] >> (8 * channel)) & 255 for channel in range(3)], axis=1).astype(np.uint8)


def _lab(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(pixels.reshape(1, -1, 3).astype(np.float32) / 255, cv2.COLOR_BGR2Lab)[0].mean(0))


@given(drawn, st.floats(0.01, 1))
def test_a_table_rises_from_black_to_at_most_white_in_any_light(change: F32, strength: float) -> None:
    found = tables(change, strength)
    assert (found[0] >> 24 == 255).all(), "opaque"
    levels = _levels(found).astype(int)
    assert (np.diff(levels, axis=0) >= 0).all() and (levels[0] == 0).all()
    assert (levels[255] <= 255).all() and (np.diff(levels, axis=0) <= 8).all(), "no bands"


def test_without_a_difference_nothing_is_changed() -> None:
    same = tables(np.array([0, 0, 0, 1, 0.2], np.float32), 1.0)
    assert np.array_equal(_levels(same), np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_the_person_comes_nearer_to_each_of_our_backgrounds_and_skin_stays_skin(path: Path) -> None:
    frame, matte = _scene()
    behind = cv2.cvtColor(cv2.resize(read_picture(path), SIZE[::-1], interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2BGRA)
    levels = _levels(Light()(frame, matte, behind, 1.0, 0))
    person = frame[matte.alpha_small > 0.95]
    lit = np.stack([levels[person[:, channel], channel] for channel in range(3)], axis=1)
    aim = _lab(behind[..., :3])
    before, after = np.linalg.norm(_lab(person) - aim), np.linalg.norm(_lab(lit) - aim)
    # Where the room is as pale as the background, there is nothing to do; a delta E of 2.3 is just seen.
    assert after < before + 1
    if abs(_lab(person)[0] - aim[0]) > 8:
        assert after < 0.97 * before
    for skin in SKIN_BGR:
        blue, green, red = (int(levels[value, channel]) for channel, value in enumerate(skin))
        assert red > green > blue or (red > green and green - blue > -6), (skin, (blue, green, red))
        assert 0.5 < (red + green + blue) / sum(skin) < 1.5


@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
def test_no_background_changes_the_person_beyond_the_limits(colour: tuple[int, int, int], room: tuple) -> None:
    points = np.random.default_rng(0).integers(0, 255, (400, 3)).astype(np.uint8)
    camera = np.array([room], np.uint8).repeat(400, 0)
    change = module.drawn_towards(
        module._Look(points), module._Look(camera), module._Look(np.array([colour], np.uint8).repeat(400, 0))
    )
    stops = change[:3]
    assert stops.min() >= module.DARKEST_EV - 0.61 and stops.max() <= module.BRIGHTEST_EV + 0.61
    assert stops.max() - stops.min() <= 2 * module.WHITE_BALANCE_EV + 1e-5
    assert module.CONTRAST_LEAST <= change[3] <= module.CONTRAST_MOST


def test_a_new_background_is_followed_within_two_seconds_and_calmly() -> None:
    frame, matte = _scene()
    light, dark, bright = Light(), _flat(30), _flat(230)
    for number in range(10):
        light(frame, matte, dark, 1.0, number * STEP_NS)
    skin = SKIN_BGR[0][1]
    seen = [int(_levels(light(frame, matte, bright, 1.0, (10 + number) * STEP_NS))[skin, 1]) for number in range(70)]
    assert (np.diff(seen) >= 0).all() and np.diff(seen).max() <= 8, "no step to be seen, no overshoot"
    wanted = int(_levels(Light()(frame, matte, bright, 1.0, 0))[skin, 1])
    assert wanted > seen[0] + 40
    assert abs(seen[-1] - wanted) <= 2 and abs(seen[3] - wanted) > 20


def test_a_background_that_moves_is_followed() -> None:
    frame, matte = _scene()
    light = Light()
    for number in range(90):
        found = light(frame, matte, _flat(min(230, 30 + 4 * number)), 1.0, number * STEP_NS)
    wanted = Light()(frame, matte, _flat(230), 1.0, 0)
    assert np.abs(_levels(found).astype(int) - _levels(wanted)).max() <= 4


def test_nobody_in_the_picture_leaves_the_light_as_it_was() -> None:
    frame, matte = _scene()
    light = Light()
    assert light(frame, _matte(np.zeros(1)), _flat(30), 1.0, 0).size == 0
    before = light(frame, matte, _flat(30), 1.0, 10**9).copy()
    assert np.array_equal(light(frame, _matte(np.zeros(1)), _flat(30), 1.0, 2 * 10**9), before)


@pytest.mark.parametrize("mirror", [False, True])
def test_in_the_picture_the_person_is_looked_up_in_the_tables(mirror: bool) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8)
    found, out, behind = tables(np.array([0.4, -0.3, -0.8, 1.1, 0.2], np.float32), 1.0), Canvas(320, 180), _flat(9)
    composite(frame, _matte(np.ones(1)), behind, Options(mirror=mirror), out, light=found)
    lit = cv2.LUT(frame, _levels(found)[None])
    assert np.array_equal(out.pixels[..., :3], lit[:, ::-1] if mirror else lit)
    assert (out.pixels[..., 3] == 255).all()


@pytest.mark.parametrize("mirror", [False, True])
def test_tables_that_change_nothing_give_the_picture_without_any(mirror: bool) -> None:
    frame, matte = _scene()
    options = Options(mirror=mirror, light_wrap=0.3, decontaminate=0)
    plain, lit = Canvas(320, 180), Canvas(320, 180)
    composite(frame, matte, _flat(90), options, plain)
    composite(frame, matte, _flat(90), options, lit, light=tables(np.array([0, 0, 0, 1, 0.2], np.float32), 1.0))
    assert np.array_equal(plain.pixels, lit.pixels)


@pytest.fixture
def pipeline(assets: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(Backgrounds(wait=True), wait=True)
    yield pipeline
    pipeline.close()


def _face(pipeline: Pipeline, options: Options) -> np.ndarray:
    """The middle of the face of the third frame."""
    portrait = SampleSource((640, 360)).at(0.0)
    pipeline.reset()
    for number in range(3):
        out = pipeline.process(portrait, DesiredState(options), number * STEP_NS, Canvas).pixels
    assert pipeline.problem is None
    return out[150:200, 300:340, :3].astype(int)


def test_with_a_bright_picture_the_face_is_brighter_with_a_colour_it_is_as_before(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(cv2.imencode(".png", np.full((90, 160, 3), 250, np.uint8))[1].tobytes())
    file = dataclasses.replace(Options(), mirror=False, backgrounds_folder=str(tmp_path))
    plain = _face(pipeline, file)
    assert _face(pipeline, dataclasses.replace(file, match_light=1.0)).mean() > plain.mean() + 8
    half = _face(pipeline, dataclasses.replace(file, match_light=0.5)).mean()
    assert plain.mean() + 3 < half < _face(pipeline, dataclasses.replace(file, match_light=1.0)).mean() - 3
    keyed = dataclasses.replace(file, background_mode="color", match_light=1.0)
    assert np.array_equal(_face(pipeline, keyed), _face(pipeline, dataclasses.replace(keyed, match_light=0.0)))
    assert np.array_equal(
        _face(pipeline, dataclasses.replace(keyed, background_mode="transparent")),
        _face(pipeline, dataclasses.replace(keyed, background_mode="transparent", match_light=0.0)),
    )


def test_a_room_without_anybody_stays_hidden_at_full_strength(pipeline: Pipeline) -> None:
    frame = np.full((90, 160, 3), ROOM_BGR, np.uint8)
    options = dataclasses.replace(Options(), background_mode="file", match_light=1.0)
    for number in range(3):
        out = pipeline.process(frame, DesiredState(options), number * STEP_NS, Canvas).pixels
    assert not (out[..., :3] == ROOM_BGR).all(-1).any()
