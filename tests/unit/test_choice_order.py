"""A key for the next background and a choice in the panel, within a moment: the later one wins."""

from pathlib import Path
from typing import Any, Callable

import pytest

from obs_bgremove.obs import plugin
from tests.fakes.fake_libobs import FakeLibobs
from tests.waiting import wait_for


class Held:
    """A source whose worker does nothing between `hold` and `go_on`: whatever comes meanwhile waits in its inbox."""

    def __init__(self, lib: FakeLibobs, load: Callable[..., plugin.Plugin], folder: Path) -> None:
        import threading

        for name in ("1.png", "2.png", "3.png", "4.png", "5.png"):
            (folder / name).touch()
        self.lib, self._event = lib, threading.Event()
        loaded = load()
        self.id = lib.add_source(camera="sample", backgrounds_folder=str(folder), background="1.png")
        [self.source] = loaded._sources.values()
        self.settle()

    def settle(self) -> None:
        done: list[int] = []
        self.source.do(lambda: done.append(1))
        wait_for(lambda: done)

    def hold(self) -> None:
        import threading

        held, self._event = threading.Event(), threading.Event()
        self.source.do(lambda event=self._event: held.set() or (event.wait(20) and None))
        assert held.wait(20)

    def go_on(self) -> str:
        """The background in the end."""
        self._event.set()
        self.settle()
        return str(self.lib.settings(self.id)["background"])

    def press(self, action: str = "next") -> None:
        self.lib.press_hotkey(f"ai_background.{action}")

    def choose(self, name: str) -> None:
        self.lib.set(self.id, background=name)


@pytest.fixture
def held(lib: FakeLibobs, load: Callable[..., plugin.Plugin], tmp_path: Path) -> Any:
    return Held(lib, load, tmp_path)


@pytest.mark.parametrize("action", ["next", "previous", "random"])
def test_a_choice_after_the_press_wins(held: Held, action: str) -> None:
    held.hold()
    held.press(action)
    held.choose("4.png")
    assert held.go_on() == "4.png"


def test_a_press_after_the_choice_steps_from_there(held: Held) -> None:
    held.hold()
    held.choose("4.png")
    held.press()
    assert held.go_on() == "5.png"


def test_a_press_before_and_one_after_the_choice_make_one_step_from_there(held: Held) -> None:
    held.hold()
    held.press()
    held.choose("3.png")
    held.press()
    assert held.go_on() == "4.png"


def test_presses_one_right_after_the_other_all_count(held: Held) -> None:
    held.hold()
    for _ in range(3):
        held.press()
    assert held.go_on() == "4.png"


def test_several_presses_give_way_to_a_later_choice(held: Held) -> None:
    held.hold()
    held.press()
    held.press()
    held.choose("5.png")
    assert held.go_on() == "5.png"


def test_a_choice_of_what_a_press_wrote_long_ago_is_a_choice(held: Held) -> None:
    held.press()
    held.settle()
    held.choose("5.png")
    held.settle()
    held.hold()
    held.press()
    held.choose("2.png")  # the name that the first press wrote
    assert held.go_on() == "2.png"


def test_the_button_of_the_panel_gives_way_as_well(held: Held) -> None:
    shown = held.lib.panel(held.id)
    held.hold()
    held.lib.press_button(shown, "next_background")
    held.choose("4.png")
    assert held.go_on() == "4.png"


def test_opening_the_panel_is_no_choice(lib: FakeLibobs, load: Callable[..., plugin.Plugin], tmp_path: Path) -> None:
    held = Held(lib, load, tmp_path)
    del lib.objects[lib.objects[held.id]["settings"]]["user"]["background"]  # none chosen: the first by name
    held.settle()
    held.hold()
    held.press()
    lib.panel(held.id)  # sets the first one as the default
    assert held.go_on() == "2.png"


def test_a_choice_of_the_same_moment_as_the_write_is_the_only_one_that_loses(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at last, after the folder was read: on a slow disk that takes long."""
    from obs_bgremove.shared import backgrounds_folder

    real = backgrounds_folder.step

    def slow(*arguments: Any) -> str:
        held.choose("5.png")
        return real(*arguments)

    monkeypatch.setattr(backgrounds_folder, "step", slow)
    held.hold()
    held.press()
    assert held.go_on() == "5.png"
