"""AI Background in the current scene: nothing else changes, a second time changes nothing, what is odd stays."""

import difflib
import json
from pathlib import Path
from typing import Any

import pytest

from obs_bgremove.setup import scene_collections, scene_source

REAL = Path(__file__).parent / "data" / "obs-29-first-start.json"
SCRIPT = Path("/home/anna/ai-background/app/obs_bgremove/script/ai_background.py")


def collection_of(**more: Any) -> dict[str, Any]:
    """Two scenes, the second one current, with a camera in it."""
    item = {"name": "Camera", "id": 7, "pos": {"x": 1.5, "y": 2.0}}
    scenes = [
        {"id": "scene", "name": "Start", "settings": {"items": [], "id_counter": 0}},
        {"id": "scene", "name": "Talk", "settings": {"items": [item], "id_counter": 7, "custom_size": False}},
        {"id": "v4l2_input", "name": "Camera", "settings": {"device_id": "/dev/video0"}},
    ]
    return {"name": "Mine", "current_scene": "Talk", "current_program_scene": "Talk", "sources": scenes, **more}


def added(collection: dict[str, Any], canvas: tuple[int, int] | None = (1280, 720)) -> dict[str, Any]:
    text = scene_source.with_source(json.dumps(collection), canvas)
    assert text is not None
    return dict(json.loads(text))


def test_it_is_on_top_of_the_current_scene_as_large_as_the_canvas() -> None:
    before, after = collection_of(), added(collection_of())
    assert after["sources"][-1] == {
        "id": "ai_background",
        "versioned_id": "ai_background",
        "name": "AI Background",
        "enabled": True,
        "settings": {},
    }
    settings = after["sources"][1]["settings"]
    old, item = settings["items"]
    assert old == before["sources"][1]["settings"]["items"][0]
    assert (item["name"], item["id"], settings["id_counter"]) == ("AI Background", 8, 8)
    assert (item["bounds"], item["bounds_type"], item["pos"]) == ({"x": 1280, "y": 720}, 2, {"x": 0, "y": 0})
    assert item["visible"] and "bounds_rel" not in item


def test_everything_else_stays_to_the_last_character() -> None:
    text = json.dumps(collection_of(number=1.10, text="Größe 日本"), indent=4, ensure_ascii=False)
    new = scene_source.with_source(text, (1280, 720)) or ""
    gone = [line[2:].strip() for line in difflib.ndiff(text.splitlines(), new.splitlines()) if line.startswith("- ")]
    assert set(gone) <= {"}", '"id_counter": 7,'}, "a comma behind a last item, and the number of the last item"
    without = added(json.loads(text))
    without["sources"].pop()
    without["sources"][1]["settings"]["items"].pop()
    without["sources"][1]["settings"]["id_counter"] = 7
    assert without == json.loads(text)
    assert '"number": 1.1' in new and "Größe 日本" in new


def test_a_collection_of_obs_29_gets_it_and_a_second_time_changes_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "Untitled.json"
    path.write_bytes(REAL.read_bytes())
    outcome = scene_source.add(path, (1920, 1080))
    assert outcome.state == "changed" and outcome.backup is not None
    assert outcome.backup.read_bytes() == REAL.read_bytes()
    once = path.read_bytes()
    assert scene_source.add(path, (1920, 1080)).state == "same"
    assert path.read_bytes() == once and len(list(tmp_path.iterdir())) == 2
    assert [name for name, _ in scene_collections.our_sources(path)] == ["AI Background"]


def test_a_collection_that_has_one_in_any_scene_is_left_alone() -> None:
    collection = collection_of()
    collection["sources"].append({"id": "ai_background", "name": "Me", "settings": {}})
    assert scene_source.with_source(json.dumps(collection), (1280, 720)) is None


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    collection = collection_of(AuxAudioDevice1={"name": "AI Background 2"}, groups=[{"name": "AI Background 3"}])
    collection["sources"].append({"id": "image_source", "name": "AI Background"})
    assert added(collection)["sources"][-1]["name"] == "AI Background 4"


def test_a_canvas_that_is_not_known_is_filled_by_height_where_obs_can() -> None:
    item = added(collection_of(), None)["sources"][1]["settings"]["items"][-1]
    assert item["bounds"] == {"x": 1920, "y": 1080}
    assert item["bounds_rel"] == {"x": pytest.approx(32 / 9), "y": 2}


def test_a_scene_of_its_own_size_is_the_canvas() -> None:
    collection = collection_of()
    collection["sources"][1]["settings"].update(custom_size=True, cx=1080, cy=1920)
    assert added(collection)["sources"][1]["settings"]["items"][-1]["bounds"] == {"x": 1080, "y": 1920}


def test_without_a_current_scene_it_is_the_first_one_and_a_bare_scene_is_enough() -> None:
    after = added({"sources": [{"id": "scene", "name": "Only", "settings": {}}]})
    assert [item["id"] for item in after["sources"][0]["settings"]["items"]] == [1]


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "{}",
        '{"sources": {}}',
        '{"sources": [1]}',
        '{"sources": [{"id": "scene", "name": "S", "settings": {"items": {}}}]}',
        '{"sources": [{"id": "scene", "name": "S", "settings": {"items": [], "id_counter": "x"}}]}',
        '{"sources": [{"id": "scene", "name": "S", "settings": {"custom_size": true}}]}',
        '{"sources": [{"id": "scene", "name": "S", "settings": []}]}',
    ],
)
def test_what_is_not_understood_is_never_touched(tmp_path: Path, content: str) -> None:
    path = tmp_path / "Odd.json"
    path.write_text(content)
    outcome = scene_source.add(path, (1280, 720))
    assert outcome.state == "broken" and outcome.detail
    assert path.read_text() == content and list(tmp_path.iterdir()) == [path]


def test_what_was_prepared_for_an_obs_that_was_never_started_goes_with_the_source(tmp_path: Path) -> None:
    path = tmp_path / "obs-studio/basic/scenes/Untitled.json"
    scene_collections.create_first(path, SCRIPT)
    assert scene_source.add(path, None).state == "changed"
    assert scene_collections.remove_first(path)
    assert list(tmp_path.iterdir()) == []
