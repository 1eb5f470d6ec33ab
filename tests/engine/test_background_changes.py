"""From one background to the next: crossfade, slideshow, fit, and a folder that hangs."""

import dataclasses
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.engine import background as module
from obs_bgremove.engine.arrays import Image
from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.backgrounds import reader
from obs_bgremove.engine.backgrounds.layers import NEUTRAL_BGR
from obs_bgremove.engine.backgrounds.layout import BAR_BRIGHTNESS, lay_out
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.shared.options import Options
from tests.fakes.exact_videos import write_video

SIZE = (160, 90)
MS = 1_000_000
ROOM_BGR = (203, 7, 251)
RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)


def _colour(color: int, **more: object) -> Options:
    return dataclasses.replace(Options(), background_mode="color", color=color, **more)


def _picture(folder: Path, name: str, **more: object) -> Options:
    return dataclasses.replace(Options(), backgrounds_folder=str(folder), background=name, **more)


def _room() -> Image:
    return np.full((90, 160, 4), (*ROOM_BGR, 255), np.uint8)


class Shown:
    """Backgrounds under a camera whose frames come 10 ms apart."""

    def __init__(self, wait: bool = True) -> None:
        self.backgrounds = Backgrounds(wait=wait)
        self.now_ns = 1_000_000_000

    def frame(self, options: Options, room: object = _room, step_ms: int = 10) -> tuple[int, ...]:
        """The middle of the next frame's background."""
        self.now_ns += step_ms * MS
        image = self.backgrounds.get(options, *SIZE, self.now_ns, room)  # type: ignore[arg-type]
        assert image.shape == (90, 160, 4) and (image[..., 3] == 255).all()
        return tuple(int(value) for value in image[45, 80, :3])


@pytest.fixture
def shown() -> Iterator[Shown]:
    made = Shown()
    yield made
    made.backgrounds.close()


def _between(start: tuple[int, ...], end: tuple[int, ...], share: float) -> np.ndarray:
    return np.array(start) + (np.array(end) - np.array(start)) * share


def _sources(pictures: Path) -> dict[str, tuple[Options, tuple[int, ...]]]:
    video = write_video(pictures / "d.mkv", [np.full((90, 160, 3), (20, 130, 60), np.uint8)] * 3)
    return {
        "picture": (_picture(pictures, "a-red.png"), RED),
        "video": (_picture(pictures, video.name), (20, 130, 60)),
        "colour": (_colour(0xFF112233), (0x11, 0x22, 0x33)),
        "blur": (dataclasses.replace(Options(), background_mode="blur"), ROOM_BGR),
    }


@pytest.mark.parametrize("after", ["picture", "video", "colour", "blur"])
@pytest.mark.parametrize("before", ["picture", "video", "colour", "blur"])
def test_any_background_melts_into_any_other(shown: Shown, pictures: Path, before: str, after: str) -> None:
    first, start = _sources(pictures)[before]
    second, end = _sources(pictures)[after]
    for _ in range(3):
        assert shown.frame(first) == start
    seen = [shown.frame(second) for _ in range(28)]
    for number, pixel in enumerate(seen):
        wanted = _between(start, end, min(1.0, number * 10 / 250))
        assert np.abs(np.array(pixel) - wanted).max() <= 1, (number, pixel)


def test_the_crossfade_is_as_long_as_it_is_set_and_zero_is_none(shown: Shown) -> None:
    shown.frame(_colour(0xFF000000))
    assert shown.frame(_colour(0xFFFFFFFF, crossfade_ms=0)) == (255, 255, 255)
    black = _colour(0xFF000000, crossfade_ms=2000)
    values = [shown.frame(black, step_ms=100)[0] for _ in range(22)]
    assert [round(255 - 255 * n / 20) for n in range(20)] == pytest.approx(values[:20], abs=1) and values[20:] == [0, 0]


