"""AI Background in the current scene of a scene collection, as large as OBS's canvas: what Sources, + would have made.

Called only while OBS is closed. Everything else in the file stays as it was; a collection that has such a source
already is left alone. The format is what OBS 28 to 32 write and read (scene_load_item in libobs/obs-scene.c); what is
left out gets OBS's own defaults.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from obs_bgremove.setup import json_text
from obs_bgremove.setup.scene_collections import BrokenCollection, Outcome, parse, read, rewrite
from obs_bgremove.shared.language import tr

SOURCE_ID, NAME = "ai_background", "AI Background"
# What OBS makes of a screen that is as large or larger; the canvas of an OBS that was never started.
USUAL_CANVAS = (1920, 1080)
_FIT_INSIDE, _CENTRE, _TOP_LEFT = 2, 0, 5  # bounds_type, bounds_align, align


def with_source(text: str, canvas: tuple[int, int] | None) -> str | None:
    """The collection with AI Background on top of its current scene, or None when it has one in any scene.

    canvas: width and height in pixels; None when they are not known: OBS 31 and newer then take their own height.
    Raises BrokenCollection.
    """
    collection = parse(text)
    sources = _sources(collection)
    if any(source.get("id") == SOURCE_ID for source in sources):
        return None
    name = _free_name(collection, sources)
    place, scene = _current_scene(collection, sources)
    settings = scene.get("settings", {})
    items = settings.get("items", []) if isinstance(settings, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BrokenCollection(tr("its current scene has an unknown form"))
    number = 1 + max(int(number or 0) for number in (settings.get("id_counter"), *(item.get("id") for item in items)))
    if settings.get("custom_size") is True:
        canvas = (int(settings["cx"]), int(settings["cy"]))
    start, end = json_text.span(text, ("sources", place))
    inner = json_text.with_array(
        text[start:end], ("settings", "items"), [*range(len(items)), _scene_item(name, number, canvas)]
    )
    inner = json_text.with_value(inner, ("settings", "id_counter"), number)
    whole = text[:start] + inner + text[end:]
    source = {"id": SOURCE_ID, "versioned_id": SOURCE_ID, "name": name, "enabled": True, "settings": {}}
    return json_text.with_array(whole, ("sources",), [*range(len(sources)), source])


def _sources(collection: dict[str, Any]) -> list[dict[str, Any]]:
    sources = collection.get("sources", [])
    if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
        raise BrokenCollection(tr("its list of sources has an unknown form"))
    return sources


def _free_name(collection: dict[str, Any], sources: list[dict[str, Any]]) -> str:
    """OBS tells sources, scenes, groups and audio devices apart by their names alone."""
    taken = {source.get("name") for source in sources}
    for value in collection.values():
        taken |= {one.get("name") for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)}
    number, name = 1, NAME
    while name in taken:
        number += 1
        name = f"{NAME} {number}"
    return name


def _current_scene(collection: dict[str, Any], sources: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """Its place among the sources, and the scene that OBS shows first: the current one, else the first there is."""
    scenes = {source.get("name"): place for place, source in enumerate(sources) if source.get("id") == "scene"}
    for key in ("current_program_scene", "current_scene"):
        if collection.get(key) in scenes:
            place = scenes[collection[key]]
            return place, sources[place]
    if not scenes:
        raise BrokenCollection(tr("it has no scene"))
    place = next(iter(scenes.values()))
    return place, sources[place]


def _scene_item(name: str, number: int, canvas: tuple[int, int] | None) -> dict[str, Any]:
    width, height = canvas or USUAL_CANVAS
    item: dict[str, Any] = {
        "name": name,
        "id": number,
        "visible": True,
        "locked": False,
        "rot": 0.0,
        "align": _TOP_LEFT,
        "pos": {"x": 0.0, "y": 0.0},
        "scale": {"x": 1.0, "y": 1.0},
        "bounds_type": _FIT_INSIDE,
        "bounds_align": _CENTRE,
        "bounds": {"x": float(width), "y": float(height)},
    }
    if canvas is None:
        item["bounds_rel"] = {"x": 2.0 * width / height, "y": 2.0}  # in halves of the canvas's height; from OBS 31 on
    return item


def add(collection: Path, canvas: tuple[int, int] | None) -> Outcome:
    """Puts the source into a collection's file, with a backup beside it."""
    try:
        new_text = with_source(read(collection), canvas)
    except BrokenCollection as error:
        return Outcome(collection, "broken", error.text)
    except (KeyError, TypeError, ValueError) as error:
        return Outcome(collection, "broken", tr("its form is unknown ({error})", error=repr(error)))
    return Outcome(collection, "same") if new_text is None else rewrite(collection, new_text)


def current_scene(collection: Path) -> str:
    """The name of the scene that OBS shows first. Raises BrokenCollection."""
    content = parse(read(collection))
    return str(_current_scene(content, _sources(content))[1].get("name"))
