"""An OBS that speaks another language, on a desktop that writes numbers its way: all the same for us."""

import json
from pathlib import Path
from typing import Callable

import pytest

from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import SCRIPT, SOON_S, START_S, Obs
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


# Locale of OBS: the status when all is well, the label of `mirror`, an entry of `background_mode`.
SPOKEN = {
    "de-DE": ("Alles in Ordnung: 1280×720", "Spiegeln", "Unscharfer Raum"),
    "zh-CN": ("一切正常\uff1a1280×720", "镜像", "模糊的房间"),
    "ko-KR": ("All is well: 1280×720", "Mirror", "Blurred room"),  # a language that we do not have
}


@pytest.mark.parametrize("locale", SPOKEN)
def test_status_panel_and_lists_speak_obss_language_and_its_log_english(
    new_obs: Callable[..., Obs], pictures: Path, tmp_path: Path, locale: str
) -> None:
    status, label, entry = SPOKEN[locale]
    said = tmp_path / "panel.json"
    reader = Path(__file__).with_name("panel_reader.py")
    obs = new_obs(language=locale, scripts=[SCRIPT, reader]).start(PANEL_TEXTS=str(said))
    obs.add(camera="sample", backgrounds_folder=str(pictures))
    wait_for(lambda: said.exists() and status in json.loads(said.read_text())["status"][0], START_S, status)
    texts = json.loads(said.read_text())
    assert texts["mirror"][0] == label
    assert entry in [item["itemName"] for item in obs.items("background_mode")]
    assert [item["itemName"] for item in obs.items("background")] == list(COLOURS), "people's own names stay"
    obs.set(camera="/dev/video99")
    if locale != "ko-KR":
        wait_for(lambda: "/dev/video99" in json.loads(said.read_text())["status"][0], SOON_S, "the lost camera")
        assert "is not there" not in said.read_text(), "what the engine says is in OBS's language too"
    wait_for(
        lambda: any("/dev/video99 is not there" in line for line in obs.our_lines()), SOON_S, "the log, in English"
    )


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
