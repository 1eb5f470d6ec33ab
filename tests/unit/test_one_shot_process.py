"""One thread and one child at a time, and neither of them after the end."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from obs_bgremove.obs import engine_process
from obs_bgremove.obs.one_shot_process import OneShotProcess
from obs_bgremove.shared.errors import UserError
from tests.waiting import wait_for

SOON_S = 10.0
ECHO = "import sys; data = sys.stdin.buffer.read(); print(sys.argv[1], data.decode()); print('odd', file=sys.stderr)"


@pytest.fixture
def asker() -> Iterator[OneShotProcess]:
    made = OneShotProcess("questions", "The questions")
    yield made
    made.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name == "ai-background questions"]


def _children(monkeypatch: pytest.MonkeyPatch, program: str) -> "list[subprocess.Popen[bytes]]":
    """The children that are started from now on, which run this program."""
    spawned: list[subprocess.Popen[bytes]] = []

    def spawn(command: list[str], folder: str, **more: Any) -> "subprocess.Popen[bytes]":
        full = [sys.executable, "-c", program, command[-1]]
        spawned.append(subprocess.Popen(full, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more))
        return spawned[-1]

    monkeypatch.setattr(engine_process, "spawn", spawn)
    return spawned


def test_tasks_are_done_in_turn_on_one_thread_that_ends_with_the_last(asker: OneShotProcess) -> None:
    go_on, done, threads = threading.Event(), [], set()

    def task(number: int) -> None:
        go_on.wait(SOON_S)
        threads.add(threading.current_thread())
        done.append(number)

    for number in range(3):
        asker.do(lambda number=number: task(number))  # type: ignore[misc]
    assert asker.busy
    go_on.set()
    wait_for(lambda: not asker.busy)
    assert done == [0, 1, 2] and len(threads) == 1
    asker.do(lambda: done.append(3))
    wait_for(lambda: done == [0, 1, 2, 3])


def test_what_is_done_unless_busy_is_left_out_while_another_task_is_under_way(asker: OneShotProcess) -> None:
    go_on, done = threading.Event(), []
    asker.do(lambda: done.append(go_on.wait(SOON_S)))
    asker.do(lambda: done.append(2), unless_busy=True)
    go_on.set()
    wait_for(lambda: not asker.busy)
    assert done == [True]


def test_the_answer_is_what_the_child_wrote(asker: OneShotProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = _children(monkeypatch, ECHO)
    assert asker.ask("--flag", SOON_S, b"said") == (b"--flag said\n", b"odd\n")
    assert asker.ask("--other", SOON_S)[0] == b"--other \n"
    assert [child.returncode for child in spawned] == [0, 0]


def test_a_child_that_takes_too_long_is_ended(asker: OneShotProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned = _children(monkeypatch, "import time; time.sleep(600)")
    with pytest.raises(subprocess.TimeoutExpired):
        asker.ask("--flag", 0.2)
    assert spawned[0].returncode is not None


def test_the_stop_ends_thread_and_child_drops_what_waits_and_is_no_failure(
    asker: OneShotProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spawned, done = _children(monkeypatch, "import time; time.sleep(600)"), []

    def ask() -> None:
        asker.ask("--flag", 600.0)
        raise UserError("It gave no answer.")

    asker.do(ask)
    asker.do(lambda: done.append(1))
    wait_for(lambda: asker._child is not None)
    asker.stop()
    wait_for(lambda: not asker.busy)
    assert spawned[0].returncode is not None and done == [] and caplog.text == ""
    asker.stop()
    asker.do(lambda: done.append(2))
    assert not asker.busy and done == []


def test_an_error_for_people_is_a_warning_and_a_mistake_of_ours_is_logged_with_its_place(
    asker: OneShotProcess, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise UserError("No camera answers.", "Try again.")

    asker.do(fail)
    asker.do(lambda: 1 / 0 and None)
    wait_for(lambda: not asker.busy)
    assert "No camera answers. Try again." in caplog.text
    assert "The questions: internal error ZeroDivisionError" in caplog.text and "test_one_shot_process" in caplog.text
