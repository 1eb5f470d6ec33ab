"""The engine process under its supervisor: real processes, a fake engine that misbehaves on demand."""

import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest

from obs_bgremove.obs import engine_supervisor as supervisor_module
from obs_bgremove.shared.child_process import clean_environment
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from tests.fakes.watched_engine import Watched
from tests.systems import is_alive, kill, linux_only, open_descriptors
from tests.waiting import never, wait_for

OTHER_STATE = DesiredState(Options(background="b.png"))
PIPE_BYTES = 1 << 20  # more than any pipe holds


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def make(*arguments: Any) -> Watched:
        made.append(Watched(*arguments))
        return made[-1]

    yield make
    for watched in made:
        pid = watched.supervisor.pid
        assert watched.supervisor.stop(8)
        assert watched.supervisor.stop(8), "stopping twice is harmless"
        watched.ring.close()
        if pid is not None:
            assert not is_alive(pid)


def test_the_wanted_state_reaches_the_engine_first_and_when_it_changes(watch: Callable[..., Watched]) -> None:
    watched = watch("well")
    wait_for(lambda: watched.texts()[:1] and "a.png" in watched.texts()[0])
    watched.supervisor.want(OTHER_STATE)
    wait_for(lambda: "b.png" in watched.texts()[-1])
    assert watched.failures() == []


def test_a_killed_engine_is_back_with_the_latest_state(watch: Callable[..., Watched]) -> None:
    watched = watch("well")
    wait_for(watched.frames)
    watched.supervisor.want(OTHER_STATE)
    wait_for(lambda: "b.png" in watched.texts()[-1])
    watched.messages.clear()
    pid = watched.supervisor.pid
    assert pid is not None
    end = kill(pid)
    wait_for(lambda: any("b.png" in text for text in watched.texts()))
    assert watched.starts == 2
    assert watched.failures() == [f"The engine stopped unexpectedly ({end})."]


def test_an_engine_that_hangs_is_killed_and_replaced(watch: Callable[..., Watched]) -> None:
    watched = watch("hangs")
    wait_for(lambda: watched.starts == 2)
    assert watched.failures() == ["The engine did not answer for 2 s and was stopped."]


def test_an_engine_that_dies_at_once_is_started_ever_more_rarely(watch: Callable[..., Watched]) -> None:
    watched = watch("exits")
    wait_for(lambda: len(watched.failures()) == 3)
    assert [retry for problem, retry in watched.problems if problem] == [0.0, 0.5, 1.0]
    assert "exit code 3" in watched.failures()[0]


@pytest.mark.parametrize("mode", ["garbage", "half", "endless"])
def test_what_is_no_message_ends_the_engine(watch: Callable[..., Watched], mode: str) -> None:
    watched = watch(mode)
    # Who says half a message and ends may be seen to have ended first.
    wait_for(lambda: any("sent something that is not a message" in failure for failure in watched.failures()))
    assert watched.messages == []


def test_another_version_is_an_error_with_a_remedy(watch: Callable[..., Watched]) -> None:
    watched = watch("other-version")
    wait_for(lambda: watched.failures())
    assert "0.0.1" in watched.failures()[0] and "install.py" in watched.failures()[0]
    assert watched.messages == []


def test_an_engine_that_does_not_read_blocks_nobody_for_long(watch: Callable[..., Watched]) -> None:
    watched = watch("deaf")
    wait_for(watched.frames)
    teller = threading.Thread(target=watched.supervisor.command, args=("x" * PIPE_BYTES,), daemon=True)
    teller.start()
    never(lambda: not teller.is_alive(), 0.5, "the pipe has taken it all: nobody was blocked")
    teller.join(20)
    assert not teller.is_alive()
    wait_for(watched.failures)
    assert watched.failures()[0] == "The engine did not answer for 2 s and was stopped."


def test_what_stands_in_the_way_is_said_and_it_starts_once_that_is_gone(
    watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "CHECK_AGAIN_S", 0.1)
    answers = iter([UserError("Not installed.", "Run it.")] * 3)
    watched = watch("well", lambda: next(answers, None))
    wait_for(watched.frames)
    assert watched.failures() == ["Not installed. Run it."] * 3
    assert watched.problems[-1][0] is None


def test_restart_replaces_a_healthy_engine(watch: Callable[..., Watched]) -> None:
    watched = watch("well")
    wait_for(watched.frames)
    before = watched.supervisor.pid
    watched.supervisor.restart()
    wait_for(lambda: watched.supervisor.pid not in (before, None))
    assert watched.failures() == []


def test_restart_cuts_the_back_off_short(watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "BACK_OFF_S", (60.0,))
    watched = watch("exits")
    wait_for(lambda: len(watched.failures()) == 1)
    watched.supervisor.restart()
    wait_for(lambda: watched.starts == 2)


@linux_only
def test_no_descriptor_is_left_after_many_restarts(watch: Callable[..., Watched]) -> None:
    watched = watch("well")
    wait_for(watched.frames)
    before = open_descriptors()
    for number in range(2, 7):
        watched.supervisor.restart()
        wait_for(lambda number=number: watched.starts == number)
        wait_for(lambda: watched.supervisor.pid is not None)
    wait_for(lambda: open_descriptors() <= before)


def test_the_childs_environment_has_nothing_of_obs_python() -> None:
    assert clean_environment({"PYTHONHOME": "/x", "PYTHONPATH": "/y", "HOME": "/z"}) == {"HOME": "/z"}
