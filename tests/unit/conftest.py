"""The OBS side as it runs in OBS, on a fake libobs and with a fake engine."""

import sys
import threading
from collections.abc import Iterator
from typing import Callable

import pytest

from obs_bgremove.obs import camera_list, plugin, source_type
from obs_bgremove.obs.camera_list import Camera
from obs_bgremove.shared import installation
from tests.fakes.fake_libobs import FakeLibobs


@pytest.fixture
def lib(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLibobs]:
    monkeypatch.setattr(installation, "health_check", lambda: None)
    monkeypatch.setattr(camera_list.Cameras, "_run", lambda self: [Camera("cam0", "Camera 0")])
    made = FakeLibobs()
    yield made
    sys.modules.pop("_ai_background_immortal", None)


@pytest.fixture
def load(lib: FakeLibobs) -> Iterator[Callable[..., plugin.Plugin]]:
    made: list[plugin.Plugin] = []

    def make(mode: str = "well") -> plugin.Plugin:
        def command(token: str, log_path: str) -> list[str]:
            return [sys.executable, "-m", "tests.fakes.fake_engine", mode, "--ring", token, "--log", log_path]

        made.append(plugin.Plugin(lib, "test", command))
        return made[-1]

    yield make
    for loaded in made:
        loaded.close()
    assert lib.references == 0, "a strong reference was not given back"
    assert not [thread.name for thread in threading.enumerate() if "ai-background" in thread.name]
    source_type.release_all(source_type.get(lib))
    assert lib.weak_references == 0
