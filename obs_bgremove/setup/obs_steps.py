"""The steps that change OBS's own files: which Python it loads (Windows, macOS), and our script in its collections.

Only while OBS is closed; while it runs, the person is told the same step by hand.
"""

import sys
from pathlib import Path
from typing import Optional

from obs_bgremove.setup import obs_places, obs_python, scene_collections
from obs_bgremove.setup.context import Context, Step
from obs_bgremove.shared.errors import UserError


def steps() -> tuple[Step, ...]:
    """What is done to OBS on this system."""
    register = Step("OBS", _obs_todo, _obs_do)
    return (Step("OBS's Python", _python_todo, _python_do), register) if obs_python.needed() else (register,)


def _python_todo(context: Context) -> Optional[str]:
    choices = [obs_python.choose(place) for place in context.places()]
    folders = dict.fromkeys(choice.folder for choice in choices if choice and not choice.keep)
    return f"OBS's settings are to name {', '.join(folders)}" if folders else None


def _python_do(context: Context) -> None:
    for place in context.places():
        choice = obs_python.choose(place)
        if choice is None:
            raise obs_python.missing(place)
        if choice.keep:
            continue
        if obs_places.running(place):
            context.left_to_do.append(
                f"{place.kind} runs now, and does not know its Python yet. Either: {obs_python.by_hand(choice.folder)} "
                f"Or close it and run {context.again}."
            )
            continue
        try:
            backup = obs_python.write(place, choice.folder)
        except (OSError, UnicodeDecodeError) as error:
            context.left_to_do.append(
                f"The settings of {place.kind} cannot be changed ({error}). {obs_python.by_hand(choice.folder)}"
            )
            continue
        context.console.say(f"      {place.kind} loads Python 3.{choice.minor} from {choice.folder}")
        context.console.say(f"      (backup: {backup})")


def _obs_todo(context: Context) -> Optional[str]:
    known = context.places()
    if not known:
        return "OBS was never started here" if obs_places.installed() else "OBS is not found"
    outcomes = [
        scene_collections.change(path, context.script, dry=True) for place in known for path in place.collections()
    ]
    changes = [outcome.collection.stem for outcome in outcomes if outcome.state == "changed"]
    broken = [outcome.collection.stem for outcome in outcomes if outcome.state == "broken"]
    if not outcomes:
        return "OBS has no scene collection yet"
    parts = [f"to be registered in: {', '.join(changes)}"] if changes else []
    parts += [f"cannot be read: {', '.join(broken)}"] if broken else []
    return "; ".join(parts) or None


def _first_collection() -> Optional[Path]:
    """Where a new OBS on Linux will look for its first scene collection, or None when that cannot be prepared."""
    if not sys.platform.startswith("linux") or obs_places.obs_program() is None:
        return None
    return obs_places.all_places()[0].scenes / "Untitled.json"


def _by_hand(context: Context) -> str:
    return f"In OBS: Tools → Scripts → +, and choose {context.script}."


def _obs_do(context: Context) -> None:
    known = context.places()
    first = _first_collection()
    if not known and first is not None and obs_places.running(obs_places.all_places()[0]):
        context.left_to_do.append(f"OBS runs: {_by_hand(context)} Or close OBS and run {context.again}.")
    elif not known and first is not None:
        outcome = scene_collections.create_first(first, context.script)
        if outcome.state == "broken":
            raise UserError(f"{first}: {outcome.detail}.", f"Start OBS once, close it, and run {context.again}.")
        context.console.say(f"      OBS was never started: its first scene collection is prepared ({first})")
    elif not known:
        context.left_to_do.append(_no_obs(context))
    for place in known:
        _register(context, place)


def _no_obs(context: Context) -> str:
    if obs_places.installed():
        return f"OBS was never started here: start it once, close it, and run {context.again}."
    if any(not place.supported for place in obs_places.known_places()):
        return f"{obs_places.SNAP} Then run {context.again}."
    python = f" {obs_python.missing(None)}" if obs_python.needed() and obs_python.choose(None) is None else ""
    return (
        f"OBS was not found. Install OBS Studio and run {context.again}. If it is a portable copy: "
        f"{context.again[:-1]} --obs FOLDER`. If OBS is somewhere special: {_by_hand(context)}{python}"
    )


def _register(context: Context, place: obs_places.Place) -> None:
    dry = [scene_collections.change(path, context.script, dry=True) for path in place.collections()]
    if not dry:
        context.left_to_do.append(
            f"{place.kind} has no scene collection yet: start it once, close it, and run {context.again}."
        )
    if all(outcome.state == "same" for outcome in dry):
        return
    runs = obs_places.running(place) and any(outcome.state == "changed" for outcome in dry)
    if runs:
        context.left_to_do.append(
            f"{place.kind} runs now, and would overwrite a change of its settings. Either: {_by_hand(context)} "
            f"Or close it and run {context.again}."
        )
    for outcome in dry if runs else (scene_collections.change(path, context.script) for path in place.collections()):
        if outcome.state == "broken":
            context.left_to_do.append(
                f"Scene collection {outcome.collection} was left as it is: {outcome.detail}. OBS keeps a .bak of "
                f"each; once it opens in OBS: {_by_hand(context)}"
            )
        elif outcome.state == "changed" and not runs:
            context.console.say(f"      registered in {place.kind}, scene collection {outcome.collection.stem}")
            context.console.say(f"      (backup: {outcome.backup})")
