"""What a person sees: the pixels of the source in real OBS, for each way to change them. One OBS for all."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import numpy
import pytest

from obs_bgremove.shared import installation
from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import SOON_S, START_S, Obs
from tests.waiting import wait_for

RED, GREEN, BLUE = COLOURS.values()
FACE = (slice(75, 85), slice(150, 170))  # of the sample portrait, which moves a little


@pytest.fixture(scope="module")
def obs(new_shared_obs: Callable[..., Obs], pictures: Path) -> Iterator[Obs]:
    obs = new_shared_obs().start()
    obs.add(camera="sample", backgrounds_folder=str(pictures))
    wait_for(lambda: obs.shows(RED), START_S, "the first background by name")
    wait_for(lambda: person_visible(obs.picture(), RED), START_S, "the person")
    return obs


@pytest.fixture(autouse=True)
def _same_start(obs: Obs, pictures: Path) -> None:
    for switch in ("removal_on", "privacy_off"):
        obs.hotkey(f"ai_background.{switch}")
    obs.set(camera="sample", background_mode="file", background="1 red.png", view="output", threshold=0.5, mirror=True)
    wait_for(lambda: obs.shows(RED) and person_visible(obs.picture(), RED), SOON_S, "the picture of the start")


def person_visible(picture: Any, colour: tuple[int, int, int]) -> bool:
    """Whether the middle of the face is something else than the background."""
    face = picture[FACE][..., :3].astype(int).reshape(-1, 3).mean(axis=0)
    return bool(numpy.abs(face - colour).max() > 40)


def test_the_source_is_in_the_list_of_kinds(obs: Obs) -> None:
    assert "ai_background" in obs.request("GetInputKindList")["inputKinds"]


def test_the_picture_is_as_large_as_the_camera_and_opaque(obs: Obs) -> None:
    picture = obs.picture(width=1280)
    assert picture.shape == (720, 1280, 4)
    assert (picture[..., 3] == 255).all()


def test_hotkeys_go_through_the_backgrounds_by_name_and_wrap(obs: Obs) -> None:
    for key, colour, name in (
        ("next", GREEN, "2 green.png"),
        ("next", BLUE, "10 blue.png"),
        ("next", RED, "1 red.png"),
        ("previous", BLUE, "10 blue.png"),
    ):
        obs.hotkey(f"ai_background.{key}")
        wait_for(lambda colour=colour: obs.shows(colour), SOON_S, f"{name} after {key}")
        assert obs.settings()["background"] == name


def test_the_random_hotkey_takes_another_one(obs: Obs) -> None:
    obs.hotkey("ai_background.random")
    wait_for(lambda: obs.shows(GREEN) or obs.shows(BLUE), SOON_S, "another background")


def test_every_hotkey_of_the_contract_is_there_and_learn_reaches_the_engine(obs: Obs) -> None:
    ours = {name for name in obs.request("GetHotkeyList")["hotkeys"] if name.startswith("ai_background.")}
    pairs = {f"ai_background.{what}_{state}" for what in ("removal", "privacy", "framing") for state in ("on", "off")}
    assert ours == pairs | {f"ai_background.{key}" for key in ("next", "previous", "random", "cut", "learn")}
    log = obs.home / "logs/Me.log"
    obs.hotkey("ai_background.learn")
    wait_for(lambda: "asked for: learn" in log.read_text(), SOON_S, "the engine has heard of it")
    obs.press("forget_background")  # the person is still there, and would be taken for the room
    wait_for(lambda: "asked for: forget" in log.read_text(), SOON_S, "the engine has heard of that, too")


def test_buttons_do_what_the_hotkeys_do(obs: Obs) -> None:
    obs.press("next_background")
    wait_for(lambda: obs.shows(GREEN), SOON_S, "the next background")
    obs.press("previous_background")
    wait_for(lambda: obs.shows(RED), SOON_S, "the previous background")


def test_transparent_has_straight_alpha(obs: Obs) -> None:
    obs.set(background_mode="transparent")
    wait_for(lambda: bool(obs.picture()[4, 4, 3] == 0), SOON_S, "alpha 0")
    wait_for(lambda: bool((obs.picture()[FACE][..., 3] == 255).all()), SOON_S, "the person")


def test_colour_mode_shows_that_colour(obs: Obs) -> None:
    obs.set(background_mode="color", color=0xFF332211)
    wait_for(lambda: obs.shows((0x11, 0x22, 0x33)), SOON_S, "the colour")


def test_blur_and_off_show_the_room(obs: Obs) -> None:
    pictures = {}
    for mode in ("blur", "off"):
        obs.set(background_mode=mode)
        wait_for(lambda: not obs.shows(RED, tolerance=40), SOON_S, mode)
        time.sleep(1)  # the picture of the change itself is over
        pictures[mode] = obs.picture(width=1280)[..., :3].astype(float)
    detail = {mode: numpy.abs(numpy.diff(picture, axis=1)).mean() for mode, picture in pictures.items()}
    assert detail["blur"] < detail["off"]


def test_mask_view_is_grey_white_on_the_person(obs: Obs) -> None:
    obs.set(view="mask")
    picture = wait_for(lambda: got if (got := obs.picture())[4, 4, 0] < 20 else None, SOON_S, "a black corner")[..., :3]
    assert (picture.max(axis=2) == picture.min(axis=2)).all()
    assert picture[FACE].mean() > 240


def test_threshold_changes_the_area_the_right_way(obs: Obs) -> None:
    obs.set(camera=str(installation.assets_dir() / installation.SAMPLE_PICTURE))  # the portrait, not moving

    def area(threshold: float) -> float:
        obs.set(view="mask", threshold=threshold)
        wait_for(lambda: bool(obs.picture()[4, 4, 0] < 20), SOON_S, "the mask")
        time.sleep(1.5)  # the threshold has arrived and the smoothing over time has settled
        return float(numpy.mean([(obs.picture()[..., 0] > 127).mean() for _ in range(8)]))

    assert area(0.05) > area(0.95) + 0.002


def test_privacy_hides_the_person_and_comes_back(obs: Obs) -> None:
    obs.hotkey("ai_background.privacy_on")
    wait_for(lambda: not person_visible(obs.picture(), RED), SOON_S, "the background alone")
    assert (numpy.abs(obs.picture()[..., :3].astype(int) - RED).max()) <= 4
    obs.hotkey("ai_background.privacy_off")
    wait_for(lambda: person_visible(obs.picture(), RED), SOON_S, "the person")


def test_removal_off_shows_the_camera_and_on_takes_it_away(obs: Obs) -> None:
    obs.hotkey("ai_background.removal_off")
    wait_for(lambda: not obs.shows(RED, tolerance=40), SOON_S, "the camera")
    obs.hotkey("ai_background.removal_on")
    wait_for(lambda: obs.shows(RED), SOON_S, "the background")


def test_the_person_is_where_the_true_alpha_says(obs: Obs, clip: Path) -> None:
    import cv2

    from tests.fakes import videos

    obs.set(camera=str(clip), mirror=False)
    wait_for(lambda: _person_of(obs.picture()), SOON_S, "the person of the clip")
    mattes = [
        cv2.resize(alpha[..., 0], (320, 180), interpolation=cv2.INTER_AREA) > 127
        for alpha in videos.read(videos.alpha_of(clip))
    ]
    person = numpy.stack([time.sleep(0.3) or _person_of(obs.picture()) for _ in range(5)])
    overlaps = [
        max((mask & matte).sum() / (mask | matte).sum() for matte in mattes) for mask in person
    ]  # the clip plays on: the frame that was caught is the one that fits best
    print("IoU with the true alpha:", [round(float(overlap), 3) for overlap in overlaps])
    assert numpy.median(overlaps) > 0.9


def _person_of(picture: Any) -> Any:
    """(180, 320) bool: where the picture is not the red background. None until somebody is there."""
    mask = numpy.abs(picture[..., :3].astype(int) - RED).max(axis=2) > 60
    return mask if 0.02 < mask.mean() < 0.9 else None


def test_the_panel_lists_pictures_and_cameras_by_name(obs: Obs) -> None:
    assert [item["itemName"] for item in obs.items("background")] == list(COLOURS)
    assert "Sample portrait" in [item["itemName"] for item in obs.items("camera")]


def test_a_saved_but_absent_picture_stays_in_the_list_disabled(obs: Obs) -> None:
    obs.set(background="gone.png")
    entry = obs.items("background")[-1]
    assert entry == {"itemName": "gone.png (missing)", "itemValue": "gone.png", "itemEnabled": False}


def test_a_saved_but_absent_camera_stays_in_the_list_disabled(obs: Obs) -> None:
    obs.set(camera="/dev/v4l/by-id/gone")
    wait_for(lambda: "gone (not connected)" in json.dumps(obs.items("camera")), SOON_S, "the absent camera")
    [entry] = [item for item in obs.items("camera") if "gone" in item["itemName"]]
    assert not entry["itemEnabled"]
    obs.set(camera="sample")