def test_a_change_in_the_middle_of_a_change_goes_on_from_what_is_seen(shown: Shown) -> None:
    black, white, blue = (_colour(color, crossfade_ms=100) for color in (0xFF000000, 0xFFFFFFFF, 0xFFFF0000))
    shown.frame(black)
    half = [shown.frame(white) for _ in range(6)][-1]
    assert half == pytest.approx((127, 127, 127), abs=1)
    seen = [shown.frame(blue) for _ in range(12)]
    assert seen[0] == half and seen[-1] == (255, 0, 0)
    assert seen[5] == pytest.approx(tuple(_between(half, (255, 0, 0), 0.5)), abs=2)
    steps = np.abs(np.diff(np.array([half, *seen], int), axis=0)).max(axis=1)
    assert steps.max() <= 15, "nowhere a jump"


def test_a_video_goes_on_while_it_fades(shown: Shown, tmp_path: Path) -> None:
    video = write_video(tmp_path / "v.mkv", [np.full((90, 160, 3), level, np.uint8) for level in (0, 200)] * 4)
    shown.frame(_picture(tmp_path, video.name))
    black = _colour(0xFF000000, crossfade_ms=2000)
    seen = [shown.frame(black, step_ms=100)[0] for _ in range(8)]
    assert seen[0] > 190 and seen[1] == 0 and 150 < seen[2] < 190, "brighter and darker, ever less"


