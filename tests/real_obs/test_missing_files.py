"""A background that was moved away is offered in OBS's own Missing Files dialog, and found again there by mouse."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

from tests.real_obs import config
from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import SCRIPT, START_S, Obs
from tests.waiting import wait_for

# Where the second row of the table may be, from the window's top: it depends on OBS's theme.
ROWS = (113, 125, 138, 100)


def dialog(obs: Obs, folder: Path) -> Any:
    """The pixels of the dialog without the picture of the source, which moves."""
    from PIL import Image

    _, x, y, width, height = obs.display.window("Missing Files")
    obs.display.screenshot(folder / "screen.png")
    return numpy.asarray(Image.open(folder / "screen.png").convert("L"))[y : y + height, x : x + width].astype(int)


def test_a_background_is_listed_when_it_is_gone_and_relocated_in_the_dialog(
    new_obs: Callable[..., Obs], pictures: Path, tmp_path: Path
) -> None:
    obs = new_obs()
    settings = {"camera": "sample", "backgrounds_folder": str(tmp_path / "away"), "background": "10 blue.png"}
    config.write_collection(obs.config, "Test", [SCRIPT], [{"name": "Me", "settings": settings}])
    obs.start()
    _, x, y, width, height = obs.display.window("Missing Files")
    time.sleep(2)
    before = dialog(obs, tmp_path)
    for row in ROWS:
        for _ in range(2):  # the first click selects, the second edits
            obs.display.click(x + round(0.7 * width), y + row)
            time.sleep(0.5)
        obs.display.xdotool("type", "--delay", "20", pictures / "10 blue.png")
        obs.display.xdotool("key", "Return")
        time.sleep(1)
        if (numpy.abs(dialog(obs, tmp_path) - before) > 20).sum() > 200:
            break
    obs.display.click(x + width - 129, y + height - 31)  # Apply
    wait_for(lambda: obs.settings()["backgrounds_folder"] == str(pictures), START_S, "the folder it was found in")
    assert obs.settings()["background"] == "10 blue.png"
    wait_for(lambda: obs.shows(COLOURS["10 blue.png"]), START_S, "the background")
    obs.stop()
    [stored] = [source["settings"] for source in obs.collection()["sources"] if source["name"] == "Me"]
    assert stored["backgrounds_folder"] == str(pictures)
