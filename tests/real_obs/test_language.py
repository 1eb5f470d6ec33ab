"""An OBS that speaks another language, on a desktop that writes numbers its way: all the same for us."""

from pathlib import Path
from typing import Callable

from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import SOON_S, START_S, Obs
from tests.waiting import wait_for

RED, GREEN, _ = COLOURS.values()
# Without that locale on the machine, programs fall back to C: then only OBS's own texts are German here.
GERMAN = {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"}


def test_a_german_obs_shows_the_source_its_lists_and_its_hotkeys(new_obs: Callable[..., Obs], pictures: Path) -> None:
    obs = new_obs(language="de-DE").start(**GERMAN)
    assert obs.display.window("Szenen"), "the title of OBS's window is German"
    obs.add(camera="sample", backgrounds_folder=str(pictures))
    wait_for(lambda: obs.shows(RED), START_S, "the first background")
    obs.hotkey("ai_background.next")
    wait_for(lambda: obs.shows(GREEN), SOON_S, "the next background")
    assert [item["itemName"] for item in obs.items("background")] == list(COLOURS)
    obs.request("OpenInputPropertiesDialog", inputName="Me")
    assert obs.display.window("Eigenschaften"), "the panel is open"


def test_numbers_survive_a_restart_of_an_obs_that_writes_a_decimal_comma(
    new_obs: Callable[..., Obs], pictures: Path
) -> None:
    obs = new_obs(language="de-DE").start(**GERMAN)
    obs.add(camera="sample", backgrounds_folder=str(pictures), threshold=0.3, background="2 green.png")
    wait_for(lambda: obs.shows(GREEN), START_S, "the chosen background")
    obs.stop()
    assert not obs.complaints()
    obs.start(**GERMAN)
    wait_for(lambda: obs.shows(GREEN), START_S, "the chosen background after the restart")
    assert obs.settings()["threshold"] == 0.3
    assert not [line for line in obs.our_lines() if "threshold" in line]