def test_a_cut_is_for_one_change_and_ends_the_one_under_way(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    red, blue = _colour(0xFF0000FF, crossfade_ms=200), _colour(0xFFFF0000, crossfade_ms=200)
    assert shown.frame(red) == RED
    shown.backgrounds.cut()
    assert shown.frame(blue) == BLUE
    shown.frame(red)
    assert shown.frame(red) not in (RED, BLUE), "the one after it fades again"
    shown.backgrounds.cut()
    assert shown.frame(red) == RED
    for _ in range(30):
        shown.frame(red)
    monkeypatch.setattr(module, "CUT_WITHIN_S", 0.0)
    shown.backgrounds.cut()
    shown.frame(blue)
    assert shown.frame(blue) not in (RED, BLUE), "a wish to cut that found nothing to cut to is forgotten"


def test_transparent_and_off_switch_at_once(shown: Shown) -> None:
    shown.frame(_colour(0xFF000000))
    shown.backgrounds.rest()
    assert shown.frame(_colour(0xFFFFFFFF)) == (255, 255, 255)


def test_what_was_hidden_does_not_fade_when_it_comes_back(shown: Shown) -> None:
    live = Shown(wait=False)
    live.frame(_colour(0xFF000000))
    assert live.frame(_colour(0xFFFFFFFF), step_ms=5000) == (255, 255, 255)


def test_what_is_not_seen_now_shows_the_end_of_the_change(shown: Shown) -> None:
    shown.frame(_colour(0xFF000000))
    assert tuple(shown.backgrounds.get(_colour(0xFFFFFFFF), *SIZE)[0, 0, :3]) == (255, 255, 255)
    assert shown.frame(_colour(0xFFFFFFFF)) == (0, 0, 0), "and the change itself is still to come"


def test_another_size_switches_at_once(shown: Shown) -> None:
    shown.frame(_colour(0xFF000000))
    image = shown.backgrounds.get(_colour(0xFFFFFFFF), 90, 160, shown.now_ns + MS)
    assert image.shape == (160, 90, 4) and (image == 255).all()


def test_a_fade_costs_only_while_it_lasts(shown: Shown, pictures: Path) -> None:
    shown.frame(_picture(pictures, "a-red.png"))
    blue = _picture(pictures, "c-blue.png")
    images = [shown.backgrounds.get(blue, *SIZE, shown.now_ns + n * 10 * MS) for n in range(1, 40)]
    assert len({id(image) for image in images[3:20]}) > 1, "each frame of a fade is another picture"
    assert len({id(image) for image in images[30:]}) == 1 and shown.backgrounds.pace_s is None


@pytest.mark.parametrize("moment", range(0, 26, 5))
def test_where_the_room_may_not_be_shown_a_fade_from_or_to_it_shows_nothing_of_it(
    shown: Shown, pictures: Path, moment: int
) -> None:
    blur = dataclasses.replace(Options(), background_mode="blur")
    grey_to_red = {tuple(np.rint(_between(NEUTRAL_BGR, RED, share)).astype(int)) for share in np.linspace(0, 1, 26)}
    shown.frame(blur)
    shown.frame(_picture(pictures, "a-red.png"))
    for _ in range(moment):
        shown.frame(_picture(pictures, "a-red.png"))
    pixel = shown.frame(_picture(pictures, "a-red.png"), room=None)
    assert any(np.abs(np.array(pixel) - wanted).max() <= 1 for wanted in grey_to_red)
    assert shown.frame(blur, room=None)[1] <= 40
    # What is frozen in the middle of a change holds some of the room: it is not shown either.
    shown.frame(blur), shown.frame(blur)
    shown.frame(_picture(pictures, "a-red.png"))
    for _ in range(3):
        pixel = shown.frame(_picture(pictures, "a-red.png"), room=None)
        assert any(np.abs(np.array(pixel) - wanted).max() <= 1 for wanted in grey_to_red)


# Fit.


def _marked() -> Image:
    """200x100: red left half, blue right half, a white column in the middle."""
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[:, :100], picture[:, 100:] = RED, BLUE
    picture[:, 98:102] = 255
    return picture


def test_cover_fills_and_cuts_evenly() -> None:
    out = lay_out(_marked(), "cover", 90, 90)
    assert out.shape == (90, 90, 3) and tuple(out[45, 2]) == RED and tuple(out[45, 87]) == BLUE
    assert out[45, 45].min() > 200


def test_contain_shows_the_whole_between_bars_of_its_own_blurred_colours() -> None:
    out = lay_out(_marked(), "contain", 160, 160)
    assert tuple(out[45, 1]) == RED and tuple(out[115, 158]) == BLUE and out[80, 80].min() > 200
    assert tuple(out[39, 5]) != RED, "the bar begins above row 40"
    bar = out[10, 5].astype(int)
    assert abs(bar[2] - 255 * BAR_BRIGHTNESS) < 6 and bar[:2].max() < 6
    assert out[10, 155, 0] > 120 and out[10, 155, 2] < 6


def test_stretch_shows_the_whole_pulled_to_the_frame() -> None:
    out = lay_out(_marked(), "stretch", 90, 300)
    assert tuple(out[2, 2]) == RED and tuple(out[297, 87]) == BLUE and out[150, 45].min() > 150


def test_tile_repeats_it_at_its_own_size_with_one_in_the_middle() -> None:
    out = lay_out(_marked(), "tile", 500, 250)
    assert np.array_equal(out[75:175, 150:350], _marked())
    assert np.array_equal(out[75:175, 350:500], _marked()[:, :150])
    assert np.array_equal(out[175:250, 150:350], _marked()[:75])
    small = lay_out(_marked(), "tile", 50, 40)
    assert np.array_equal(small, _marked()[30:70, 75:125]), "a larger one shows its middle"


@pytest.mark.parametrize("fit", ["cover", "contain", "stretch", "tile"])
@pytest.mark.parametrize("size", [(1, 1), (3000, 10), (161, 91), (90, 160)])
@pytest.mark.parametrize("channels", [3, 4])
def test_any_fit_gives_any_size_whole_and_contiguous(fit: str, size: tuple[int, int], channels: int) -> None:
    picture = np.full((37, 53, channels), 255, np.uint8)
    out = lay_out(picture, fit, *size)
    assert out.shape == (size[1], size[0], channels) and out.flags.c_contiguous
    assert channels == 3 or (out[..., 3] == 255).all()


def test_the_setting_fit_changes_the_picture_and_is_live(shown: Shown, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "p.png"), _marked())
    image = {}
    for fit in ("cover", "contain", "stretch", "tile"):
        options = _picture(tmp_path, "p.png", fit=fit, crossfade_ms=0)
        image[fit] = shown.backgrounds.get(options, *SIZE).copy()
        assert np.array_equal(image[fit][..., :3], lay_out(read_picture(tmp_path / "p.png"), fit, *SIZE))
    assert len({picture.tobytes() for picture in image.values()}) == 4


