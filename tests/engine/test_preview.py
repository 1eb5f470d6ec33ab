"""`preview` in a real window on a virtual screen: its keys, pressed by xdotool, change what the window shows."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from obs_bgremove.shared.options import Options
from obs_bgremove.tools.preview import _Preview
from tests.waiting import wait_for

NEEDED = ("Xvfb", "xdotool", "import")
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def display() -> Iterator[str]:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        message = f"needs {', '.join(missing)}"
        must = os.environ.get("CI") and sys.platform == "linux"  # elsewhere windows are not X's
        pytest.fail(message) if must else pytest.skip(message)
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with server, os.fdopen(read) as file:
        yield f":{file.readline().strip()}"
        server.terminate()


def _screenshot(display: str, path: Path) -> np.ndarray:
    subprocess.run(["import", "-display", display, "-window", "root", str(path)], check=True, timeout=30)
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture


def _until(display: str, path: Path, shown: tuple[int, int, int], process: subprocess.Popen[str]) -> None:
    """Waits until a fair part of the screen has this colour."""

    def seen() -> bool:
        assert process.poll() is None, f"exit code {process.poll()} before {shown} came"
        picture = _screenshot(display, path).astype(int)
        return bool((np.abs(picture - shown).max(axis=2) < 12).mean() > 0.08)

    wait_for(seen, 60, f"{shown}; see {path}", 0.1)


def test_the_next_background_is_found_in_a_folder_below_home(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(pictures.parent))
    window = _Preview(Options(backgrounds_folder=f"~/{pictures.name}"))
    assert window._key(ord("d"))
    assert window._options.background == "b-green.png"


def test_the_keys_of_the_window_work(display: str, assets: Path, pictures: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "DISPLAY": display}
    environment.pop("WAYLAND_DISPLAY", None)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "obs_bgremove",
            "preview",
            "--camera",
            "sample",
            "--set",
            f"backgrounds_folder={pictures}",
        ],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    shot = tmp_path / "screen.png"

    def press(key: str) -> None:
        found = subprocess.run(
            ["xdotool", "search", "--name", "AI Background"], env=environment, capture_output=True, text=True
        )
        window = re.findall(r"\d+", found.stdout)[-1]
        subprocess.run(["xdotool", "windowfocus", window], env=environment, check=False)
        subprocess.run(["xdotool", "key", "--window", window, key], env=environment, check=True)

    with process:
        try:
            _until(display, shot, (0, 0, 255), process)
            press("d")
            _until(display, shot, (0, 255, 0), process)
            press("a")
            _until(display, shot, (0, 0, 255), process)
            press("a")
            _until(display, shot, (255, 0, 0), process)
            press("m")
            _until(display, shot, (255, 255, 255), process)
            press("m")
            press("q")
            assert process.wait(10) == 0
        finally:
            process.kill()
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
