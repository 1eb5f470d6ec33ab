"""`install.py --add-source`, and the question that stands for it on a terminal: AI Background in OBS's current scene.

Only while OBS is closed, and where the collection that OBS opens next has no such source.
"""

from pathlib import Path

from obs_bgremove.setup import ini_file, obs_places, scene_collections, scene_source
from obs_bgremove.setup.context import Context

_IN_OBS = "In OBS: under Sources click +, then AI Background."


def add(context: Context, wanted: bool) -> str:
    """Does it where it is wanted, or where the person says so. Returns what to say at the end: what to do next."""
    last = _IN_OBS
    for place in context.places():
        collection = _next_collection(place)
        if collection is None:
            if wanted:
                context.left_to_do.append(
                    f"{place.kind} has several scene collections, and says of none that it is used."
                )
        elif scene_collections.our_sources(collection):
            last = f"Start OBS: scene collection {collection.stem} has AI Background already."
        elif obs_places.running(place):
            if wanted:
                again = f"{context.again[:-1]} --add-source`"
                context.left_to_do.append(f"{place.kind} runs now. Close it and run {again}; or: {_IN_OBS}")
        elif wanted or _agreed(context, place, collection):
            last = _add(context, place, collection) or last
    return last


def _next_collection(place: obs_places.Place) -> Path | None:
    """The collection that OBS opens next."""
    active = place.active_collection()
    if active is not None and active.is_file():
        return active
    collections = place.collections()
    return collections[0] if len(collections) == 1 else None


def _agreed(context: Context, place: obs_places.Place, collection: Path) -> bool:
    """False without a terminal, and for a collection that cannot be understood: registering has said so."""
    try:
        scene = scene_source.current_scene(collection)
    except scene_collections.BrokenCollection:
        return False
    return context.console.ask(f"Put AI Background into the scene “{scene}” of {place.kind} ({collection.stem}) now?")


def _add(context: Context, place: obs_places.Place, collection: Path) -> str | None:
    outcome = scene_source.add(collection, canvas(place))
    if outcome.state == "broken":
        context.left_to_do.append(f"Scene collection {collection} was left as it is: {outcome.detail}. {_IN_OBS}")
        return None
    scene = scene_source.current_scene(collection)
    context.console.say(f"AI Background is in the scene “{scene}” of {place.kind}, scene collection {collection.stem}")
    context.console.say(f"(backup: {outcome.backup})")
    return f"Start OBS: AI Background is in its scene “{scene}”."


def canvas(place: obs_places.Place) -> tuple[int, int] | None:
    """OBS's canvas in pixels, from the profile that it opens next; None when that cannot be told."""
    text = place.profile_text()
    try:
        width, height = (int(ini_file.value(text, "Video", key) or 0) for key in ("BaseCX", "BaseCY"))
    except ValueError:
        return None
    return (width, height) if width > 0 and height > 0 else None
