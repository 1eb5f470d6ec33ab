"""OBS's list of sources: from version 32 on it paints a source red whose type no module owns. Ours is not red."""

from pathlib import Path
from typing import Callable

from tests.real_obs import config
from tests.real_obs.driver import SCRIPT, SOON_S, START_S, Obs
from tests.waiting import wait_for

MISSING_RGB = (204, 0, 0)  # OBS's SourceTree: "color: #CC0000"
OURS, LOST = "MWMWMWMW", "WMWMWMWM"  # wide letters: many pixels of their colour
ENOUGH = 20


def test_the_source_is_not_painted_as_one_whose_module_is_missing(new_obs: Callable[..., Obs], tmp_path: Path) -> None:
    obs = new_obs(waived="no_such_kind|WMWMWMWM")
    ours = {"name": OURS, "settings": {"camera": "sample", "background_mode": "color"}}
    lost = {"name": LOST, "id": "no_such_kind", "versioned_id": "no_such_kind"}
    config.write_collection(obs.config, "Test", [SCRIPT], [ours])
    config.write_collection(obs.config, "Lost", [SCRIPT], [ours, lost])
    obs.start()
    wait_for(lambda: obs.glimpse(OURS) is not None, START_S, "our picture")
    assert _red_pixels(obs, tmp_path) == 0
    obs.request("SetCurrentSceneCollection", sceneCollectionName="Lost")
    wait_for(lambda: obs.glimpse(OURS) is not None, START_S, "our picture in the other collection")
    version = obs.request("GetVersion")["obsVersion"]
    paints = int(version.partition(".")[0]) >= 32
    if paints:
        wait_for(lambda: _red_pixels(obs, tmp_path) > ENOUGH, SOON_S, "the lost source is red")
    print(f"OBS {version}: a source of no module is {'red' if paints else 'not painted'}, ours is not")
    assert _red_pixels(obs, tmp_path) > ENOUGH if paints else _red_pixels(obs, tmp_path) == 0


def _red_pixels(obs: Obs, folder: Path) -> int:
    import cv2
    import numpy

    obs.display.screenshot(folder / "screen.png")
    picture = cv2.imread(str(folder / "screen.png"))
    assert picture is not None
    return int((numpy.abs(picture[..., ::-1].astype(int) - MISSING_RGB).max(axis=2) <= 6).sum())
