"""The whole OBS side on a fake libobs and a fake engine: sources come, change, hide, go; the script reloads."""

import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest

from obs_bgremove.obs import engine_process, plugin, source, video_output
from obs_bgremove.shared import presets
from tests.fakes.fake_engine import FALLBACK_BYTE, FRAME_BYTE, HEIGHT, WIDTH
from tests.fakes.fake_libobs import FakeLibobs
from tests.waiting import wait_for

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for name in ("1.png", "2.png", "10.png"):
        (tmp_path / name).touch()
    return tmp_path


def live(frame: Any) -> bool:
    return frame is not None and frame[3][0] == FRAME_BYTE


def engine_text(loaded: plugin.Plugin) -> str:
    [only] = loaded._sources.values()
    return str(only.status.engine.text)


def test_a_new_source_shows_frames_of_its_engine(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    load()
    made = lib.add_source(camera="sample")
    width, height, format, pixels = wait_for(lambda: lib.frames and lib.frames[-1])
    assert (width, height, format, len(pixels)) == (WIDTH, HEIGHT, 7, WIDTH * HEIGHT * 4)
    assert lib.unbuffered == [made]
    assert all(lib.frame_times)


def test_the_type_is_registered_once_however_often_the_script_loads(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    for _ in range(3):
        load().close()
    assert len(lib.registered) == 1
    info = lib.info
    assert (info.id, info.output_flags, info.icon_type) == (b"ai_background", 0x85, 9)
    assert info.destroy and not info.get_width


def test_a_source_is_taken_over_by_the_reloaded_script(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    lib.show(made)
    wait_for(lambda: lib.frames)
    loaded.close()
    lib.frames.clear()
    again = load()
    wait_for(lambda: lib.frames)
    wait_for(lambda: "'showing': True" in engine_text(again))
    assert len(lib.hotkeys) == 11


def test_a_source_made_while_no_script_was_loaded_is_taken_over(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    load().close()
    made = lib.add_source(camera="sample")
    assert lib.panel(made).rows[0].label.startswith("The AI Background script is not loaded")
    assert lib.frames == []
    load()
    wait_for(lambda: lib.frames)
    assert len(lib.hotkeys) == 11


def test_a_source_removed_while_no_script_was_loaded_is_forgotten(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    loaded.close()
    lib.remove_source(made)
    assert load()._sources == {}
    assert lib.weak_references == 0


def test_sources_that_follow_each_other_wait_for_their_turn_and_share_threads(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    load()
    for _ in range(8):
        made = lib.add_source(camera="sample")
        lib.frames.clear()
        wait_for(lambda: lib.frames)
        lib.remove_source(made)
    pumps = [thread for thread in threading.enumerate() if thread.name == "ai-background pump"]
    assert len(pumps) == 1


def test_a_source_that_does_not_leave_delays_the_next_one_for_a_moment_only(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load("deaf")
    monkeypatch.setattr(plugin, "SETTLE_S", 0.2)
    monkeypatch.setattr(engine_process, "LEAVE_S", 2.0)
    made = lib.add_source(camera="sample")
    wait_for(lambda: lib.frames)
    lib.remove_source(made)
    started = time.monotonic()
    loaded._settle()
    assert time.monotonic() - started > 0.15
    assert loaded._closing[0].is_alive(), "it had left by itself: nobody was made to wait"


def test_removing_a_source_ends_its_engine(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    wait_for(lambda: lib.frames)
    [held] = loaded._sources.values()
    lib.remove_source(made)
    wait_for(lambda: lib.weak_references == 0)
    assert held.close(1) and held._supervisor is not None and held._supervisor.pid is None


def test_hotkeys_change_the_stored_background(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], pictures: Path
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(pictures))
    for key, name in (("next", "2.png"), ("next", "10.png"), ("next", "1.png"), ("previous", "10.png")):
        lib.press_hotkey(f"ai_background.{key}")
        wait_for(lambda name=name: lib.settings(made).get("background") == name)
        wait_for(lambda name=name: name in engine_text(loaded))
    lib.press_hotkey("ai_background.random")
    wait_for(lambda: lib.settings(made)["background"] != "10.png")


@pytest.mark.parametrize(
    ("chosen", "key", "name"), [("1.png", "previous", "2.png"), ("2.png", "next", "1.png"), ("1.png", "next", "1.png")]
)
def test_while_a_slideshow_runs_it_is_stepped_from_the_slide_on_show(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], pictures: Path, chosen: str, key: str, name: str
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(pictures), background=chosen, slideshow_s=5)
    wait_for(lambda: chosen in engine_text(loaded))  # and 10.png is on show
    lib.press_hotkey(f"ai_background.{key}")
    if name == chosen:  # nothing to store: the engine is told
        wait_for(lambda: engine_text(loaded) == "command restart_slideshow")
    else:
        wait_for(lambda: lib.settings(made)["background"] == name)
    assert lib.settings(made)["background"] == name


def test_two_presses_during_a_slideshow_are_two_steps(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], pictures: Path
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(pictures), background="2.png", slideshow_s=5)
    wait_for(lambda: "2.png" in engine_text(loaded))
    [held] = loaded._sources.values()
    held._command_engine = lambda name: None  # type: ignore[method-assign]
    held._supervisor.want = lambda state: None  # type: ignore[union-attr, method-assign]  # no answer in between
    for _ in range(2):
        lib.press_hotkey("ai_background.previous")
    wait_for(lambda: lib.settings(made)["background"] == "1.png", 5)


def test_buttons_change_the_stored_background(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], pictures: Path
) -> None:
    load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(pictures))
    panel = lib.panel(made)
    assert lib.press_button(panel, "next_background") is False, "the panel is rebuilt later, not within the callback"
    wait_for(lambda: lib.settings(made).get("background") == "2.png")
    assert lib.panel_rebuilds


def test_switches_survive_a_restart_of_the_engine(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    lib.press_hotkey("ai_background.privacy_on")
    wait_for(lambda: "'privacy': True" in engine_text(loaded))
    [held] = loaded._sources.values()
    assert held._supervisor is not None
    before = held._supervisor.pid
    lib.press_button(lib.panel(made), "restart_engine")
    wait_for(lambda: held._supervisor is not None and held._supervisor.pid not in (before, None))
    wait_for(lambda: "'privacy': True" in engine_text(loaded))


def test_one_key_for_both_halves_of_a_switch_toggles(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    loaded = load()
    lib.add_source(camera="sample")
    for state in ("False", "True"):
        lib.press_hotkey("ai_background.removal_on")
        lib.press_hotkey("ai_background.removal_off")
        wait_for(lambda state=state: f"'removal': {state}" in engine_text(loaded))
        time.sleep(0.1)


def test_the_framing_keys_change_the_stored_setting_and_go_back_to_its_last_style(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    [held] = loaded._sources.values()
    for key, style in (("on", "gentle"), ("off", "off")):
        lib.press_hotkey(f"ai_background.framing_{key}")
        wait_for(lambda style=style: lib.settings(made).get("framing") == style)
        wait_for(lambda style=style: held._desired().options.framing == style)
        time.sleep(0.1)
    lib.set(made, framing="close")
    wait_for(lambda: held._desired().options.framing == "close")
    for style in ("off", "close"):  # both halves on one key
        lib.press_hotkey("ai_background.framing_on")
        lib.press_hotkey("ai_background.framing_off")
        wait_for(lambda style=style: lib.settings(made)["framing"] == style)
        time.sleep(0.1)


def test_show_and_hide_reach_the_engine(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    for showing in (True, False):
        lib.show(made, showing)
        wait_for(lambda showing=showing: f"'showing': {showing}" in engine_text(loaded))


def test_a_source_without_a_camera_is_pinned_to_the_first_one(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    loaded = load()
    wait_for(lambda: loaded._cameras.known)
    made = lib.add_source()
    wait_for(lambda: lib.settings(made).get("camera") == "cam0")
    assert lib.defaults(made)["camera"] == "cam0"


@pytest.mark.parametrize("mode", ["no-frames", "hangs"])
def test_a_picture_that_stands_still_gives_way_to_the_background(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], mode: str
) -> None:
    load(mode)
    lib.show(lib.add_source(camera="sample"))
    wait_for(lambda: lib.frames and live(lib.frames[-1]))
    wait_for(lambda: lib.frames[-1] and lib.frames[-1][3][0] == FALLBACK_BYTE, 10, "the background alone")


def test_without_a_fallback_the_picture_is_taken_away(lib: FakeLibobs, monkeypatch: pytest.MonkeyPatch) -> None:
    from obs_bgremove.shared.frame_ring import Ring

    ring = Ring.create()
    shown = video_output.VideoOutput(lib, lib._new({}) + 1, ring)
    slot, pixels = ring.begin(4, 4)
    pixels[:] = bytes(64)
    del pixels
    ring.publish(slot, 1)
    shown.deliver()
    shown.deliver()
    assert len(lib.frames) == 1, "the same frame is not shown twice"
    shown.expire(None, stale_s=0)
    assert len(lib.frames) == 1, "hidden: left alone"
    shown.expire(0.0, stale_s=0)
    shown.expire(0.0, stale_s=0)
    assert lib.frames[1:] == [None], "once"
    shown.close()
    shown.deliver()


def test_freed_memory_is_given_back_once_after_a_change_of_size_or_engine(
    lib: FakeLibobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    from obs_bgremove.shared.frame_ring import Ring

    given_back: list[float] = []
    real = video_output.give_back_memory
    monkeypatch.setattr(video_output, "TRIM_AFTER_S", 0.05)
    monkeypatch.setattr(video_output, "give_back_memory", lambda: given_back.append(time.monotonic()) or real())
    ring = Ring.create()
    shown = video_output.VideoOutput(lib, lib._new({}) + 1, ring)

    def deliver(width: int, number: int) -> int:
        slot, pixels = ring.begin(width, 4)
        pixels[:] = bytes(16 * width)
        del pixels
        ring.publish(slot, number)
        shown.deliver()
        shown.expire(None, stale_s=0)
        time.sleep(0.1)
        for _ in range(3):
            shown.expire(None, stale_s=0)
        return len(given_back)

    assert [deliver(width, number) for number, width in enumerate((4, 4, 8, 8), 1)] == [1, 1, 2, 2]
    shown.new_engine()
    assert deliver(8, 1) == 3
    shown.close()


def test_bad_settings_are_said_once_and_the_rest_is_used(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], caplog: pytest.LogCaptureFixture
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample", threshold="high", blur=900, unknown_key=1)
    [held] = loaded._sources.values()
    wait_for(lambda: len(held.status.settings_problems) == 2)
    lib.set(made, background="x.png")
    wait_for(lambda: "x.png" in engine_text(loaded))
    assert sum("threshold" in line for line in caplog.messages) == 1
    assert held.status.line().level == "warning"
    lib.set(made, threshold=0.4, blur=20)
    wait_for(lambda: held.status.settings_problems == ())
    assert lib.settings(made)["unknown_key"] == 1


def test_a_password_is_in_no_line_and_no_status(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], caplog: pytest.LogCaptureFixture
) -> None:
    loaded = load()
    made = lib.add_source(camera="rtsp://me:secret@host/stream")
    wait_for(lambda: lib.frames)
    [held] = loaded._sources.values()
    panel = lib.panel(made)
    assert "secret" not in held.details() + str(held.status.line().text) + str(panel.find("status")) + caplog.text
    assert "secret" not in lib.defaults(made)["details"]


def test_a_second_copy_of_the_script_stays_idle(
    lib: FakeLibobs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(plugin.libobs, "load", lambda: lib)
    monkeypatch.setattr(plugin.Plugin, "_adopt", lambda self: None)
    plugin.load("/one/ai_background.py")
    first = plugin._loaded
    plugin.load("/two/ai_background.py")
    assert plugin._loaded is first
    assert "Already loaded from /one" in caplog.text
    plugin.unload()
    plugin.unload()


def test_callbacks_after_unload_do_nothing(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    panel = lib.panel(made)
    loaded.close()
    lib.set(made, blur=3)
    lib.show(made)
    lib.press_hotkey("ai_background.next")
    assert lib.press_button(panel, "restart_engine") is False


def test_an_exception_in_a_callback_is_one_line_in_the_log(
    lib: FakeLibobs,
    load: Callable[..., plugin.Plugin],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    load()
    monkeypatch.setattr(source.Source, "set_showing", lambda self, showing: 1 / 0)
    lib.show(lib.add_source(camera="sample"))
    assert "ZeroDivisionError" in caplog.text and "test_plugin.py" in caplog.text


def test_a_reset_button_puts_its_group_back_and_leaves_the_others(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    load()
    made = lib.add_source(camera="sample", threshold=0.9, edge_shift=3.0, track_person=False, mirror=False, fps=15)
    lib.press_button(lib.panel(made), "reset_matte")
    settings = wait_for(lambda: now if (now := lib.settings(made))["threshold"] == 0.5 else None)
    assert (settings["edge_shift"], settings["track_person"]) == (0.0, True)
    assert type(settings["edge_shift"]) is float
    assert (settings["mirror"], settings["fps"], settings["camera"]) == (False, 15, "sample")
    lib.press_button(lib.panel(made), "reset_camera")
    wait_for(lambda: lib.settings(made)["fps"] == 0)
    assert lib.settings(made)["mirror"] is False


def test_news_wait_until_the_settings_are_left_alone(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "PANEL_S", 0.0)
    monkeypatch.setattr(source, "QUIET_S", 0.6)
    loaded = load()
    made = lib.add_source(camera="sample")
    [held] = loaded._sources.values()
    wait_for(lambda: held.status.stats)
    wait_for(lambda: lib.panel_rebuilds)
    time.sleep(0.5)
    before = lib.panel_rebuilds
    for step in range(8):  # a slider is dragged
        lib.set(made, threshold=step / 10)
        if step == 1:
            held.hotkey("ai_background.privacy_on")  # news
        time.sleep(0.15)
        assert lib.panel_rebuilds == before
    wait_for(lambda: lib.panel_rebuilds > before)


def test_the_refresh_button_writes_the_figures_of_the_moment_and_redraws(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    shown = lib.panel(made)
    [held] = loaded._sources.values()
    wait_for(lambda: held.status.stats)
    held.status.stats = {**held.status.stats, "fps_in": 77.7}
    row = shown.find("refresh_status")
    assert row.callback(lib._new(shown), lib._new(row), row.private)
    assert "77.7 in" in shown.find("figures").label


@pytest.mark.parametrize("name", list(presets.PRESETS))
def test_a_chosen_preset_sets_its_settings_once_and_leaves_the_others(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], name: str
) -> None:
    load()
    made = lib.add_source(camera="sample", threshold=0.9, model="landscape", decontaminate=0.2, fps=50)
    rows = [row.name for row in lib.panel(made).rows]
    assert rows.index("preset") + 1 == rows.index("preset_info") < rows.index("advanced")
    lib.set(made, preset=name)
    settings = wait_for(lambda: now if (now := lib.settings(made))["preset"] == "" else None)
    for key, value in presets.PRESETS[name].values.items():
        assert settings[key] == value and type(settings[key]) is type(value)
    assert (settings["threshold"], settings["camera"]) == (0.9, "sample")
    lib.set(made, decontaminate=0.3)  # changed afterwards: it stays
    time.sleep(0.2)
    assert lib.settings(made)["decontaminate"] == 0.3


def test_the_cut_key_tells_the_engine_before_it_changes_the_background(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], pictures: Path
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample", backgrounds_folder=str(pictures))
    [held] = loaded._sources.values()
    wait_for(lambda: held.status.stats)
    told: list[tuple[str, str]] = []
    held._supervisor.command = lambda name: told.append((name, lib.settings(made).get("background", "")))
    lib.press_hotkey("ai_background.cut")
    wait_for(lambda: lib.settings(made).get("background") == "2.png")
    lib.press_hotkey("ai_background.next")
    wait_for(lambda: lib.settings(made).get("background") == "10.png")
    assert told == [("cut", "")]
