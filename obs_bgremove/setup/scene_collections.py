"""Our script in OBS's scene collections: `modules` → `scripts-tool` → `{"path": …, "settings": {}}`.

OBS reads a collection when it opens it and writes it when it closes, so this is called only while OBS is closed. A file
that cannot be understood is never written. Each file that is changed is first copied beside itself; its new content
takes its place whole or not at all; everything else in it stays as it was, in the same order.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from obs_bgremove.setup import json_text, safe_write
from obs_bgremove.shared.language import NOTHING, Text, tr

_OUR_SCRIPT = "obs_bgremove/script/ai_background.py"
_MARK = "\ufeff"

# What OBS 29.0.2 writes at its first start, for a new installation: without it, a collection that names our script and
# nothing else would be opened without a scene and without sound (tried). The audio devices as OBS names them on Linux.
_FIRST_COLLECTION: dict[str, Any] = {
    "name": "Untitled",
    "current_scene": "Scene",
    "current_program_scene": "Scene",
    "current_transition": "Fade",
    "transition_duration": 300,
    "scene_order": [{"name": "Scene"}],
    "sources": [{"id": "scene", "versioned_id": "scene", "name": "Scene", "settings": {}}],
    "DesktopAudioDevice1": {
        "id": "pulse_output_capture",
        "versioned_id": "pulse_output_capture",
        "name": "Desktop Audio",
        "mixers": 255,
        "settings": {"device_id": "default"},
    },
    "AuxAudioDevice1": {
        "id": "pulse_input_capture",
        "versioned_id": "pulse_input_capture",
        "name": "Mic/Aux",
        "mixers": 255,
        "settings": {"device_id": "default"},
    },
    "quick_transitions": [
        {"id": 1, "name": "Cut", "duration": 300, "fade_to_black": False, "hotkeys": []},
        {"id": 2, "name": "Fade", "duration": 300, "fade_to_black": False, "hotkeys": []},
        {"id": 3, "name": "Fade", "duration": 300, "fade_to_black": True, "hotkeys": []},
    ],
    "modules": {"output-timer": {"streamTimerSeconds": 30, "recordTimerSeconds": 30, "pauseRecordTimer": True}},
}


class BrokenCollection(Exception):
    """A collection that cannot be understood; the text says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


def our_sources(collection: Path) -> list[tuple[str, dict[str, Any]]]:
    """(name, stored settings) of every AI Background source in a collection; none of one that cannot be read."""
    try:
        sources = json.loads(collection.read_text("utf-8"))["sources"]
        found = [source for source in sources if source["id"] == "ai_background"]
        return [(str(source["name"]), dict(source.get("settings") or {})) for source in found]
    except (OSError, ValueError, KeyError, TypeError):
        return []


@dataclass(frozen=True)
class Outcome:
    """What happened to one collection: `changed`, `same`, or `broken` (then `detail` says why; it was not touched)."""

    collection: Path
    state: str
    detail: Text = NOTHING
    backup: Path | None = None


def is_ours(path: object) -> bool:
    """Whether a script's path is ours, of this copy or an earlier one."""
    return isinstance(path, str) and path.replace("\\", "/").endswith(_OUR_SCRIPT)


