"""The properties window of real OBS, worked by mouse: what is being edited survives what happens meanwhile."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import numpy
import pytest

from tests.real_obs.driver import SOON_S, START_S, Obs, wait_for

WIDTH, HEIGHT = 760, 700


@pytest.fixture(scope="module")
def obs(new_shared_obs: Callable[..., Obs], pictures: Path) -> Iterator[Obs]:
    obs = new_shared_obs().start()
    obs.add(camera="sample", backgrounds_folder=str(pictures), background_mode="blur", blur=20)
    wait_for(lambda: any("all is well" in line for line in obs.our_lines()), START_S, "the person")
    obs.open_panel(width=WIDTH, height=HEIGHT)
    time.sleep(4)  # the preview, and the rebuild that "all is well" may have brought
    yield obs
    obs.display.click(WIDTH // 2, 60)  # the preview: a list that is still open takes this click, and closes
    time.sleep(0.5)
    obs.display.click(WIDTH - 180, HEIGHT - 30)  # OK: with changes that are not confirmed, OBS asks before it exits
    time.sleep(1)


def screen(obs: Obs, folder: Path) -> Any:
    """(H, W, 3) of the properties window, which is at the screen's corner."""
    from PIL import Image

    obs.display.screenshot(folder / "screen.png")
    return numpy.asarray(Image.open(folder / "screen.png").convert("RGB"))[:HEIGHT, :WIDTH].astype(int)


def slider(obs: Obs, folder: Path) -> tuple[int, int]:
    """Where the handle of the one slider is: at the end of the longest blue line below the preview."""
    picture = screen(obs, folder)
    blue = (picture[..., 2] > picture[..., 0] + 100) & (picture[..., 2] > 150)
    blue[: HEIGHT // 2] = False
    y = int(blue.sum(axis=1).argmax())
    assert blue[y].sum() > 20, "no slider to be seen"
    return int(numpy.flatnonzero(blue[y]).max()) + 6, y


def test_a_slider_that_is_dragged_survives_news(obs: Obs, tmp_path: Path) -> None:
    x, y = slider(obs, tmp_path)
    before = obs.settings().get("blur")
    obs.display.xdotool("mousemove", x, y, "mousedown", 1)
    for step in range(1, 21):
        obs.display.xdotool("mousemove", x + 12 * step, y)
        if step == 6:
            obs.hotkey("ai_background.privacy_on")  # the panel has something to say now
        time.sleep(0.3)
    middle = obs.settings()["blur"]
    obs.display.xdotool("mousemove", x + 260, y)
    time.sleep(0.3)
    last = obs.settings()["blur"]
    obs.display.xdotool("mouseup", 1)
    obs.hotkey("ai_background.privacy_off")
    assert before < middle < last, "it followed the mouse to the end"
    time.sleep(5)


def test_a_list_that_is_open_survives_new_figures(obs: Obs, tmp_path: Path) -> None:
    x, y = slider(obs, tmp_path)
    closed = screen(obs, tmp_path)
    obs.display.xdotool("mousemove", x, y - 40)  # the row above: the kind of background
    time.sleep(0.3)
    obs.display.xdotool("mousedown", 1)  # held: without a window manager, letting go closes the list

    def changes() -> Any:
        changed = numpy.abs(screen(obs, tmp_path) - closed).max(axis=2) > 20
        changed[: HEIGHT // 2] = False  # the preview
        return changed if changed.sum() > 3000 else None

    wait_for(lambda: changes() is not None, SOON_S, "the list is open")
    time.sleep(1)  # and drawn
    opened, changed = screen(obs, tmp_path), changes()
    time.sleep(5)  # five times new figures
    now = screen(obs, tmp_path)
    assert (numpy.abs(now - opened).max(axis=2)[changed] > 20).mean() < 0.02, "it is still open"
    obs.display.xdotool("mouseup", 1)
    time.sleep(1)