# Slideshow.


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    folder = tmp_path / "slides"
    folder.mkdir()
    for number in range(1, 7):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((9, 16, 3), 10 * number, np.uint8))
    return folder


def _shows(shown: Shown, options: Options, count: int) -> list[int]:
    """What stands there in the middle of each second."""
    seen = []
    for _ in range(count):
        shown.frame(options, step_ms=500)
        seen.append(shown.frame(options, step_ms=500)[0] // 10)
    return seen


def test_a_slideshow_goes_through_the_folder_from_the_one_chosen_on_and_round(shown: Shown, slides: Path) -> None:
    options = _picture(slides, "3.png", slideshow_s=2, crossfade_ms=0)
    seen = _shows(shown, options, 16)
    order = [level for before, level in zip([0, *seen], seen) if level != before]
    assert order == [3, 4, 5, 6, 1, 2, 3, 4][: len(order)] and len(order) >= 7
    assert all(seen.count(level) >= 2 for level in (4, 5, 6))


def test_a_random_slideshow_repeats_none_before_all_were_shown_and_is_the_same_each_time(slides: Path) -> None:
    runs = []
    for _ in range(2):
        seen = _shows(Shown(), _picture(slides, "3.png", slideshow_s=1, shuffle=True, crossfade_ms=0), 40)
        runs.append([level for before, level in zip([0, *seen], seen) if level != before])
    assert runs[0] == runs[1] and runs[0][0] == 3
    assert len(runs[0]) >= 24
    for begin in range(0, 24, 6):
        assert sorted(runs[0][begin : begin + 6]) == [1, 2, 3, 4, 5, 6], runs[0]
    assert runs[0][:6] != [3, 4, 5, 6, 1, 2]


def test_a_choice_restarts_the_slideshow_there_and_nought_stays(shown: Shown, slides: Path) -> None:
    first = _shows(shown, _picture(slides, "1.png", slideshow_s=1, crossfade_ms=0), 4)
    assert first[0] == 1 and first[-1] > 2
    assert _shows(shown, _picture(slides, "5.png", slideshow_s=1, crossfade_ms=0), 3)[:2] == [5, 6]
    assert set(_shows(shown, _picture(slides, "5.png", slideshow_s=0, crossfade_ms=0), 4)) == {5}


def test_what_is_on_show_is_known_and_a_restart_shows_the_chosen_one(shown: Shown, slides: Path) -> None:
    options = _picture(slides, "3.png", slideshow_s=1, crossfade_ms=0)
    for level in _shows(shown, options, 4):
        assert level > 2
    assert shown.backgrounds.shown in ("5.png", "6.png")
    shown.backgrounds.restart_slideshow()
    assert _shows(shown, options, 3)[:2] == [3, 4]
    assert shown.backgrounds.shown in ("4.png", "5.png")


def test_slides_melt_into_each_other(shown: Shown, slides: Path) -> None:
    options = _picture(slides, "1.png", slideshow_s=1, crossfade_ms=400)
    seen = [shown.frame(options, step_ms=100)[0] for _ in range(18)]
    assert seen[0] == 10 and seen[-1] == 20 and {12, 15, 18} <= {*seen, *(value + 1 for value in seen)}


def test_a_broken_slide_is_said_and_left_out_and_new_pictures_join_in(shown: Shown, slides: Path) -> None:
    (slides / "2.png").write_bytes(b"broken")
    options = _picture(slides, "1.png", slideshow_s=1, crossfade_ms=0)
    problems, seen = set(), []
    for _ in range(10):
        seen += _shows(shown, options, 1)
        problems.add(str(shown.backgrounds.problem))
    assert 3 in seen and NEUTRAL_BGR[0] // 10 in seen and any("2.png" in problem for problem in problems)
    assert seen.index(3) > 1 and seen[0] == seen[1] == 1, "the one before stays for another turn"
    cv2.imwrite(str(slides / "7.png"), np.full((9, 16, 3), 70, np.uint8))
    assert 7 in _shows(shown, options, 14)


def test_hidden_the_slideshow_waits(slides: Path) -> None:
    live = Shown(wait=False)
    options = _picture(slides, "1.png", slideshow_s=1, crossfade_ms=0)
    for _ in range(5):
        live.frame(options, step_ms=100)
        time.sleep(0.02)
    for _ in range(4):
        assert live.frame(options, step_ms=60_000) == (10, 10, 10)


# Folders that hang.


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reading a picture whose name begins with `hang` does not come back until this is set."""
    freed = threading.Event()
    real = reader.read_picture

    def read(path: Path) -> Image:
        if path.name.startswith("hang"):
            freed.wait(30)
        return real(path)

    monkeypatch.setattr(reader, "read_picture", read)
    yield freed
    freed.set()


def _until(backgrounds: Backgrounds, options: Options, wanted: tuple[int, ...]) -> None:
    end = time.monotonic() + 10
    while tuple(backgrounds.get(options, *SIZE)[45, 80, :3]) != wanted:
        assert time.monotonic() < end, f"{wanted} never came"
        time.sleep(0.005)


def test_a_file_that_hangs_holds_up_no_other_background_and_is_spoken_of(
    pictures: Path, hanging: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOW_AFTER_S", 0.1)
    (pictures / "hang.png").write_bytes((pictures / "b-green.png").read_bytes())
    backgrounds, stuck = Backgrounds(), _picture(pictures, "hang.png")
    _until(backgrounds, _picture(pictures, "a-red.png"), RED)
    backgrounds.get(stuck, *SIZE)
    assert backgrounds.problem is None
    time.sleep(0.15)
    assert tuple(backgrounds.get(stuck, *SIZE)[45, 80, :3]) == RED, "the old one stays"
    assert f"The folder {pictures} does not answer" in str(backgrounds.problem)
    _until(backgrounds, _picture(pictures, "c-blue.png"), BLUE)
    assert backgrounds.problem is None
    assert tuple(backgrounds.get(_colour(0xFF010203), *SIZE)[0, 0, :3]) == (1, 2, 3)
    backgrounds.get(stuck, *SIZE)
    hanging.set()
    _until(backgrounds, stuck, GREEN)
    assert backgrounds.problem is None


def test_what_comes_too_late_is_thrown_away(pictures: Path, hanging: threading.Event) -> None:
    (pictures / "hang.png").write_bytes((pictures / "b-green.png").read_bytes())
    backgrounds = Backgrounds()
    backgrounds.get(_picture(pictures, "hang.png"), *SIZE)
    _until(backgrounds, _picture(pictures, "c-blue.png"), BLUE)
    hanging.set()
    time.sleep(0.2)
    assert tuple(backgrounds.get(_picture(pictures, "c-blue.png"), *SIZE)[45, 80, :3]) == BLUE


def test_going_through_a_hanging_folder_piles_up_a_bounded_number_of_threads(
    pictures: Path, hanging: threading.Event
) -> None:
    before = threading.active_count()
    backgrounds = Backgrounds()
    for number in range(60):
        (pictures / f"hang{number}.png").write_bytes(b"")
        backgrounds.get(_picture(pictures, f"hang{number}.png"), *SIZE)
    assert threading.active_count() <= before + reader.MAX_LOADERS
    hanging.set()
    _until(backgrounds, _picture(pictures, "c-blue.png"), BLUE)
