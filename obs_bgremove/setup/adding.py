"""`install.py --add-source`, and the question that stands for it on a terminal: AI Background in OBS's current scene.

Only while OBS is closed, and where the collection that OBS opens next has no such source.
"""

from __future__ import annotations

from pathlib import Path

from obs_bgremove.setup import ini_file, obs_places, scene_collections, scene_source
from obs_bgremove.setup.context import Context
from obs_bgremove.shared.language import Text, sentences, tr

_IN_OBS = tr("In OBS: under Sources click +, then AI Background.")


def add(context: Context, wanted: bool) -> Text:
    """Does it where it is wanted, or where the person says so. Returns what to say at the end: what to do next."""
    last = _IN_OBS
    for place in context.places():
        collection = _next_collection(place)
        if collection is None:
            if wanted:
                several = tr("{obs} has several scene collections, and says of none that it is used.", obs=place.kind)
                context.left_to_do.append(several)
        elif scene_collections.our_sources(collection):
            name = collection.stem
            last = tr("Start OBS: scene collection {collection} has AI Background already.", collection=name)
        elif obs_places.running(place):
            if wanted:
                again = tr(
                    "{obs} runs now. Close it and run `{command}`; or: {by_hand}",
                    obs=place.kind,
                    command=f"{context.again} --add-source",
                    by_hand=_IN_OBS,
                )
                context.left_to_do.append(again)
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
    return context.console.ask(
        tr(
            "Put AI Background into the scene “{scene}” of {obs} ({collection}) now?",
            scene=scene,
            obs=place.kind,
            collection=collection.stem,
        )
    )


def _add(context: Context, place: obs_places.Place, collection: Path) -> Text | None:
    outcome = scene_source.add(collection, canvas(place))
    if outcome.state == "broken":
        left = tr(
            "Scene collection {collection} was left as it is: {problem}.", collection=collection, problem=outcome.detail
        )
        context.left_to_do.append(sentences(left, _IN_OBS))
        return None
    scene = scene_source.current_scene(collection)
    context.console.say(
        tr(
            "AI Background is in the scene “{scene}” of {obs}, scene collection {collection}",
            scene=scene,
            obs=place.kind,
            collection=collection.stem,
        )
    )
    context.console.say(tr("(backup: {file})", file=outcome.backup))
    return tr("Start OBS: AI Background is in its scene “{scene}”.", scene=scene)


def canvas(place: obs_places.Place) -> tuple[int, int] | None:
    """OBS's canvas in pixels, from the profile that it opens next; None when that cannot be told."""
    text = place.profile_text()
    try:
        width, height = (int(ini_file.value(text, "Video", key) or 0) for key in ("BaseCX", "BaseCY"))
    except ValueError:
        return None
    return (width, height) if width > 0 and height > 0 else None
