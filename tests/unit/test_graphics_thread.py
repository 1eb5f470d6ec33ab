"""Nothing of ours is there for OBS to call once a frame: no such callback in the source type, no tick, no timer."""

import ast
import ctypes
import re
import sys
from pathlib import Path

from obs_bgremove.obs import libobs, source_type
from tests.fakes.fake_libobs import FakeLibobs

PACKAGE = Path(libobs.__file__).parents[1]
# By their offsets in obs_source_info (see libobs.py): what OBS calls when something happens, and `destroy`, which is
# libobs's own bfree. All others are NULL: video_tick (112) and video_render (120) would be called for every frame.
CALLBACKS = {16: "get_name", 24: "create", 32: "destroy", 56: "get_defaults", 64: "get_properties", 72: "update"}
CALLBACKS |= {96: "show", 104: "hide", 384: "missing_files"}
DATA = {0: "id", 8: "type and output_flags", 288: "icon_type"}


def test_of_all_callbacks_of_a_source_only_those_of_events_are_set() -> None:
    try:
        holder = source_type.get(FakeLibobs())
        content = ctypes.string_at(ctypes.addressof(holder.info), ctypes.sizeof(holder.info))
    finally:
        sys.modules.pop("_ai_background_immortal", None)
    set_at = {offset for offset in range(0, len(content), 8) if any(content[offset : offset + 8])}
    assert set_at == set(CALLBACKS) | set(DATA)


def test_no_function_of_libobs_that_hooks_into_each_frame_is_known_to_us() -> None:
    hooks = re.compile(r"tick|timer|draw|render|main_render|frame_cb|raw_|add_.*_callback")
    assert not [name for name in (*libobs.PROTOTYPES, *libobs.OPTIONAL_PROTOTYPES) if hooks.search(name)]


def test_the_script_has_no_hook_that_obs_calls_each_frame_and_starts_no_timer() -> None:
    script = ast.parse((PACKAGE / "script/ai_background.py").read_text(encoding="utf-8"))
    hooks = {node.name for node in script.body if isinstance(node, ast.FunctionDef)}
    assert hooks == {"script_description", "script_load", "script_unload"}
    for path in (PACKAGE / "obs").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "obspython":
                assert node.attr == "blog" or node.attr.startswith("LOG_"), f"{path.name}: obspython.{node.attr}"
