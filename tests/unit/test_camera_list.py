"""Which camera a new source gets, from what the engine's Python prints."""

import json
import subprocess
import sys

import pytest

from obs_bgremove.obs import engine_process
from obs_bgremove.obs.camera_list import Camera, Cameras
from obs_bgremove.shared import installation

WEBCAM, OBS = {"id": "b", "name": "Webcam", "virtual": False}, {"id": "a", "name": "OBS Cam", "virtual": True}


@pytest.mark.parametrize(("printed", "default"), [([OBS, WEBCAM], "b"), ([OBS], "sample"), ([], "sample")])
def test_a_new_source_gets_the_first_real_camera(
    monkeypatch: pytest.MonkeyPatch, printed: list[dict[str, object]], default: str
) -> None:
    def spawn(command: list[str], *_: object, **__: object) -> "subprocess.Popen[bytes]":
        assert command[-1] == "--list-cameras"
        return subprocess.Popen(
            [sys.executable, "-c", f"print({json.dumps(json.dumps(printed))})"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    monkeypatch.setattr(engine_process, "spawn", spawn)
    monkeypatch.setattr(installation, "health_check", lambda: None)
    cameras = Cameras()
    cameras.known = cameras._run()
    assert cameras.known == [Camera(str(one["id"]), str(one["name"]), bool(one["virtual"])) for one in printed]
    assert cameras.default == default
