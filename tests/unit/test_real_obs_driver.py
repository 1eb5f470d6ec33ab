"""The rule by which a crash of OBS at its exit is excused: narrow, and once."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.real_obs import driver

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
