"""What stands behind the person: prepared once, swapped when ready, mended when a file is; and the blurred room."""

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine import background as module
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.backgrounds import reader
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR
from obs_bgremove.engine.room import blurred_room
from obs_bgremove.shared.options import Options
from tests.waiting import wait_for


def _options(folder: Path, name: str = "", **more: object) -> Options:
    return dataclasses.replace(Options(), backgrounds_folder=str(folder), background=name, **more)


def _pixel(backgrounds: Backgrounds, options: Options, size: tuple[int, int] = (160, 90)) -> tuple[int, ...]:
    image = backgrounds.get(options, *size)
    assert image.shape == (size[1], size[0], 4) and (image[..., 3] == 255).all()
    return tuple(int(value) for value in image[size[1] // 2, size[0] // 2, :3])


def test_the_first_by_name_is_shown_when_none_is_chosen(pictures: Path) -> None:
    assert _pixel(Backgrounds(wait=True), _options(pictures)) == (0, 0, 255)


def test_the_same_array_serves_every_frame(pictures: Path) -> None:
    backgrounds = Backgrounds(wait=True)
    options = _options(pictures, "b-green.png")
    first = backgrounds.get(options, 160, 90)
    assert all(backgrounds.get(dataclasses.replace(options, threshold=0.3), 160, 90) is first for _ in range(5))
    assert backgrounds.version == 1


def test_a_colour_is_obs_colour_order() -> None:
    options = dataclasses.replace(Options(), background_mode="color", color=0xFF112233)
    assert _pixel(Backgrounds(wait=True), options) == (0x11, 0x22, 0x33)


def test_a_new_picture_replaces_the_old_one_without_a_gap(pictures: Path) -> None:
    backgrounds = Backgrounds()
    _until(backgrounds, _options(pictures, "a-red.png"), (0, 0, 255))
    seen = _until(backgrounds, _options(pictures, "c-blue.png"), (255, 0, 0))
    assert seen <= {(0, 0, 255), (255, 0, 0)}


def _until(backgrounds: Backgrounds, options: Options, wanted: tuple[int, ...]) -> set[tuple[int, ...]]:
    seen = set()

    def came() -> bool:
        seen.add(pixel := _pixel(backgrounds, options))
        return pixel == wanted

    wait_for(came, 10, lambda: f"{wanted}; {backgrounds.problem}", 0.005)
    return seen


def test_a_missing_and_a_broken_picture_are_said_and_mended_by_themselves(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.05)
    backgrounds = Backgrounds()
    options = _options(pictures, "new.png")
    _until(backgrounds, options, NEUTRAL_BGR)
    _problem(backgrounds, options, "not in its folder")
    (pictures / "new.png").write_bytes(b"broken")
    _problem(backgrounds, options, "damaged")
    (pictures / "b-green.png").rename(pictures / "new.png")
    _until(backgrounds, options, (0, 255, 0))
    assert backgrounds.problem is None
    (pictures / "new.png").write_bytes(b"broken again")
    _problem(backgrounds, options, "damaged")


def _problem(backgrounds: Backgrounds, options: Options, text: str) -> None:
    def said() -> bool:
        backgrounds.get(options, 160, 90)
        return backgrounds.problem is not None and text in str(backgrounds.problem)

    wait_for(said, 10, lambda: f"{text!r}, got {backgrounds.problem}")


class DeadShare:
    """A folder on a network that does not answer: looking into it blocks until `answer`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._answers = threading.Event()
        self._real = reader.backgrounds_folder.choose

    def choose(self, folder: Path, current: str) -> str:
        if self.folder in (folder, *folder.parents):
            self._answers.wait(30)
        return self._real(folder, current)

    @property
    def stuck(self) -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "background"]

    def answer(self) -> None:
        stuck = self.stuck
        self._answers.set()
        for thread in stuck:
            thread.join(10)


@pytest.fixture
def dead_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DeadShare]:
    share = DeadShare(tmp_path / "share")
    monkeypatch.setattr(reader.backgrounds_folder, "choose", share.choose)
    monkeypatch.setattr(module, "SLOW_AFTER_S", 0.2)
    yield share
    share.answer()


def test_a_dead_share_is_said_and_holds_up_neither_pictures_nor_colours(pictures: Path, dead_share: DeadShare) -> None:
    backgrounds = Backgrounds()
    _until(backgrounds, _options(pictures, "a-red.png"), (0, 0, 255))
    assert _pixel(backgrounds, _options(dead_share.folder)) == (0, 0, 255), "the former picture goes on"
    assert backgrounds.problem is None
    _problem(backgrounds, _options(dead_share.folder), f"The folder {dead_share.folder} does not answer")
    _until(backgrounds, _options(pictures, "b-green.png"), (0, 255, 0))
    assert backgrounds.problem is None
    colour = dataclasses.replace(_options(dead_share.folder), background_mode="color", color=0xFF112233)
    assert _pixel(backgrounds, colour) == (0x11, 0x22, 0x33)


def test_loaders_that_never_come_back_are_few_and_their_late_results_are_dropped(
    pictures: Path, dead_share: DeadShare
) -> None:
    backgrounds = Backgrounds()
    for number in range(3 * reader.MAX_LOADERS):
        backgrounds.get(_options(dead_share.folder / str(number)), 160, 90)
    assert len(dead_share.stuck) == reader.MAX_LOADERS
    _problem(backgrounds, _options(dead_share.folder / "11"), "does not answer")
    colour = dataclasses.replace(_options(pictures), background_mode="color", color=0xFF112233)
    assert _pixel(backgrounds, colour) == (0x11, 0x22, 0x33)
    dead_share.answer()
    assert backgrounds.version == 1 and _pixel(backgrounds, colour) == (0x11, 0x22, 0x33)
    _until(backgrounds, _options(pictures, "c-blue.png"), (255, 0, 0))


def test_an_empty_folder_is_said_and_filled_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.05)
    backgrounds = Backgrounds()
    _problem(backgrounds, _options(tmp_path), "no pictures and no videos in the folder")
    cv2.imwrite(str(tmp_path / "first.png"), np.full((9, 16, 3), 77, np.uint8))
    _until(backgrounds, _options(tmp_path), (77, 77, 77))


def test_another_frame_size_is_laid_out_anew(pictures: Path) -> None:
    backgrounds = Backgrounds(wait=True)
    for size in ((160, 90), (90, 160), (641, 359)):
        assert _pixel(backgrounds, _options(pictures), size) == (0, 0, 255)


def _blurred(frame: np.ndarray, alpha: np.ndarray, strength: int, mirror: bool = False) -> np.ndarray:
    room = blurred_room(frame, alpha, strength, mirror, np.zeros((*frame.shape[:2], 4), np.uint8))
    assert (room[..., 3] == 255).all()
    return room[..., :3]


class TestBlurredRoom:
    frame = cv2.resize(np.random.default_rng(3).integers(0, 255, (45, 80, 3), np.uint8), (640, 360), None, 0, 0, 0)

    def test_more_strength_leaves_less_detail(self) -> None:
        alpha = np.zeros((144, 256), np.float32)
        fine = [float(_blurred(self.frame, alpha, strength).std()) for strength in range(101)]
        assert all(more >= less for more, less in zip(fine, fine[1:])), "not even where the scale of the work changes"
        tens = fine[::10]
        assert all(more > 1.02 * less for more, less in zip(tens, tens[1:])), tens

    def test_the_strength_is_the_width_of_the_blur(self) -> None:
        frame = np.zeros((720, 1280, 3), np.uint8)
        frame[:, 640:] = 255
        for strength in (10, 20, 40, 70, 100):
            edge = _blurred(frame, np.zeros((9, 16), np.float32), strength)[360, :, 0].astype(float)
            slope = np.diff(edge) / 255
            centre = (slope * np.arange(1279)).sum()
            sigma = np.sqrt((slope * (np.arange(1279) - centre) ** 2).sum())
            assert abs(sigma / (0.0006 * strength * 720) - 1) < 0.12, (strength, sigma)

    def test_zero_is_the_room_as_it_is(self) -> None:
        assert np.array_equal(_blurred(self.frame, np.zeros((9, 16), np.float32), 0), self.frame)

    @pytest.mark.parametrize("strength", [0, 40])
    def test_mirrored_is_the_same_turned(self, strength: int) -> None:
        alpha = np.zeros((144, 256), np.float32)
        alpha[:, :90] = 1
        turned = _blurred(self.frame, alpha, strength, mirror=True)
        assert np.abs(turned[:, ::-1].astype(int) - _blurred(self.frame, alpha, strength)).max() <= 1

    @pytest.mark.parametrize("strength", [10, 40, 100])
    def test_the_person_does_not_bleed_into_the_room(self, strength: int) -> None:
        frame = np.full((360, 640, 3), 20, np.uint8)
        frame[:, 200:440] = 250
        alpha = np.zeros((180, 320), np.float32)
        alpha[:, 98:222] = 1  # a matte a little wider than the person, as mattes are
        room = _blurred(frame, alpha, strength)
        assert room[:, :180].max() <= 24 and room[:, 460:].max() <= 24

    @pytest.mark.parametrize("shape", [(359, 641), (16, 16), (1080, 608)])
    def test_any_size_with_a_person_filling_it_is_finite(self, shape: tuple[int, int]) -> None:
        frame = np.full((*shape, 3), 100, np.uint8)
        room = _blurred(frame, np.ones((64, 64), np.float32), 60)
        assert room.shape == frame.shape and abs(int(room.max()) - 100) <= 2
