"""Callbacks of OBS that come at the worst moment: each interleaving is forced, not hoped for."""

import subprocess
import sys
import threading
import time
from typing import Any, Callable, Optional

import pytest

from obs_bgremove.obs import engine_process, libobs, one_shot_process, plugin, source, source_type
from obs_bgremove.obs.camera_list import Camera, Cameras
from obs_bgremove.shared import installation
from tests.fakes.fake_libobs import FakeLibobs
from tests.waiting import wait_for

SOON_S = 10.0
BLOCKED_S = 0.3  # long enough for a thread that nothing blocks


@pytest.fixture
def made_sources(monkeypatch: pytest.MonkeyPatch) -> list[source.Source]:
    """Every Source that is made."""
    made: list[source.Source] = []
    real = source.Source.__init__

    def noting(self: source.Source, *arguments: Any) -> None:
        made.append(self)
        real(self, *arguments)

    monkeypatch.setattr(source.Source, "__init__", noting)
    return made


def test_a_source_created_while_the_script_takes_over_is_made_once(
    lib: FakeLibobs,
    load: Callable[..., plugin.Plugin],
    made_sources: list[source.Source],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = plugin.Plugin._adopt

    def create_meanwhile(self: plugin.Plugin) -> None:
        other = threading.Thread(target=lib.add_source, kwargs={"camera": "sample"})
        other.start()
        other.join(SOON_S)
        real(self)

    monkeypatch.setattr(plugin.Plugin, "_adopt", create_meanwhile)
    loaded = load()
    assert len(loaded._sources) == 1
    assert len(made_sources) == 1, "the first one is nobody's: its engine and its camera stay"
    assert len(lib.hotkeys) == 11


def test_a_source_whose_creation_is_under_way_at_unload_is_not_left_behind(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], made_sources: list[source.Source]
) -> None:
    loaded = load()
    handlers = source_type.get(lib).handlers
    assert handlers is not None
    loaded.close()
    made = lib.add_source(camera="sample")  # libobs has called `create`, which has found the handlers before the close
    [serial] = source_type.get(lib).living
    handlers.created(serial, made)
    assert made_sources == [] and loaded._sources == {}


