"""The gallery of the panel, and the keeper of the small pictures: what is known, what is made, what is tried once."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_bgremove.obs import gallery
from obs_bgremove.obs.thumbnails import Thumbnails
from obs_bgremove.shared import installation, thumbnails
from tests.waiting import wait_for

NAMES = [f"{number}.jpg" for number in range(8)]


def test_the_chosen_one_is_in_the_middle_and_its_neighbours_go_round() -> None:
    assert gallery.neighbours(NAMES, "4.jpg") == ["2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg"]
    assert gallery.neighbours(NAMES, "0.jpg") == ["6.jpg", "7.jpg", "0.jpg", "1.jpg", "2.jpg"]
    assert gallery.neighbours(NAMES[:3], "2.jpg") == NAMES[:3]
    assert gallery.neighbours(NAMES, "gone.jpg") == NAMES[:5]


def test_only_the_chosen_one_is_marked_and_odd_names_are_text() -> None:
    odd = '<b>&".jpg'
    text = gallery.rich_text([odd, "b.jpg"], "b.jpg", {"b.jpg": Path("/a b/100%#.png")})
    assert text.count("bgcolor") == 1
    assert "<b>" not in text and "&lt;b&gt;&amp;&quot;.jpg" in text
    assert 'src="file:///a%20b/100%25%23.png"' in text


def test_without_small_pictures_there_is_nothing() -> None:
    assert gallery.rich_text(NAMES, "4.jpg", {}) == ""


def test_a_changed_file_has_another_thumbnail_and_a_missing_one_none(tmp_path: Path) -> None:
    background = tmp_path / '<b>&".jpg'
    background.write_bytes(b"one")
    before = thumbnails.path_of(background)
    assert before is not None and before == thumbnails.path_of(background) and before.suffix == ".png"
    background.write_bytes(b"other")
    assert thumbnails.path_of(background) != before
    os.utime(background, (1, 1))
    again = thumbnails.path_of(background)
    os.utime(background, (2, 2))
    assert thumbnails.path_of(background) != again
    assert thumbnails.path_of(tmp_path / "none.jpg") is None


class Made(Thumbnails):
    """Makes empty files, but for broken.jpg."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []

    def _make(self, wanted: list[tuple[str, str]]) -> None:
        self.asked.append([Path(background).name for background, _ in wanted])
        for background, thumbnail in wanted:
            if "broken" not in background:
                Path(thumbnail).parent.mkdir(parents=True, exist_ok=True)
                Path(thumbnail).touch()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(installation, "health_check", lambda: None)
    made = Made()
    yield made
    made.stop()
    assert not [thread for thread in threading.enumerate() if "thumbnails" in thread.name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    for name in ("a.jpg", "b.jpg", "broken.jpg"):
        (tmp_path / "pictures" / name).write_text(name)
    return tmp_path / "pictures"


def test_missing_ones_are_made_once_and_the_panel_is_told_once(made: Made, folder: Path) -> None:
    told: list[int] = []
    made.look(folder, True, lambda: told.append(1))
    wait_for(lambda: told)
    assert set(made.of(folder)) == {"a.jpg", "b.jpg"}
    for _ in range(3):
        made.look(folder, True, lambda: told.append(1))
        wait_for(lambda: not made._maker.busy)
    assert made.asked == [["a.jpg", "b.jpg", "broken.jpg"]] and told == [1]
    (folder / "c.jpg").touch()
    made.look(folder, True, lambda: told.append(1))
    wait_for(lambda: "c.jpg" in made.of(folder))
    assert made.asked[1:] == [["c.jpg"]]


def test_a_look_without_making_finds_what_an_earlier_session_made(made: Made, folder: Path) -> None:
    made.look(folder, False, lambda: None)
    wait_for(lambda: not made._maker.busy)
    assert made.of(folder) == {} and made.asked == []
    made._make([(str(folder / "a.jpg"), str(thumbnails.path_of(folder / "a.jpg")))])
    made.look(folder, False, lambda: None)
    wait_for(lambda: made.of(folder))


def test_after_the_stop_nothing_is_begun(made: Made, folder: Path) -> None:
    made.stop()
    made.look(folder, True, lambda: None)
    assert not made._maker.busy and made.of(folder) == {}
