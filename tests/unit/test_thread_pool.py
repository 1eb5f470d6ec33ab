"""Threads that are used again: the same one for one thing after another, and none left at the end."""

import threading
from collections.abc import Iterator

import pytest

from obs_bgremove.obs.thread_pool import ThreadPool

SOON_S = 10.0


@pytest.fixture
def crew() -> Iterator[ThreadPool]:
    made = ThreadPool("a crew under test")
    yield made
    made.shut_down()
    assert not [thread for thread in threading.enumerate() if thread.name == "a crew under test"]


def _who(crew: ThreadPool) -> int:
    seen: list[int] = []
    assert crew.start(lambda: seen.append(threading.get_ident())).join(SOON_S)
    return seen[0]


def test_one_thing_after_another_is_done_by_one_thread(crew: ThreadPool) -> None:
    assert len({_who(crew) for _ in range(200)}) == 1


def test_what_runs_at_the_same_time_has_threads_of_its_own_and_they_are_used_again(crew: ThreadPool) -> None:
    together = threading.Barrier(3)
    tasks = [crew.start(lambda: together.wait(SOON_S) and None) for _ in range(3)]
    assert all(task.join(SOON_S) for task in tasks)
    threads = {task.thread for task in tasks}
    assert len(threads) == 3
    fourth = crew.start(lambda: None)
    assert fourth.thread in threads and fourth.join(SOON_S)


def test_waiting_for_work_that_does_not_end_has_a_limit(crew: ThreadPool) -> None:
    go_on = threading.Event()
    task = crew.start(lambda: go_on.wait(SOON_S) and None)
    assert not task.join(0.05)
    go_on.set()
    assert task.join(SOON_S)


def test_work_that_waits_for_itself_is_told_so_at_once(crew: ThreadPool) -> None:
    answers: list[bool] = []
    ready = threading.Event()
    task = crew.start(lambda: ready.wait(SOON_S) and answers.append(task.join(SOON_S)))
    ready.set()
    assert task.join(SOON_S) and answers == [False]


def test_work_that_fails_is_logged_and_its_thread_goes_on(crew: ThreadPool, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("on purpose")

    failed = crew.start(fail)
    assert failed.join(SOON_S)
    next_one = crew.start(lambda: None)
    assert next_one.thread is failed.thread and next_one.join(SOON_S)
    assert "on purpose" in caplog.text


def test_a_busy_thread_of_a_pool_that_was_shut_down_ends_after_its_task(crew: ThreadPool) -> None:
    go_on = threading.Event()
    task = crew.start(lambda: go_on.wait(SOON_S) and None)
    crew.shut_down()
    assert _who(crew) != (task.thread and task.thread.ident), "new work goes to a new thread"
    go_on.set()
    assert task.join(SOON_S) and task.thread is not None
    task.thread.join(SOON_S)
    assert not task.thread.is_alive()
