"""Real OBS with stored settings as nobody sees them in a panel, presses and choices within a moment, and structures
that are not as we think."""

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import REPOSITORY, SOON_S, START_S, Obs
from tests.waiting import wait_for

RED, GREEN, BLUE = COLOURS.values()
FIRST, SECOND, THIRD = COLOURS
TIMES = 20
SETTLED_S = 0.25


@pytest.fixture(scope="module")
def obs(new_shared_obs: Callable[..., Obs], pictures: Path) -> Iterator[Obs]:
    obs = new_shared_obs(waived="Setting fps|Setting backgrounds_folder|Setting camera|Setting mirror").start()
    obs.add(camera="sample", backgrounds_folder=str(pictures))
    wait_for(lambda: any("all is well" in line for line in obs.our_lines()), START_S, "the person")
    return obs


def at_once(obs: Obs, *requests: tuple[str, dict[str, Any]]) -> None:
    """Several requests in one message of obs-websocket, done one right after the other."""
    listed = [{"requestType": kind, "requestData": data} for kind, data in requests]
    message = {"op": 8, "d": {"requestId": "both", "executionType": 0, "requests": listed}}
    connection = obs._client.base_client.ws
    connection.send(json.dumps(message))
    answer = json.loads(connection.recv())
    assert answer["op"] == 9, answer
    assert all(result["requestStatus"]["result"] for result in answer["d"]["results"]), answer


PRESS = ("TriggerHotkeyByName", {"hotkeyName": "ai_background.next", "contextName": "Me"})


def choose(name: str) -> tuple[str, dict[str, Any]]:
    return "SetInputSettings", {"inputName": "Me", "inputSettings": {"background": name}, "overlay": True}


@pytest.mark.parametrize(
    ("requests", "expected"),
    [((PRESS, choose(THIRD)), THIRD), ((choose(SECOND), PRESS), THIRD)],
    ids=["press first", "choice first"],
)
def test_the_later_of_a_press_and_a_choice_wins(obs: Obs, requests: Any, expected: str) -> None:
    import time

    for _ in range(TIMES):
        obs.set(background=FIRST)
        time.sleep(SETTLED_S)
        at_once(obs, *requests)
        time.sleep(SETTLED_S)  # a worker that is late would write over it now
        assert obs.settings()["background"] == expected
    obs.set(background=FIRST)


@pytest.mark.parametrize(
    ("key", "value", "good"),
    [
        ("fps", "fast", 0),
        ("fps", None, 0),
        ("fps", {"a": 1}, 0),
        ("fps", [1], 0),
        ("fps", 1e300, 0),
        ("backgrounds_folder", 7, None),
        ("camera", {"a": None}, "sample"),
        ("mirror", "yes", True),
    ],
)
def test_an_odd_stored_value_leaves_a_panel(obs: Obs, pictures: Path, key: str, value: Any, good: Any) -> None:
    obs.set(**{key: value})
    names = [item["itemName"] for item in obs.items("fps")]
    assert names[0] == "Automatic" and len(names) == 7
    assert obs.items("background") and "Sample portrait" in [item["itemName"] for item in obs.items("camera")]
    assert obs.settings()["background"] == FIRST, "opening a panel changes no choice"
    obs.set(**{key: str(pictures) if good is None else good})
    wait_for(lambda: obs.shows(RED), SOON_S, "the picture")


DOCTORED = """
    import ctypes, sys
    sys.path.insert(0, {repository!r})
    from obs_bgremove.obs import abi_check, libobs, plugin

    def shifted(structure, before):
        fields = list(structure._fields_)
        place = [name for name, _ in fields].index(before)
        fields.insert(place, ("new", ctypes.c_uint64))
        return type("shifted", (ctypes.Structure,), {{"_fields_": fields}})

    other = shifted(libobs.{structure}, {before!r})
    libobs.{structure} = abi_check.{structure} = other
    for name in ("obs_register_source_s", "obs_source_output_video", "obs_source_frame_init", "obs_source_frame_copy"):
        restype, argtypes = libobs.PROTOTYPES[name]
        argtypes = [ctypes.c_void_p if "P_obs" in kind.__name__ else kind for kind in argtypes]
        libobs.PROTOTYPES[name] = (restype, argtypes)

    def script_description():
        return plugin.description()

    def script_load(settings):
        plugin.load(__file__)

    def script_unload():
        plugin.unload()
"""


@pytest.mark.parametrize(
    ("structure", "before"),
    [
        ("obs_source_frame", "width"),
        ("obs_source_frame", "flip"),
        ("obs_source_info", "get_name"),
        ("obs_source_info", "create"),
    ],
)
def test_an_obs_with_other_structures_is_left_alone(
    new_obs: Callable[..., Obs], tmp_path: Path, structure: str, before: str
) -> None:
    script = tmp_path / "doctored.py"
    script.write_text(textwrap.dedent(DOCTORED.format(repository=str(REPOSITORY), structure=structure, before=before)))
    obs = new_obs(waived="This OBS differs", scripts=[script])
    obs.start()
    assert "ai_background" not in obs.request("GetInputKindList")["inputKinds"]
    assert any(f"This OBS differs from those that AI Background knows ({structure}" in line for line in obs.our_lines())
    assert obs.stop() == 0
