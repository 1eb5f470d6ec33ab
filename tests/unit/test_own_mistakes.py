"""A mistake of ours is one line in OBS's log that says where; nothing is left running."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from obs_bgremove.obs import engine_process, plugin, thread_pool
from obs_bgremove.obs.engine_process import EngineProcess
from obs_bgremove.shared import errors
from obs_bgremove.shared.errors import exit_in_words
from tests.fakes.fake_libobs import FakeLibobs
from tests.systems import open_descriptors
from tests.waiting import wait_for

REPOSITORY = str(Path(__file__).resolve().parents[2])
SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]


def deep() -> None:
    raise LookupError("on purpose")


def one_line(caplog: pytest.LogCaptureFixture, start: str) -> str:
    """The one line of the log that tells it."""
    lines = [line for line in caplog.messages if "on purpose" in line]
    assert len(lines) == 1 and "\n" not in lines[0]
    assert start in lines[0] and "LookupError" in lines[0]
    assert "at test_own_mistakes.py:" in lines[0] and " deep < " in lines[0], "the innermost place first"
    return lines[0]


def test_a_mistake_on_a_thread_of_a_pool_is_logged_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    pool = thread_pool.ThreadPool("under test")
    assert pool.start(deep).join(10)
    pool.shut_down()
    assert "thread_pool.py:" in one_line(caplog, "under test: internal error")


def test_a_mistake_in_a_sources_task_is_logged_with_its_place_and_the_worker_goes_on(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], caplog: pytest.LogCaptureFixture
) -> None:
    loaded = load()
    lib.add_source("Anna", camera="sample")
    [held] = loaded._sources.values()
    done: list[int] = []
    held.do(deep)
    held.do(lambda: done.append(1))
    wait_for(lambda: done)
    assert "source.py:" in one_line(caplog, "Anna: internal error")


def test_a_source_that_cannot_be_set_up_is_logged_with_its_place(
    lib: FakeLibobs,
    load: Callable[..., plugin.Plugin],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = load()
    monkeypatch.setattr(loaded, "_command", lambda *_: deep())
    lib.add_source("Anna", camera="sample")
    wait_for(lambda: "on purpose" in caplog.text)
    one_line(caplog, "Anna: the source could not be set up")
    assert "could not be set up" in lib.panel(next(iter(loaded._serials))).find("status").label


def test_a_message_that_cannot_be_handled_is_logged_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    command = [sys.executable, "-c", 'print(\'{"type": "frame", "sequence": 1}\', flush=True); input()']
    ended: list[int] = []
    process = EngineProcess(command, REPOSITORY, None, lambda: b"", lambda message: deep(), lambda: ended.append(1))
    wait_for(lambda: ended)
    process.close(gently=True)
    assert "engine_process.py:" in one_line(caplog, f"A message of the engine (process {process.pid}) could not be")
    assert "could not be handled" in str(process.failure)


@pytest.mark.parametrize("which", ["PUMPS", "DRAINS"])
def test_a_process_whose_thread_cannot_be_started_is_ended_and_its_pipes_are_closed(
    monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    spawned: list[subprocess.Popen[bytes]] = []
    real = engine_process.spawn

    def spawn(*arguments: Any, **more: Any) -> "subprocess.Popen[bytes]":
        spawned.append(real(*arguments, **more))
        return spawned[-1]

    class Exhausted:
        def start(self, work: Callable[[], None]) -> thread_pool.Task:
            raise RuntimeError("can't start new thread")

        def shut_down(self) -> None:
            pass

    monkeypatch.setattr(engine_process, "spawn", spawn)
    monkeypatch.setattr(thread_pool, which, Exhausted())
    before = open_descriptors()
    try:
        with pytest.raises(RuntimeError, match="new thread"):
            EngineProcess(SLEEPS, REPOSITORY, None, lambda: b"", lambda message: None, lambda: None)
        assert spawned[0].poll() is not None, "it runs, and nobody knows of it"
        assert open_descriptors() == before
    finally:
        spawned[0].kill()
        for pipe in (spawned[0].stdin, spawned[0].stdout, spawned[0].stderr):
            if pipe is not None:
                pipe.close()
        spawned[0].wait()
        thread_pool.shut_down()


def test_the_process_shown_is_the_one_that_the_engine_says_it_is(
    lib: FakeLibobs,
    load: Callable[..., plugin.Plugin],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("INFO")
    loaded = load()
    # A launcher stands between, as flatpak-spawn does: the process that OBS starts is not the engine.
    launcher = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:], close_fds=False))"
    real = loaded._command
    monkeypatch.setattr(loaded, "_command", lambda *told: [sys.executable, "-c", launcher, *real(*told)])
    lib.add_source("Anna", camera="sample")
    wait_for(lambda: lib.frames)
    [held] = loaded._sources.values()
    supervisor = held._supervisor
    assert supervisor is not None and supervisor._process is not None
    started, told = supervisor._process._popen.pid, supervisor.pid
    assert told != started
    if sys.platform == "linux":
        assert b"fake_engine" in Path(f"/proc/{told}/cmdline").read_bytes().split(b"\0")[2]
    assert f"engine process: {told}" in held.details()
    assert f"Anna: engine started (process {told})." in caplog.text


def test_a_long_line_of_the_engine_is_cut_at_a_word_and_shows_no_half_address() -> None:
    """The cut falls between user and password: what follows would look like any text."""
    before = "x" * (engine_process.STDERR_LINE_BYTES - len("rtsp://anna:12") - 1)
    told = f"{before} rtsp://anna:1234567@host/live and more"
    command = [sys.executable, "-c", f"import sys; print({told!r}, file=sys.stderr); print('after', file=sys.stderr)"]
    ended: list[int] = []
    process = EngineProcess(command, REPOSITORY, None, lambda: b"", lambda message: None, lambda: ended.append(1))
    wait_for(lambda: ended)
    wait_for(lambda: process.last_words.endswith("after"))
    kept = "\n".join(process._stderr)
    process.close(gently=True)
    assert "anna" not in kept and "4567" not in kept and "12" not in process.last_words


@pytest.mark.parametrize(
    ("code", "system", "words"),
    [
        (3, "linux", "exit code 3"),
        (-9, "linux", "signal 9"),
        (0xC0000005, "win32", "exit code 0xC0000005"),
        (-1073741819, "win32", "exit code 0xC0000005"),
        (1, "win32", "exit code 1"),
    ],
)
def test_how_a_process_ended_is_said_as_people_look_it_up(
    monkeypatch: pytest.MonkeyPatch, code: int, system: str, words: str
) -> None:
    monkeypatch.setattr(errors.sys, "platform", system)
    assert str(exit_in_words(code)) == words
