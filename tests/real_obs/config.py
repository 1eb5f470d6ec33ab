"""What OBS reads at its start: a profile, a scene collection, obs-websocket open on a port. Never the user's own."""

import json
import re
import shutil
from pathlib import Path
from typing import Any, Optional


def write(config: Path, port: int, recordings: Path, scripts: list[Path], language: str) -> None:
    """Fills an empty config folder: a profile of 1280x720 at 30 fps, and a collection that loads these scripts."""
    profile, scenes = config / "basic/profiles/Test", config / "basic/scenes"
    profile.mkdir(parents=True)
    scenes.mkdir(parents=True)
    general = (
        f"[General]\nFirstRun=true\nLanguage={language}\nPre19Defaults=false\nPre21Defaults=false\nPre23Defaults=false\n"
        "Pre24.1Defaults=false\nEnableAutoUpdates=false\nLastVersion=486539266\n"
        "[Basic]\nProfile=Test\nProfileDir=Test\nSceneCollection=Test\nSceneCollectionFile=Test\n"
    )
    (config / "global.ini").write_text(general + websocket(port))
    socket_config = config / "plugin_config/obs-websocket"
    socket_config.mkdir(parents=True)
    (socket_config / "config.json").write_text(
        json.dumps({"first_load": False, "server_enabled": True, "server_port": port, "auth_required": False})
    )
    (profile / "basic.ini").write_text(
        "[General]\nName=Test\n[Video]\nBaseCX=1280\nBaseCY=720\nOutputCX=1280\nOutputCY=720\nFPSCommon=30\n"
        f"[Output]\nMode=Simple\n[SimpleOutput]\nFilePath={recordings}\nRecFormat=mkv\nVBitrate=2500\n"
        "StreamEncoder=x264\nRecQuality=Stream\n"
    )
    write_collection(config, "Test", scripts)


def without_us(config: Path, before: Path, port: int) -> None:
    """A new config folder, as `before` but without any script and any source of ours, and with another port."""
    shutil.copytree(before, config)
    for collection in config.glob("basic/scenes/*.json"):
        content = json.loads(collection.read_text(encoding="utf-8"))
        content.get("modules", {})["scripts-tool"] = []
        ours = {source["name"] for source in content["sources"] if source["id"] == "ai_background"}
        content["sources"] = [source for source in content["sources"] if source["name"] not in ours]
        for source in content["sources"]:
            items = source.get("settings", {}).get("items", [])
            items[:] = [item for item in items if item["name"] not in ours]
        collection.write_text(json.dumps(content))
    for file in (*config.glob("*.ini"), *config.glob("plugin_config/obs-websocket/config.json")):
        text = re.sub(r"(ServerPort=|\"server_port\": ?)\d+", rf"\g<1>{port}", file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")


def websocket(port: int) -> str:
    """The lines of global.ini that open the door for tests; OBS 30 and later read a file of the plugin instead."""
    return (
        f"[OBSWebSocket]\nServerEnabled=true\nServerPort={port}\nAuthRequired=false\nFirstLoad=false\n"
        "AlertsEnabled=false\n"
    )


def write_collection(
    config: Path, name: str, scripts: list[Path], sources: Optional[list[dict[str, Any]]] = None
) -> None:
    """A scene collection of one scene, holding `sources` (name and settings each), and the scripts."""
    scene_items = [
        {"name": source["name"], "id": number, "visible": True, "scale": {"x": 1.0, "y": 1.0}}
        for number, source in enumerate(sources or [], 1)
    ]
    inputs = [
        {"id": "ai_background", "versioned_id": "ai_background", "enabled": True, "hotkeys": {}, **source}
        for source in sources or []
    ]
    scene = {
        "id": "scene",
        "versioned_id": "scene",
        "name": "Scene",
        "settings": {"items": scene_items, "id_counter": len(scene_items), "custom_size": False},
    }
    collection = {
        "name": name,
        "current_scene": "Scene",
        "current_program_scene": "Scene",
        "scene_order": [{"name": "Scene"}],
        "sources": [scene, *inputs],
        "modules": {"scripts-tool": [{"path": str(script), "settings": {}} for script in scripts]},
    }
    (config / f"basic/scenes/{name}.json").write_text(json.dumps(collection))
