"""What is held against an OBS that has ended, and what is not: other people's lines, and one known crash."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.real_obs import config, driver, verdict

UNLOADED = "1: [obs-scripting]: Unloaded python script: ai_background.py\n"
IN_WEBSOCKET = "2: [obs-websocket] [obs_module_unload] Shutting down...\n"


@pytest.fixture
def obs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> driver.Obs:
    """An OBS that has crashed; its log is the test's to write."""
    display: Any = None
    monkeypatch.setattr(driver, "_excused", set())
    made = driver.Obs(tmp_path, display, tmp_path / "home")
    made.exit_code = -signal.SIGSEGV
    return made


def _ended(obs: driver.Obs, text: str) -> list[str]:
    (obs.config / "logs").mkdir(exist_ok=True)
    (obs.config / "logs" / "log.txt").write_text(text)
    (obs.folder / "stdout.log").write_text(text)
    return obs.complaints()


def test_one_crash_inside_obs_websocket_is_excused_with_a_warning(obs: driver.Obs) -> None:
    for _ in range(2):  # looked at by the test, and again at tear-down
        with pytest.warns(UserWarning, match="obs-websocket"):
            assert not _ended(obs, UNLOADED + IN_WEBSOCKET)
    assert any("exit code -11" in line for line in _ended(obs, "0: another run\n" + UNLOADED + IN_WEBSOCKET))


@pytest.mark.parametrize(
    "log",
    [
        IN_WEBSOCKET,
        UNLOADED,
        UNLOADED + IN_WEBSOCKET + "3: more\n",
        "0: [AI Background] 1 source(s) did not end within 6 s.\n" + UNLOADED + IN_WEBSOCKET,
    ],
)
def test_any_other_crash_is_not(obs: driver.Obs, log: str) -> None:
    assert any("exit code -11" in line for line in _ended(obs, log))


def test_another_exit_code_is_not(obs: driver.Obs) -> None:
    obs.exit_code = -signal.SIGABRT
    assert any(f"exit code -{signal.SIGABRT:d}" in line for line in _ended(obs, UNLOADED + IN_WEBSOCKET))


FOREIGN = """\
error: Could not create dbus connection: Failed to execute child process
warning: Failed to load 'en-US' text for module: 'decklink-captions.so'
warning: [rtmp-services plugin] Remote update of URL "https://a.example/1" failed: Could not resolve host
warning: v4l2loopback not installed, virtual camera disabled
device 7 at 0x55d0c0ffee failed after 12 ms
"""
AGAIN = """\
12:00:01.123: Failed to load 'en-US' text for module: 'decklink-captions.so'
error: Could not create dbus connection: Failed to execute child process
warning: [rtmp-services plugin] Remote update of URL "https://a.example/1" failed: Timeout was reached
device 8 at 0x7f0000 failed after 3 ms
error: [AI Background] Me: The camera /dev/video0 is not there.
info: [obs-scripting]: Loaded python script: ai_background.py
"""


@pytest.mark.parametrize(
    "planted",
    [
        "error: [AI Background] Me: internal error in the panel",
        "info: [AI Background] Me: the engine failed",
        "warning: Source ID 'ai_background' already exists!  Duplicate library?",
        "warning: ai_background: no frame for a while",
        "error: obs_source_output_video: bad format",
        "12:00:02.000: Source 'Me': upload failed",
        "warning: Failed to load 'en-US' text for module: 'another.so'",
        "Traceback (most recent call last):",
        "warning: Python failure in ai_background.py:12",
    ],
)
def test_what_only_an_obs_with_us_complains_of_is_noticed_and_what_any_obs_says_is_not(planted: str) -> None:
    bare = verdict.BareObs(lambda seconds: FOREIGN, set())
    assert verdict.ours(AGAIN, bare, 20) == []
    assert verdict.ours(AGAIN + planted + "\n", bare, 20) == [planted]


def test_our_own_lines_count_even_if_an_obs_without_us_had_them() -> None:
    line = "error: something about ai_background"
    assert verdict.ours(line, verdict.BareObs(lambda seconds: line, set()), 20) == [line]


def test_what_comes_late_is_looked_for_in_a_run_as_long_as_ours_before_it_is_held_against_us() -> None:
    runs = []

    def run(seconds: float) -> str:
        runs.append(seconds)
        return "error: late\n" if seconds > 30 else "error: early\n"

    bare = verdict.BareObs(run, set())
    assert verdict.ours("error: early\nerror: early\n", bare, 40) == [] and len(runs) == 1
    assert verdict.ours("error: late\n", bare, 40) == [] and len(runs) == 2
    assert verdict.ours("error: ours alone\n", bare, 40) == ["error: ours alone"] and len(runs) == 2


def test_an_obs_that_says_nothing_bad_is_compared_with_nothing() -> None:
    def run(seconds: float) -> str:
        raise AssertionError("an OBS was started for nothing")

    assert verdict.ours("info: all well\nwarning: [AI Background] No camera.\n", verdict.BareObs(run, set()), 20) == []


@pytest.mark.parametrize(("counted", "bare", "bad"), [("0", 0, False), ("2", 0, True), ("2", 2, False), ("3", 2, True)])
def test_leaks_are_ours_beyond_what_an_obs_without_us_leaks(
    obs: driver.Obs, counted: str, bare: int, bad: bool
) -> None:
    obs.exit_code = 0
    fake = verdict.BareObs(lambda seconds: f"Number of memory leaks: {bare}\n", set())
    obs.bare = fake
    assert _ended(obs, f"Number of memory leaks: {counted}\n") == ([f"memory leaks: {counted}"] if bad else [])


def test_an_exit_before_leaks_were_counted_is_noticed(obs: driver.Obs) -> None:
    obs.exit_code = 0
    assert _ended(obs, UNLOADED) == ["memory leaks: not counted"]


def test_the_obs_to_compare_with_has_the_same_configuration_without_us(obs: driver.Obs, tmp_path: Path) -> None:
    pulse = {"id": "pulse_input_capture", "versioned_id": "pulse_input_capture"}
    sources = [{"name": "Me", "settings": {}}, {"name": "Mic", **pulse}]
    config.write_collection(obs.config, "Test", [driver.SCRIPT], sources)
    config.without_us(tmp_path / "bare", obs.config, 4)
    written = (tmp_path / "bare/basic/scenes/Test.json").read_text()
    assert "pulse_input_capture" in written and "ai_background" not in written and '"Me"' not in written
    assert "ServerPort=4\n" in (tmp_path / "bare/global.ini").read_text()
    assert '"server_port": 4,' in (tmp_path / "bare/plugin_config/obs-websocket/config.json").read_text()
    assert (tmp_path / "bare/basic/profiles/Test/basic.ini").exists()
