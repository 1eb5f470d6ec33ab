"""What OBS's Missing Files dialog is told, and what another place chosen there changes; on a fake libobs."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obs_bgremove.obs import missing_files, plugin
from obs_bgremove.shared.options import Options
from tests.fakes.fake_libobs import FakeLibobs
from tests.waiting import wait_for

Load = Callable[..., plugin.Plugin]


def test_only_what_is_gone_is_listed(lib: FakeLibobs, load: Load, tmp_path: Path) -> None:
    load()
    (tmp_path / "here.png").touch()
    lib.set(made := lib.add_source(camera="sample"), backgrounds_folder=str(tmp_path), background="here.png")
    assert not lib.missing_files(made)
    lib.set(made, background="gone.png")
    assert list(lib.missing_files(made)) == [str(tmp_path / "gone.png")]
    lib.set(made, backgrounds_folder=str(tmp_path / "away"))
    assert list(lib.missing_files(made)) == [str(tmp_path / "away"), str(tmp_path / "away/gone.png")]
    lib.set(made, background_mode="blur")
    assert not lib.missing_files(made)


def test_nothing_is_listed_that_nobody_chose_or_that_is_no_file(lib: FakeLibobs, load: Load) -> None:
    load()
    made = lib.add_source(camera="/dev/v4l/by-id/gone", model="landscape")
    assert not lib.missing_files(made)
    lib.set(made, camera="rtsp://10.0.0.1/live")
    assert not lib.missing_files(made)


def test_a_clip_and_a_model_are_listed_too(lib: FakeLibobs, load: Load, tmp_path: Path) -> None:
    load()
    made = lib.add_source(camera=str(tmp_path / "me.mp4"), model=str(tmp_path / "my.tflite"))
    found = lib.missing_files(made)
    assert list(found) == [str(tmp_path / "me.mp4"), str(tmp_path / "my.tflite")]
    found[str(tmp_path / "me.mp4")]("/other/you.mp4")
    found[str(tmp_path / "my.tflite")]("")
    wait_for(lambda: lib.settings(made).get("model") == "general")
    assert lib.settings(made)["camera"] == "/other/you.mp4"


def test_a_background_chosen_there_is_shown_from_its_folder_on(lib: FakeLibobs, load: Load, tmp_path: Path) -> None:
    load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(tmp_path), background="gone.png")
    (tmp_path / "new place").mkdir()
    lib.missing_files(made)[str(tmp_path / "gone.png")](str(tmp_path / "new place/gone.png"))
    wait_for(lambda: lib.settings(made)["backgrounds_folder"] == str(tmp_path / "new place"))
    assert lib.settings(made)["background"] == "gone.png"


@pytest.mark.parametrize("chosen", ["found", "found/any.png"])
def test_a_folder_is_found_by_itself_or_by_a_file_in_it(
    lib: FakeLibobs, load: Load, tmp_path: Path, chosen: str
) -> None:
    load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(tmp_path / "away"))
    (tmp_path / "found").mkdir()
    (tmp_path / "found/any.png").touch()
    lib.missing_files(made)[str(tmp_path / "away")](str(tmp_path / chosen))
    wait_for(lambda: lib.settings(made)["backgrounds_folder"] == str(tmp_path / "found"))


def test_clear_goes_back_to_what_a_new_source_has(lib: FakeLibobs, load: Load, tmp_path: Path) -> None:
    load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(tmp_path / "away"), background="gone.png")
    for choose in lib.missing_files(made).values():
        choose("")
    wait_for(lambda: (lib.settings(made)["backgrounds_folder"], lib.settings(made)["background"]) == ("", ""))


def test_without_the_script_there_is_nothing_to_choose_and_nothing_happens(
    lib: FakeLibobs, load: Load, tmp_path: Path
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(tmp_path), background="gone.png")
    [choose] = lib.missing_files(made).values()
    loaded.close()
    choose(str(tmp_path / "other.png"))
    assert not lib.missing_files(made)
    assert lib.settings(made)["background"] == "gone.png"


def test_a_mistake_of_ours_leaves_obs_with_an_empty_list(
    lib: FakeLibobs, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(tmp_path), background="gone.png")

    def fails(*arguments: Any) -> None:
        raise RuntimeError("made by a test")

    monkeypatch.setattr(missing_files, "add", fails)
    assert lib.missing_files(made) == {}


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_a_name_that_is_no_text_comes_through(lib: FakeLibobs, load: Load, tmp_path: Path) -> None:
    load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(tmp_path), background="gone\udcff.png")
    assert list(lib.missing_files(made)) == [str(tmp_path / "gone\udcff.png")]


def test_a_drive_that_hangs_holds_obs_up_for_the_limit_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers = threading.Event()
    monkeypatch.setattr(Path, "exists", lambda path: answers.wait(10))
    began = time.monotonic()
    assert missing_files.gone(Options(backgrounds_folder=str(tmp_path), background="gone.png"), 0.2) == {}
    assert time.monotonic() - began < 2
    answers.set()
    wait_for(lambda: not [thread for thread in threading.enumerate() if "ai-background" in thread.name])