def test_two_sources_that_leave_at_once_are_both_waited_for(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    loaded = load()
    first, second = (lib.add_source(f"Source {number}", camera="sample") for number in range(2))
    wait_for(lambda: len(loaded._sources) == 2 and len(lib.frames) > 2)
    second_left = threading.Event()

    class Slow:
        """Stands in the list of threads; while it is looked at, the second source leaves as well."""

        looked_at = False

        def is_alive(self) -> bool:
            if not self.looked_at:
                self.looked_at = True
                other.start()
                second_left.wait(BLOCKED_S)
            return False

        def join(self, timeout: Optional[float] = None) -> None:
            pass

    def leave() -> None:
        lib.remove_source(second)
        second_left.set()

    other = threading.Thread(target=leave)
    loaded._closing.append(Slow())  # type: ignore[arg-type]
    started: list[threading.Thread] = []
    real = threading.Thread.start
    try:
        threading.Thread.start = lambda self: (  # type: ignore[method-assign]
            started.append(self) if self.name == "ai-background end" else None,
            real(self),
        )[1]
        lib.remove_source(first)
    finally:
        other.join(SOON_S)
        threading.Thread.start = real  # type: ignore[method-assign]
    assert len(started) == 2
    lost = [thread for thread in started if thread.is_alive() and thread not in loaded._closing]
    listed = [thread for thread in started if thread in loaded._closing]
    assert not lost and started[-1] in listed, "unload would not wait for it"


@pytest.mark.parametrize("late", ["worker", "supervisor", "frame"])
def test_the_weak_reference_of_a_source_stays_while_a_thread_of_ours_may_use_it(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """libobs keeps it in memory of its own: used after it was given back, it takes OBS down."""
    monkeypatch.setattr(plugin, "UNLOAD_S", BLOCKED_S if late == "worker" else SOON_S)
    loaded = load()
    made = lib.add_source(camera="sample")
    wait_for(lambda: lib.frames)
    [held] = loaded._sources.values()
    go_on, blocked = threading.Event(), threading.Event()

    def block(*_: object) -> None:
        blocked.set()
        go_on.wait(SOON_S)

    if late == "worker":
        held.do(block)
    elif late == "supervisor":
        stop = held._supervisor.stop  # type: ignore[union-attr]
        monkeypatch.setattr(held._supervisor, "stop", lambda timeout_s: stop(timeout_s) and False)
        blocked.set()
    else:
        monkeypatch.setattr(lib, "obs_source_output_video", block)
    assert blocked.wait(SOON_S)
    lib.remove_source(made)
    for thread in list(loaded._closing):
        thread.join(SOON_S)
    assert lib.weak_references == 1, "given back under a thread that uses it"
    go_on.set()
    held._thread.join(SOON_S)
    lib.weak_references -= 1  # a leak, on purpose


def test_the_panel_keeps_nothing_of_a_source_that_is_gone(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    loaded = load()
    for _ in range(3):
        made = lib.add_source(camera="sample")
        lib.panel(made)
        assert len(loaded._panel._rows.listed) == 1
        data = lib.objects[made]["data"]
        lib.remove_source(made)
        lib.info.get_properties(data)  # OBS's window still draws the panel
        assert loaded._panel._rows.listed == {}
    lib.info.get_properties(None)
    assert loaded._panel._rows.listed == {}


# The list of cameras.

ANSWERS = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(installation, "health_check", lambda: None)
    made = Cameras()
    yield made
    made.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "ai-background cameras"]


def test_two_refreshes_at_once_ask_once(cameras: Cameras, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, asked = threading.Event(), []
    monkeypatch.setattr(Cameras, "_run", lambda self: asked.append(1) or (go_on.wait(SOON_S) and []) or [])
    second_done = threading.Event()
    real = threading.Thread.__init__

    def meanwhile(self: threading.Thread, *arguments: Any, **more: Any) -> None:
        """The first refresh is about to start its thread: now comes the second one."""
        real(self, *arguments, **more)
        if more.get("name") == "ai-background cameras":
            monkeypatch.setattr(threading.Thread, "__init__", real)
            other.start()
            second_done.wait(BLOCKED_S)

    def refresh_too() -> None:
        cameras.refresh(lambda: None)
        second_done.set()

    other = threading.Thread(target=refresh_too)
    monkeypatch.setattr(threading.Thread, "__init__", meanwhile)
    cameras.refresh(lambda: None)
    other.join(SOON_S)
    wait_for(lambda: asked)
    go_on.set()
    wait_for(lambda: cameras.known == [])
    assert asked == [1]


def test_a_lister_that_starts_while_the_script_is_unloaded_is_ended(
    cameras: Cameras, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spawned: list[subprocess.Popen[bytes]] = []
    starting, go_on = threading.Event(), threading.Event()

    def spawn(command: list[str], folder: str, **more: Any) -> "subprocess.Popen[bytes]":
        starting.set()
        go_on.wait(SOON_S)
        spawned.append(subprocess.Popen(ANSWERS, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return spawned[-1]

    monkeypatch.setattr(engine_process, "spawn", spawn)
    monkeypatch.setattr(one_shot_process, "WAIT_S", 0.05)
    cameras.refresh(lambda: None)
    assert starting.wait(SOON_S)
    thread = cameras._lister._thread
    cameras.stop()
    go_on.set()
    assert thread is not None
    thread.join(SOON_S)
    left_by_itself = not thread.is_alive()
    if not left_by_itself:
        spawned[0].kill()
    assert left_by_itself, "the process stays for 30 s more"
    assert spawned[0].poll() is not None
    assert caplog.text == ""


def test_a_lister_ended_at_unload_is_no_failure(
    cameras: Cameras, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def spawn(command: list[str], folder: str, **more: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(ANSWERS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    monkeypatch.setattr(engine_process, "spawn", spawn)
    asked: list[int] = []
    cameras.refresh(lambda: asked.append(1))
    wait_for(lambda: cameras._lister._child is not None)
    cameras.stop()
    assert caplog.text == "" and asked == []
    cameras.refresh(lambda: asked.append(1))
    assert not cameras._lister.busy, "unloaded: nothing is asked any more"


def test_a_lister_that_answers_nonsense_is_said(
    cameras: Cameras, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    command = [sys.executable, "-c", "import sys; print('rtsp://me:QXZ@h/x broke', file=sys.stderr)"]
    monkeypatch.setattr(
        engine_process,
        "spawn",
        lambda *_, **__: subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE),
    )
    cameras.refresh(lambda: None)
    wait_for(lambda: "could not be listed (rtsp://h/… broke)" in caplog.text)
    monkeypatch.setattr(Cameras, "_run", lambda self: [Camera("a", "A")])
    wait_for(lambda: not cameras._lister.busy)
    cameras.refresh(lambda: None)
    wait_for(lambda: cameras.known == [Camera("a", "A")])


def test_no_two_threads_of_ours_are_in_a_source_s_settings_at_once(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], monkeypatch: pytest.MonkeyPatch
) -> None:
    """libobs guards them by nothing. And their text is asked of a copy: OBS may ask for it at the same moment."""
    load()
    made = lib.add_source(camera="sample")
    settings = lib.objects[made]["settings"]
    inside: list[str] = []
    wrong: list[object] = []

    def slow(name: str, function: Callable[..., Any], live: Callable[..., bool]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if not live(*arguments):
                return function(*arguments)
            inside.append(name)
            if len(inside) > 1 or name == "obs_data_get_json":
                wrong.append(tuple(inside))
            time.sleep(0.002)
            try:
                return function(*arguments)
            finally:
                inside.remove(name)

        return call

    for name in libobs.PROTOTYPES:
        if name.startswith("obs_data_") and name not in ("obs_data_create", "obs_data_release"):
            monkeypatch.setattr(lib, name, slow(name, getattr(lib, name), lambda *a: settings in a))
    monkeypatch.setattr(lib, "obs_source_update", slow("obs_source_update", lib.obs_source_update, lambda *_: True))

    def at_once(*works: Callable[[], object]) -> None:
        threads = [threading.Thread(target=lambda work=work: [work() for _ in range(10)]) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON_S)

    panel = lib.panel(made)
    row = panel.find("backgrounds_folder")
    numbers = lib._new(panel), lib._new(row), settings
    at_once(
        lambda: lib.info.update(lib.objects[made]["data"], settings),  # the worker reads
        lambda: lib.panel(made),
        lambda: row.callback(row.private, *numbers),
        lambda: lib.press_hotkey("ai_background.next"),  # reads here, and the worker writes
    )
    assert not wrong, wrong[:3]
