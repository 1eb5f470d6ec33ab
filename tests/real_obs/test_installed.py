"""What install.py leaves behind, in real OBS: the registered copy is loaded, stays registered, and can be taken out."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy

from obs_bgremove.setup import adding, obs_places, program_copy, scene_collections, scene_source
from tests.real_obs import config
from tests.real_obs.driver import REPOSITORY, SOON_S, START_S, Obs
from tests.waiting import wait_for


def _installed(obs: Obs) -> Path:
    """The script of a copy in the OBS's home, as install.py makes it."""
    program_copy.copy(REPOSITORY, obs.home, {})
    return obs.home / "app/obs_bgremove/script/ai_background.py"


def _kinds(obs: Obs) -> list[str]:
    return list(obs.request("GetInputKindList")["inputKinds"])


def _wizard_is_closed(obs: Obs) -> bool:
    """OBS's first start opens it over everything, and does not exit before it is closed."""
    obs.display.window("Auto-Configuration Wizard")
    obs.display.xdotool("key", "Escape")
    time.sleep(1)
    return not obs.display.xdotool("search", "--onlyvisible", "--name", "Auto-Configuration Wizard")


def test_the_registered_copy_gives_the_source_and_can_be_taken_out_again(new_obs: Callable[..., Obs]) -> None:
    obs = new_obs()
    config.write_collection(obs.config, "Test", [])
    collection = obs.config / "basic/scenes/Test.json"
    script = _installed(obs)
    assert scene_collections.change(collection, script).state == "changed"
    obs.start()
    assert "ai_background" in _kinds(obs)
    assert any(f"loaded from {script}" in line for line in obs.our_lines())
    obs.add(camera="sample")
    wait_for(lambda: obs.picture(), START_S, "a picture from the installed copy")
    obs.remove()  # what OBS could not make without the script would be an error line of its own
    obs.stop()
    assert not obs.complaints()
    assert scene_collections.change(collection, script).state == "same", (
        "OBS has rewritten the file, and kept the script"
    )
    assert scene_collections.change(collection, None).state == "changed"
    obs.start()
    assert "ai_background" not in _kinds(obs)


def test_an_obs_that_was_never_started_opens_the_prepared_collection(new_obs: Callable[..., Obs]) -> None:
    obs = new_obs()
    (obs.config / "basic/scenes/Test.json").unlink()
    # Only the door for this test: no profile, no collection, no sign of a first run.
    (obs.config / "global.ini").write_text(config.websocket(obs.port))
    collection = obs.config / "basic/scenes/Untitled.json"
    script = _installed(obs)
    assert scene_collections.create_first(collection, script).state == "changed"
    obs.start()
    assert "ai_background" in _kinds(obs)
    assert [scene["sceneName"] for scene in obs.request("GetSceneList")["scenes"]] == ["Scene"]
    assert {"Desktop Audio", "Mic/Aux"} <= set(obs.names())
    if int(obs.request("GetVersion")["obsVersion"].partition(".")[0]) < 32:  # 32.2 opens none
        wait_for(lambda: _wizard_is_closed(obs), SOON_S, "the wizard of OBS's first start is closed", 1)
    # OBS 29 told to exit right after that crashes in its widgets (libQt5Widgets, by the kernel's log; 2 of 4 exits on a
    # machine with 10 processes a core): its window gets its turn first.
    obs.request("SetStudioModeEnabled", studioModeEnabled=False)
    time.sleep(3)
    obs.stop()
    assert not obs.complaints()
    assert scene_collections.registered_script(collection) == str(script)
    assert "pulse_output_capture" in json.dumps(obs.collection("Untitled"))


def test_the_source_that_the_installer_adds_fills_the_canvas_of_the_current_scene(new_obs: Callable[..., Obs]) -> None:
    obs = new_obs()
    config.write_collection(obs.config, "Test", [])
    collection = obs.config / "basic/scenes/Test.json"
    scene_collections.change(collection, _installed(obs))
    canvas = adding.canvas(obs_places.Place("OBS", obs.config))
    assert canvas == (1280, 720)
    assert scene_source.add(collection, canvas).state == "changed"
    obs.start()
    name = scene_source.NAME
    assert obs.names() == [name]
    wait_for(lambda: obs.glimpse(name), START_S, "a picture")
    wait_for(lambda: any("all is well" in line for line in obs.our_lines()), START_S, "the person, too")
    time.sleep(1)
    item = obs.request("GetSceneItemId", sceneName="Scene", sourceName=name)["sceneItemId"]
    where = obs.request("GetSceneItemTransform", sceneName="Scene", sceneItemId=item)["sceneItemTransform"]
    assert (where["positionX"], where["positionY"], where["width"], where["height"]) == (0, 0, 1280, 720)
    obs.hotkey(
        "ai_background.privacy_on", name
    )  # the background alone: two pictures of what moves differ on a slow machine

    def difference() -> float:
        return float(numpy.abs(obs.picture("Scene")[..., :3].astype(int) - obs.picture(name)[..., :3]).mean())

    wait_for(lambda: difference() < 1, SOON_S, "the scene is the source, over the whole canvas")
    obs.stop()
    assert not obs.complaints()
    assert scene_source.add(collection, canvas).state == "same", "OBS has rewritten the file"
