"""Auto framing: the head at its place, a camera that moves calmly, and never beyond the picture."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.sample_source import SampleSource
from obs_bgremove.engine.camera.target import CameraSetting
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.framing import virtual_camera as module
from obs_bgremove.engine.framing.crop import crop_frame, crop_matte
from obs_bgremove.engine.framing.heads import Head, Heads
from obs_bgremove.engine.framing.virtual_camera import HEAD_LINE, HEAD_SHARE, WIDE, View, VirtualCamera, wanted
from obs_bgremove.engine.matting.matte import Matte, grid_of
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from tests.benchmarks import framing as benchmark
from tests.colours import ROOM_BGR
from tests.conftest import REAL_CLIP
from tests.fakes import procedural

ASPECT, FPS = 16 / 9, 30
GH, GW = 270, 480


def _silhouette(x: float, crown: float, tall: float, crowd: np.ndarray | None = None) -> np.ndarray:
    """(GH, GW) float32: head and shoulders; x, crown and the head's height as shares."""
    alpha = np.zeros((GH, GW), np.float32) if crowd is None else crowd.copy()
    middle, height = round(x * GW), tall * GH
    centre = (middle, round(crown * GH + height / 2))
    cv2.ellipse(alpha, centre, (round(height / 2.7), round(height / 2)), 0, 0, 360, 1, -1)
    cv2.rectangle(alpha, (middle - round(height / 6), centre[1]), (middle + round(height / 6), GH), 1, -1)
    cv2.ellipse(
        alpha, (middle, round(crown * GH + 2.4 * height)), (round(height), round(1.3 * height)), 0, 0, 360, 1, -1
    )
    return alpha


def _face(x: float, crown: float, tall: float) -> tuple[int, int, int, int]:
    """Where the face detector sees that head, in cells."""
    half, y = tall * GH / 3, (crown + 0.55 * tall) * GH
    return round(x * GW - half), round(y - half), round(x * GW + half), round(y + half)


