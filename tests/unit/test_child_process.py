"""Programs of ours from inside OBS, its Flatpak, an AppImage: a clean environment, and the host's engine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from obs_bgremove.obs import engine_process
from obs_bgremove.setup import runner
from obs_bgremove.shared import child_process, installation
from obs_bgremove.shared.errors import UserError
from tests.fakes.watched_engine import Watched
from tests.waiting import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Flatpak and AppImage are Linux's")
REPOSITORY = Path(__file__).resolve().parents[2]
FAKE = REPOSITORY / "tests/fakes/flatpak_spawn.py"
REAL_FOLDER = "/usr/libexec/flatpak-xdg-utils"


@pytest.mark.parametrize("bundle", ["APPIMAGE", "APPDIR", "SNAP"])
def test_what_a_bundle_set_for_itself_is_not_for_our_python(bundle: str) -> None:
    theirs = {
        "LD_LIBRARY_PATH": "/tmp/.mount/lib",
        "GIO_MODULE_DIR": "/x",
        "PYTHONHOME": "/y",
        "__PYVENV_LAUNCHER__": "z",
    }
    assert child_process.clean_environment({**theirs, bundle: "/a", "HOME": "/h"}) == {bundle: "/a", "HOME": "/h"}


def test_without_a_bundle_the_libraries_are_the_persons_own() -> None:
    ours = {"LD_LIBRARY_PATH": "/opt/cuda/lib", "GIO_EXTRA_MODULES": "/x", "HOME": "/h"}
    assert child_process.clean_environment(ours) == ours


def test_engine_installer_and_command_line_start_programs_in_the_same_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"APPIMAGE": "/a", "LD_LIBRARY_PATH": "/bad", "PYTHONPATH": "/bad", "GIO_X": "/bad"}.items():
        monkeypatch.setenv(name, value)
    code = "import os; print([v for k, v in os.environ.items() if v == '/bad'])"
    spawned = engine_process.spawn([sys.executable, "-c", code], str(tmp_path), stdin=subprocess.DEVNULL)
    assert spawned.communicate(timeout=20)[0].strip() == b"[]"
    assert "/bad" not in runner.environment_for(tmp_path).values()
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path))
    python = installation.python_path()
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "LD=$LD_LIBRARY_PATH GIO=$GIO_X"\n')
    python.chmod(0o755)
    command = (
        "import importlib.util as u; u.find_spec = lambda name: None\nfrom obs_bgremove import cli\ncli.main(['bench'])"
    )
    environment = {key: value for key, value in os.environ.items() if key not in ("LD_LIBRARY_PATH", "PYTHONPATH")}
    run = subprocess.run(
        [sys.executable, "-c", f"import os; os.environ['LD_LIBRARY_PATH'] = '/bad'\n{command}"],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "LD= GIO="


@pytest.fixture
def flatpak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[list[str]]]:
    """We are inside a Flatpak whose flatpak-spawn is a fake; gives what it was called with."""
    info, calls, folder = tmp_path / ".flatpak-info", tmp_path / "calls", tmp_path / "bin"
    info.write_text("[Application]\nname=com.obsproject.Studio\n")
    folder.mkdir()
    (folder / "flatpak-spawn").symlink_to(FAKE)
    monkeypatch.setattr(child_process, "FLATPAK_INFO", info)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("FLATPAK_SPAWN_CALLS", str(calls))
    return lambda: [json.loads(line) for line in calls.read_text().splitlines()]


@pytest.fixture
def watched() -> Iterator[Callable[[], Watched]]:
    made: list[Watched] = []

    def make() -> Watched:
        made.append(Watched("well"))
        return made[-1]

    yield make
    for each in made:
        assert each.supervisor.stop(8)
        each.ring.close()


def test_out_of_a_flatpak_the_engine_runs_on_the_host_with_its_ring(
    flatpak: Callable[[], list[list[str]]], watched: Callable[[], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", "/home/anna/elsewhere")
    here = watched()
    wait_for(here.frames)
    wait_for(lambda: here.texts() and "a.png" in here.texts()[0])
    first, second = flatpak()[:2]
    assert first == ["--host", "true"]
    assert second[:5] == [
        "--host",
        "--watch-bus",
        f"--directory={REPOSITORY}",
        f"--forward-fd={here.ring.descriptor}",
        "--env=AI_BACKGROUND_HOME=/home/anna/elsewhere",
    ]
    assert second[5] == sys.executable and here.failures() == []


def test_without_the_permission_the_command_that_gives_it_is_said(
    flatpak: Callable[[], list[list[str]]], watched: Callable[[], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATPAK_SPAWN_REFUSES", "1")
    here = watched()
    wait_for(here.failures)
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak com.obsproject.Studio" in here.failures()[0]
    assert here.frames() == 0


def test_a_flatpak_without_flatpak_spawn_says_the_same(
    flatpak: Callable[[], list[list[str]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="sandbox"):
        child_process.check_host()


def test_inside_a_flatpak_the_hosts_python_is_there_although_its_link_leads_nowhere(
    flatpak: Callable[[], list[list[str]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(installation, "check_asset", lambda name: None)
    python = installation.python_path()
    python.parent.mkdir(parents=True)
    assert installation.health_check() is not None
    python.symlink_to("/usr/bin/python3.99-of-the-host")
    assert installation.health_check() is None
    monkeypatch.setattr(child_process, "FLATPAK_INFO", tmp_path / "none")
    assert installation.health_check() is not None


def test_inside_a_flatpak_the_home_is_the_persons_and_not_the_sandboxs(
    flatpak: Callable[[], list[list[str]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".var/app/com.obsproject.Studio/data"))
    monkeypatch.delenv("HOST_XDG_DATA_HOME", raising=False)
    assert installation.default_home() == tmp_path / ".local/share/ai-background"
    monkeypatch.setenv("HOST_XDG_DATA_HOME", str(tmp_path / "data"))
    assert installation.default_home() == tmp_path / "data/ai-background"


BY_THE_REAL_ONE = """
import os, signal, subprocess, sys
from pathlib import Path
from obs_bgremove.shared import child_process
child_process.FLATPAK_INFO = Path(sys.argv[1])
from obs_bgremove.obs import engine_process
from tests.waiting import wait_for
shared = os.memfd_create("ring")
os.write(shared, b"frames")
host = "import os, sys; print(os.getpid(), os.pread(%d, 6, 0).decode(), os.getcwd(), flush=True); sys.stdin.read()"
host %= shared
def start():
    process = engine_process.spawn([sys.executable, "-c", host], sys.argv[2], shared, stdin=subprocess.PIPE)
    return process, process.stdout.readline().decode().split()
process, said = start()
process.stdin.close()
print(said[1:], process.wait(10), flush=True)
process, said = start()
process.kill()
process.wait(10)
print(said[0], flush=True)
"""


@pytest.mark.skipif(
    not (shutil.which("dbus-run-session") and Path(REAL_FOLDER, "flatpak-spawn").exists()),
    reason="needs dbus, flatpak and flatpak-xdg-utils",
)
def test_the_real_flatpak_spawn_hands_the_ring_on_and_ends_the_engine(tmp_path: Path) -> None:
    """As a program of the host it talks to the same session helper as from inside a sandbox."""
    (tmp_path / ".flatpak-info").touch()
    environment = {
        "PATH": f"{REAL_FOLDER}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    run = subprocess.run(
        [
            "dbus-run-session",
            "--",
            sys.executable,
            "-c",
            BY_THE_REAL_ONE,
            str(tmp_path / ".flatpak-info"),
            str(REPOSITORY),
        ],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    first, pid = run.stdout.splitlines()
    assert first == f"['frames', '{REPOSITORY}'] 0", "descriptor and folder arrive, and the end of stdin ends it"
    wait_for(lambda: not Path("/proc", pid).exists(), 10, "killing the messenger kills the engine")
