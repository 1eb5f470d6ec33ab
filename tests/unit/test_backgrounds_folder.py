"""The folder of backgrounds: order, next and previous with wrap-round, random, and never outside the folder."""

from pathlib import Path

import pytest

from obs_bgremove.shared import backgrounds_folder
from tests.systems import needs_links


@pytest.fixture
def names(tmp_path: Path) -> Path:
    for name in ("10.png", "2.jpg", "B.webp", "a.GIF", "notes.txt", ".hidden.png", "c.bmp"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    return tmp_path


def test_pictures_are_listed_in_the_order_people_count(names: Path) -> None:
    assert backgrounds_folder.list_backgrounds(names) == ["2.jpg", "10.png", "a.GIF", "B.webp", "c.bmp"]


def test_a_missing_folder_has_no_pictures(tmp_path: Path) -> None:
    assert backgrounds_folder.list_backgrounds(tmp_path / "gone") == []
    assert backgrounds_folder.step(tmp_path / "gone", "x.png", 1) == "x.png"
    assert backgrounds_folder.choose(tmp_path / "gone", "") == ""
    assert backgrounds_folder.pick_random(tmp_path / "gone", "x.png") == "x.png"


@pytest.mark.parametrize(
    ("current", "by", "expected"),
    [
        ("2.jpg", 1, "10.png"),
        ("c.bmp", 1, "2.jpg"),
        ("2.jpg", -1, "c.bmp"),
        ("", 1, "10.png"),
        ("", -1, "c.bmp"),
        ("b-gone.png", 1, "B.webp"),
        ("b-gone.png", -1, "a.GIF"),
        ("zzz.png", 1, "2.jpg"),
        ("zzz.png", -1, "c.bmp"),
    ],
)
def test_next_and_previous_wrap_round_and_know_where_a_lost_name_stood(
    names: Path, current: str, by: int, expected: str
) -> None:
    assert backgrounds_folder.step(names, current, by) == expected


def test_random_picks_every_other_picture_and_never_the_same(names: Path) -> None:
    picked = {backgrounds_folder.pick_random(names, "a.GIF") for _ in range(200)}
    assert picked == {"2.jpg", "10.png", "B.webp", "c.bmp"}


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "..\\..\\x.png", "a/../../x.png"])
def test_a_stored_path_never_leaves_the_folder(names: Path, name: str) -> None:
    assert backgrounds_folder.resolve(names, name).parent == names


@pytest.mark.parametrize(
    "name", ["smile 😀.png", "with 'quotes\".png", "%s.png", "<b>.png", "1²3.png", "x" * 251 + ".png"]
)
def test_odd_names_are_names_like_any_other(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert backgrounds_folder.list_backgrounds(tmp_path) == [name]
    assert backgrounds_folder.step(tmp_path, name, 1) == name


@needs_links
def test_links_in_a_circle_and_to_nowhere_do_not_hide_the_rest(names: Path) -> None:
    before = backgrounds_folder.list_backgrounds(names)
    (names / "0 loop.png").symlink_to(names / "1 loop.png")
    (names / "1 loop.png").symlink_to(names / "0 loop.png")
    (names / "2 gone.png").symlink_to(names / "nowhere.png")
    assert backgrounds_folder.list_backgrounds(names) == before
    (names / "3 linked.png").symlink_to(names / "10.png")
    assert "3 linked.png" in backgrounds_folder.list_backgrounds(names)
    (names / "round").symlink_to(names)
    assert backgrounds_folder.list_backgrounds(names / "round" / "round") == backgrounds_folder.list_backgrounds(names)


@pytest.mark.parametrize("name", ["..", ".", "a/..", "\\", "/"])
def test_a_stored_folder_is_no_picture(names: Path, name: str) -> None:
    assert not backgrounds_folder.resolve(names, name).is_file()
    assert backgrounds_folder.step(names, name, 1) in backgrounds_folder.list_backgrounds(names)