class TestHeads:
    @pytest.mark.parametrize("x", [0.3, 0.5, 0.72])
    @pytest.mark.parametrize("tall", [0.12, 0.25, 0.4])
    def test_a_head_is_found_by_its_outline_alone(self, x: float, tall: float) -> None:
        [head] = Heads()(_silhouette(x, 0.2, tall), [])
        assert abs(head.x - x) < 0.01
        assert abs(head.y - (0.2 + 0.55 * tall)) < 0.15 * tall
        assert 0.8 < head.height / tall < 1.25

    def test_a_face_sets_right_what_hat_and_hair_make_of_the_outline(self) -> None:
        hat = _silhouette(0.5, 0.2, 0.25)
        hat[round(0.05 * GH) : round(0.25 * GH), round(0.44 * GW) : round(0.56 * GW)] = 1
        heads, off = Heads(), []
        for number in range(40):
            if number % 10 == 0:
                x0, y0, x1, y1 = _face(0.5, 0.2, 0.25)
                faces = [(x0 + number // 10, y0, x1 + number // 10, y1)]  # seen anew
            [head] = heads(hat, faces)
            off.append(abs(head.y - (0.2 + 0.55 * 0.25)))
        assert off[0] > 0.08 and off[-1] < 0.02

    def test_a_hand_raised_beside_the_head_is_no_head(self) -> None:
        heads = Heads()
        alpha = _silhouette(0.5, 0.3, 0.25)
        [before] = heads(alpha, [])
        cv2.line(alpha, (round(0.62 * GW), GH), (round(0.68 * GW), 10), 1, 24)
        [after] = heads(alpha, [])
        assert abs(after.x - before.x) < 0.01 and abs(after.y - before.y) < 0.02

    def test_two_people_are_two_heads_apart_or_touching(self) -> None:
        both = _silhouette(0.7, 0.25, 0.25, _silhouette(0.25, 0.3, 0.25))
        assert len(Heads()(both, [])) == 2
        near = _silhouette(0.62, 0.25, 0.25, _silhouette(0.4, 0.3, 0.25))
        faces = [_face(0.4, 0.3, 0.25), _face(0.62, 0.25, 0.25)]
        found = sorted(head.x for head in Heads()(near, faces))
        assert np.allclose(found, [0.4, 0.62], atol=0.02)

    def test_a_small_person_beside_a_large_head_is_measured_by_their_own(self) -> None:
        heads = Heads()
        both = _silhouette(0.78, 0.15, 0.1, _silhouette(0.25, 0.2, 0.5))
        for _ in range(4):
            large, small = heads(both, [])
        assert abs(small.x - 0.78) < 0.01 and 0.7 < small.height / 0.1 < 1.4
        assert 0.8 < large.height / 0.5 < 1.25

    def test_nobody_a_fleck_a_face_on_the_wall_and_half_a_person_at_the_side_are_no_heads(self) -> None:
        nobody = np.zeros((GH, GW), np.float32)
        assert Heads()(nobody, [_face(0.5, 0.2, 0.25)]) == []
        fleck = nobody.copy()
        fleck[100:106, 100:106] = 1
        assert Heads()(fleck, []) == []
        assert Heads()(_silhouette(0.02, 0.2, 0.25), []) == []


@given(
    st.lists(st.builds(Head, st.floats(-0.1, 1.1), st.floats(-0.1, 1.1), st.floats(0.01, 1.5)), max_size=4),
    st.sampled_from(["off", "gentle", "close"]),
    st.floats(0.5, 2.4),
)
def test_no_view_that_is_wanted_leaves_the_picture_or_enlarges_more_than_twice(
    heads: list[Head], style: str, aspect: float
) -> None:
    view = wanted(heads, style, aspect)
    assert module.LEAST_SIZE - 1e-9 <= view.size <= 1
    for middle in (view.x, view.y):
        assert middle - view.size / 2 >= -1e-9 and middle + view.size / 2 <= 1 + 1e-9


def test_one_head_gets_its_place_and_size_and_several_are_all_in_view() -> None:
    head = Head(0.45, 0.5, 0.22)
    for style, share in HEAD_SHARE.items():
        view = wanted([head], style, ASPECT)
        assert abs((head.x - view.x) / view.size) < 1e-6
        assert abs((head.y - view.y) / view.size + 0.5 - HEAD_LINE) < 1e-6 or view.size == module.LEAST_SIZE
        assert abs(head.height / view.size - share) < 1e-6 or view.size == module.LEAST_SIZE
    people = [Head(0.3, 0.4, 0.15), Head(0.6, 0.5, 0.2)]
    view = wanted(people, "close", ASPECT)
    for one in people:
        assert abs(one.x - view.x) + 0.5 * one.height / ASPECT < view.size / 2
        assert abs(one.y - view.y) + 0.5 * one.height < view.size / 2


def _follow(path: list[list[Head]], style: str = "gentle", fps: float = FPS) -> list[View]:
    camera = VirtualCamera()
    return [camera(heads, style, ASPECT, number / fps) for number, heads in enumerate(path)]


def _motion(views: list[View], fps: float = FPS) -> tuple[float, float]:
    """The highest speed and acceleration, in views / s and views / s^2."""
    path = np.array([(view.x, view.y, view.size) for view in views])
    size = path[:, 2:]
    speed = np.diff(path, axis=0) * fps
    return float(np.abs(speed / size[1:]).max()), float(np.abs(np.diff(speed, axis=0) * fps / size[2:]).max())


jumps = st.lists(
    st.tuples(st.integers(1, 60), st.floats(0, 1), st.floats(0, 1), st.floats(0.05, 0.6), st.integers(0, 2)),
    min_size=1,
    max_size=8,
)


@given(jumps)
def test_whatever_heads_do_speed_and_acceleration_stay_within_their_bounds(jumps: list[tuple]) -> None:
    path = [
        [Head(x, y, height), Head(1 - x, y, height)][:people]
        for frames, x, y, height, people in jumps
        for _ in range(frames)
    ]
    views = _follow([*path, *[[]] * 30])
    speed, acceleration = _motion(views)
    assert speed <= module.SPEED * 1.25  # by x and by size, each within SPEED, of a view that changes meanwhile
    assert acceleration <= module.ACCELERATION
    for view in views:
        assert module.LEAST_SIZE <= view.size <= 1
        assert view.size / 2 - 1e-9 <= view.x <= 1 - view.size / 2 + 1e-9
        assert view.size / 2 - 1e-9 <= view.y <= 1 - view.size / 2 + 1e-9


def test_it_zooms_in_settles_without_overshoot_and_stands_still_to_the_last_digit() -> None:
    head = Head(0.4, 0.5, 0.2)
    views = _follow([[head]] * 180)
    goal = wanted([head], "gentle", ASPECT)
    assert views[0] == WIDE
    sizes = [view.size for view in views]
    assert all(later <= before for before, later in zip(sizes, sizes[1:])), "straight in"
    assert min(sizes) >= goal.size - 1e-9
    settled = views[round(3.5 * FPS)]
    assert abs(settled.x - goal.x) < 0.01 and abs(settled.size - goal.size) < 0.01
    assert views[-1] == views[-30]


def test_a_head_that_sways_in_its_zone_does_not_move_the_camera() -> None:
    rng = np.random.default_rng(0)
    still = [[Head(0.45, 0.5, 0.2)]] * 150
    swaying = [
        [
            Head(
                0.45 + 0.012 * np.sin(n / 9) + rng.normal(0, 0.002),
                0.5 + rng.normal(0, 0.003),
                0.2 + rng.normal(0, 0.006),
            )
        ]
        for n in range(300)
    ]
    views = _follow(still + swaying)
    assert len(set(views[150:])) == 1


def test_a_head_that_moves_on_is_followed_and_is_in_place_once_it_rests() -> None:
    walk = [[Head(0.35 + 0.3 * min(1.0, max(0.0, (n - 120) / 60)), 0.5, 0.2)] for n in range(330)]
    views = _follow(walk)
    for (head,), view in zip(walk, views):
        assert abs(head.x - view.x) / view.size < 0.45, "in view all along"
    assert abs(walk[-1][0].x - views[-1].x) / views[-1].size < 0.06


def test_lost_it_waits_and_goes_back_to_the_whole_picture_and_so_it_does_when_switched_off() -> None:
    head = [Head(0.35, 0.5, 0.2)]
    gone = _follow([head] * 150 + [[]] * 240)
    assert gone[150 + round(1.3 * FPS)] == gone[149], "a blink of the matte is no reason to move"
    assert gone[-1] == WIDE
    camera = VirtualCamera()
    for number in range(150):
        camera(head, "gentle", ASPECT, number / FPS)
    off = [camera(head, "off", ASPECT, (150 + number) / FPS) for number in range(240)]
    assert off[0] != WIDE and off[3] != off[0] and off[-1] == WIDE


def test_somebody_who_joins_is_in_view_soon_and_who_leaves_is_not_missed_at_once() -> None:
    one, two = [Head(0.35, 0.5, 0.2)], [Head(0.35, 0.5, 0.2), Head(0.75, 0.45, 0.18)]
    views = _follow([one] * 150 + [two] * 90 + [one] * 150)
    both = views[150 + 80]
    for head in two:
        assert abs(head.x - both.x) < both.size / 2
    assert views[240 + round(1.3 * FPS)].size == pytest.approx(views[239].size, abs=0.01)
    assert views[-1].size < both.size - 0.05


@pytest.mark.parametrize("fps", [10, 24, 60])
def test_the_camera_is_as_fast_at_any_rate_and_a_pause_is_no_jump(fps: int) -> None:
    head = [Head(0.4, 0.5, 0.2)]
    at = 1.5
    assert (
        abs(_follow([head] * 200, fps=fps)[round(at * fps)].size - _follow([head] * 200)[round(at * FPS)].size) < 0.02
    )
    camera = VirtualCamera()
    for number in range(10):
        camera(head, "gentle", ASPECT, number / FPS)
    before = camera.view
    after = camera(head, "gentle", ASPECT, 100.0)
    assert abs(after.size - before.size) <= module.SPEED * module.PAUSE_S


class TestCrop:
    def test_a_view_of_a_large_frame_is_sharper_than_one_of_a_small(self) -> None:
        fine = np.kron(np.indices((540, 960)).sum(0) % 2, np.ones((2, 2))).astype(np.uint8) * 255
        large = np.repeat(fine[..., None], 3, axis=2)
        small = cv2.resize(large, (1280, 720), interpolation=cv2.INTER_AREA)
        sharp, soft = (crop_frame(frame, View(0.5, 0.5, 0.5), 1280, 720).std() for frame in (large, small))
        assert sharp > 3 * soft

    @pytest.mark.parametrize("size", [(720, 1280), (1080, 1920), (480, 640), (45, 80)])
    def test_the_whole_of_a_frame_of_that_size_is_the_frame(self, size: tuple[int, int]) -> None:
        frame = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
        assert np.array_equal(crop_frame(frame, WIDE, size[1], size[0]), frame)
        cell, gh, gw = grid_of(*size)
        rng = np.random.default_rng(1)
        grids = [rng.random((gh, gw), np.float32), *(rng.random((gh, gw, 3), np.float32) for _ in range(2))]
        matte = crop_matte(Matte(cell, *grids), WIDE, size, size[1], size[0])
        assert matte.cell == cell and np.abs(matte.alpha_small - grids[0]).max() < 0.002
        assert np.array_equal(matte.room, grids[2])

    def test_frame_and_matte_stay_on_each_other_and_what_was_sure_stays_sure(self) -> None:
        truth = procedural.figure(1080, 1920)
        frame = np.repeat(np.rint(truth * 255).astype(np.uint8)[..., None], 3, axis=2)
        cell, gh, gw = grid_of(1080, 1920)
        small = cv2.resize(truth, (gw, gh), interpolation=cv2.INTER_AREA)
        matte = Matte(cell, small, np.zeros((gh, gw, 3), np.float32), np.zeros((gh, gw, 3), np.float32))
        for view in (WIDE, View(0.45, 0.4, 0.6), View(0.5613, 0.3377, 0.5)):
            shown = crop_frame(frame, view, 1280, 720)[..., 0].astype(np.float32) / 255
            ours = crop_matte(matte, view, (1080, 1920), 1280, 720)
            again = cv2.resize(shown, ours.alpha_small.shape[::-1], interpolation=cv2.INTER_AREA)
            assert np.abs(again - ours.alpha_small).mean() < 0.01
            inside = cv2.erode((again > 0.999).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
            outside = cv2.erode((again < 0.001).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
            assert inside.any() and (ours.alpha_small[inside] == 1).all() and (ours.alpha_small[outside] == 0).all()

    def test_a_slow_view_moves_less_than_a_pixel_at_a_time(self) -> None:
        frame = np.repeat(np.tile(np.arange(1920) % 256, (1080, 1)).astype(np.uint8)[..., None], 3, axis=2)
        seen = [float(crop_frame(frame, View(0.5 + n * 1e-4, 0.5, 0.6), 640, 360)[100, 300, 0]) for n in range(12)]
        assert len(set(seen)) >= 3 and max(np.abs(np.diff(seen))) <= 1


def test_a_finer_frame_is_asked_of_a_camera_and_shown_at_the_size_it_would_have_had() -> None:
    plain, finer = CameraSetting("cam"), CameraSetting("cam", finer=True)
    assert plain.asked("device") is None and finer.asked("device") == (1920, 1080)
    assert finer.shown("device", 1920, 1080) == (1280, 720)
    assert finer.shown("device", 640, 480) == (640, 480), "a camera that has no more"
    assert CameraSetting("cam", (1920, 1080), finer=True).asked("device") == (1920, 1080), "4K costs a core"
    assert CameraSetting("cam", (640, 480), finer=True).asked("device") == (960, 720)
    file = CameraSetting("a.mp4", (1280, 720), finer=True)
    assert file.asked("file") is None and file.shown("file", 1920, 1080) == (1280, 720)
    assert CameraSetting("a.mp4", finer=True).shown("file", 1920, 1080) == (1920, 1080)
    assert plain.shown("device", 1600, 1200) == (1600, 1200)


@pytest.fixture
def pipeline(assets: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(Backgrounds(wait=True), wait=True)
    yield pipeline
    pipeline.close()


def _far(size: tuple[int, int] = (1920, 1080)) -> np.ndarray:
    """The portrait, small, in the lower middle of a room."""
    width, height = size
    portrait = SampleSource((width // 2, height // 2)).at(0.0)
    frame = np.full((height, width, 3), (150, 160, 170), np.uint8)
    frame[height // 2 :, width // 4 : width // 4 + width // 2] = portrait
    return frame


def test_a_person_far_off_is_brought_near_before_a_background_that_stays(pipeline: Pipeline) -> None:
    frame = _far()
    options = dataclasses.replace(Options(), background_mode="file", mirror=False)
    shown = {}
    for framing in ("off", "close"):
        pipeline.reset()
        chosen = dataclasses.replace(options, framing=framing)
        for number in range(150):
            out = pipeline.process(frame, DesiredState(chosen), number * 33_000_000, Canvas, (1280, 720)).pixels
        assert pipeline.problem is None and out.shape == (720, 1280, 4)
        mask = pipeline.process(
            frame, DesiredState(dataclasses.replace(chosen, view="mask")), 150 * 33_000_000, Canvas, (1280, 720)
        ).pixels[..., 0]
        shown[framing] = out, mask
    assert (shown["close"][1] > 128).mean() > 1.8 * (shown["off"][1] > 128).mean()
    nobody = cv2.dilate(np.maximum(shown["off"][1], shown["close"][1]), np.ones((91, 91), np.uint8)) == 0
    assert nobody.mean() > 0.1
    assert np.array_equal(shown["off"][0][nobody], shown["close"][0][nobody]), "the background stays"


def test_off_from_the_beginning_not_a_byte_is_changed_and_nothing_is_made(pipeline: Pipeline) -> None:
    portrait = SampleSource((640, 360)).at(0.0)
    options = dataclasses.replace(Options(), background_mode="color", mirror=False)
    plain = pipeline.process(portrait, DesiredState(options), 0, Canvas).pixels
    assert pipeline._cutout is not None and pipeline._cutout._framing is None
    assert np.abs(plain[150:200, 300:340, :3].astype(int) - portrait[150:200, 300:340]).mean() < 2
    pipeline.reset()
    sized = pipeline.process(portrait, DesiredState(options), 0, Canvas, (640, 360)).pixels
    assert np.array_equal(plain, sized)


@pytest.mark.parametrize("mode", ["file", "blur", "transparent"])
def test_framed_the_room_is_shown_no_more_than_unframed(pipeline: Pipeline, mode: str) -> None:
    frame = np.full((360, 640, 3), ROOM_BGR, np.uint8)
    options = dataclasses.replace(Options(), background_mode=mode, framing="close")
    for number in range(4):
        out = pipeline.process(frame, DesiredState(options), number * 33_000_000, Canvas, (320, 180)).pixels
    assert out.shape == (180, 320, 4)
    if mode != "blur":
        assert not ((out[..., :3] == ROOM_BGR).all(-1) & (out[..., 3] > 0)).any()


def test_with_removal_off_the_whole_camera_is_shown_at_the_same_size(pipeline: Pipeline) -> None:
    frame = _far()
    options = dataclasses.replace(Options(), framing="close", mirror=False)
    out = pipeline.process(frame, DesiredState(options, removal=False), 0, Canvas, (1280, 720)).pixels
    wide = cv2.resize(frame, (1280, 720), interpolation=cv2.INTER_LINEAR)
    assert np.array_equal(out[..., :3], wide)


@pytest.mark.skipif(not REAL_CLIP.exists(), reason="needs the development clips")
def test_a_person_who_walks_leans_leaves_and_returns_is_framed_to_six_percent(assets: Path) -> None:
    results = benchmark.run(REAL_CLIP.parent, "hands", "gentle")
    off = [benchmark._off(result) for result in results if result.settled and result.head is not None]
    assert len(off) > 200 and max(off) <= 0.06
    speed, acceleration = benchmark.motion(results)
    assert speed.max() <= 1.25 * module.SPEED and acceleration.max() <= module.ACCELERATION / 2
    views = [result.view for result in results]
    assert min(view.size for view in views) < 0.7, "it did zoom in"
    assert len(set(views[-20:])) == 1, "and stands still at the end"
    assert views[round(24.4 * benchmark.FPS)].size > 0.97, "nobody there: the whole picture"