def edited(text: str, script: Path | None) -> str | None:
    """The collection with our script (None: without), or None when it is so already. Raises BrokenCollection.

    Our entries of earlier copies become this one, with their settings; doubles are dropped. Every other byte stays.
    """
    collection = parse(text)
    entries = _scripts(collection)
    ours = [entry for entry in entries if is_ours(entry.get("path"))]
    wanted = [] if script is None else [{**(ours[0] if ours else {"settings": {}}), "path": script.as_posix()}]
    if ours == wanted:
        return None
    position = entries.index(ours[0]) if ours else len(entries)
    new: list[Any] = [number for number, entry in enumerate(entries) if not is_ours(entry.get("path"))]
    new[sum(number < position for number in new) : 0] = wanted
    return json_text.with_array(text, ("modules", "scripts-tool"), new)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def parse(text: str) -> dict[str, Any]:
    """The content of a collection's file. Raises BrokenCollection."""
    try:
        collection = json.loads(text.lstrip(_MARK), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BrokenCollection(tr("it is not valid JSON ({error})", error=error)) from error
    if not isinstance(collection, dict):
        raise BrokenCollection(tr("it is not a scene collection"))
    try:
        json.dumps(collection, ensure_ascii=False).encode("utf-8")
    except ValueError as error:
        raise BrokenCollection(tr("it holds a text that is not Unicode ({error})", error=error)) from error
    return collection


def _scripts(collection: dict[str, Any]) -> list[dict[str, Any]]:
    modules = collection.get("modules", {})
    entries = modules.get("scripts-tool", []) if isinstance(modules, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BrokenCollection(tr("its list of scripts has an unknown form"))
    return entries


def read(collection: Path) -> str:
    """The text of a collection's file. Raises BrokenCollection."""
    try:
        return collection.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenCollection(tr("it is not UTF-8 text")) from error
    except OSError as error:
        raise BrokenCollection(tr("it cannot be read ({reason})", reason=error.strerror)) from error


def registered_script(collection: Path) -> str | None:
    """The path of our script in a collection, or None. Raises BrokenCollection."""
    entries = _scripts(parse(read(collection)))
    return next((entry["path"] for entry in entries if is_ours(entry.get("path"))), None)


def change(collection: Path, script: Path | None, dry: bool = False) -> Outcome:
    """Registers the script in a collection (None: takes it out). `dry` only tells what would happen."""
    try:
        new_text = edited(read(collection), script)
    except BrokenCollection as error:
        return Outcome(collection, "broken", error.text)
    if new_text is None:
        return Outcome(collection, "same")
    return Outcome(collection, "changed") if dry else rewrite(collection, new_text)


def rewrite(collection: Path, new_text: str) -> Outcome:
    """Writes a collection's file anew, with a backup beside it."""
    try:
        real = collection.resolve()
        backup = safe_write.backup(real)
        safe_write.write(real, new_text)
    except OSError as error:
        return Outcome(collection, "broken", tr("it cannot be written ({reason})", reason=error.strerror))
    return Outcome(collection, "changed", backup=backup)


def first_text(script: Path) -> str:
    """What `create_first` writes."""
    text = edited(json.dumps(_FIRST_COLLECTION), script)
    assert text is not None
    return text


def remove_first(collection: Path) -> bool:
    """Removes the collection that `create_first` made, if OBS, which would add to it, has not written it since; that
    of ours in its scene goes as well.

    Raises OSError, BrokenCollection.
    """
    script = registered_script(collection)
    if script is None or _without_ours(parse(read(collection))) != _without_ours(parse(first_text(Path(script)))):
        return False
    for made in (collection, *safe_write.backups(collection)):
        made.unlink()
    for folder in (collection.parent, collection.parent.parent, collection.parent.parent.parent):
        if any(folder.iterdir()):
            break
        folder.rmdir()
    return True


def _without_ours(collection: dict[str, Any]) -> dict[str, Any]:
    """A collection of the form of `_FIRST_COLLECTION` without sources of ours."""
    sources = collection.get("sources", [])
    ours = {source["name"] for source in sources if source["id"] == "ai_background"}
    kept = [source for source in sources if source["name"] not in ours]
    for scene in kept:
        items = [item for item in scene.get("settings", {}).get("items", []) if item["name"] not in ours]
        scene["settings"] = {"items": items} if items else {}
    return {**collection, "sources": kept}


def create_first(collection: Path, script: Path) -> Outcome:
    """The collection that a never started OBS would make for itself, with our script in it."""
    try:
        collection.parent.mkdir(parents=True, exist_ok=True)
        with open(collection, "x", encoding="utf-8") as file:
            file.write(first_text(script))
    except OSError as error:
        return Outcome(collection, "broken", tr("it cannot be written ({reason})", reason=error.strerror))
    return Outcome(collection, "changed")
