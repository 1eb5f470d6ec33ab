"""What a person reads and sees in the panel of real OBS: the status, and the gallery of pictures beside the list."""

import json
import re
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import SCRIPT, SOON_S, START_S, Obs
from tests.waiting import wait_for


def test_status_and_gallery_are_there_and_follow_what_is_chosen(
    new_obs: Callable[..., Obs], pictures: Path, tmp_path: Path
) -> None:
    said = tmp_path / "panel.json"
    reader = Path(__file__).with_name("panel_reader.py")
    obs = new_obs(scripts=[SCRIPT, reader]).start(PANEL_TEXTS=str(said))
    obs.add(camera="sample", backgrounds_folder=str(pictures), background="2 green.png")

    def text(name: str) -> Any:
        return json.loads(said.read_text())[name][0] if said.exists() else ""

    well = r"All is well: 1280×720, \d+ frames a second\. The sample portrait plays: choose your camera below\."
    wait_for(lambda: re.search(well, text("status")), START_S, "the status")
    assert "ms of work on one" in text("figures") and "Last problem: " in text("figures")
    wait_for(lambda: text("gallery").count("<img") == 3, SOON_S, "the gallery")
    shown = [Path(urllib.parse.unquote(path)) for path in re.findall(r'src="file://([^"]+)"', text("gallery"))]
    with_mark = re.findall(r'<td( bgcolor="[^"]+")? ', text("gallery"))
    assert [bool(mark) for mark in with_mark] == [False, True, False], "the chosen one is marked"
    for path, colour in zip(shown, COLOURS.values()):
        middle = Image.open(path).convert("RGB").resize((1, 1)).getpixel((0, 0))
        assert isinstance(middle, tuple) and all(abs(a - b) < 12 for a, b in zip(middle, colour)), path
    obs.hotkey("ai_background.next")
    wait_for(
        lambda: re.findall(r'<td( bgcolor="[^"]+")? ', text("gallery"))[2], SOON_S, "the mark on the next background"
    )
    obs.set(camera="/dev/video99")
    wait_for(lambda: "/dev/video99" in text("status"), SOON_S, "the lost camera")
    assert "/dev/video99" in text("figures"), "it is remembered there"
