"""The steps that change OBS's own files: which Python it loads (Windows, macOS), and our script in its collections.

Only while OBS is closed; while it runs, the person is told the same step by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from obs_bgremove.setup import obs_places, obs_python, scene_collections
from obs_bgremove.setup.context import DETAIL, Context, Step
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text, listed, sentences, tr


def steps() -> tuple[Step, ...]:
    """What is done to OBS on this system."""
    register = Step(Text("OBS"), _obs_todo, _obs_do)
    return (Step(tr("OBS's Python"), _python_todo, _python_do), register) if obs_python.needed() else (register,)


def _python_todo(context: Context) -> Text | None:
    choices = [obs_python.choose(place) for place in context.places()]
    folders = dict.fromkeys(choice.folder for choice in choices if choice and not choice.keep)
    return tr("OBS's settings are to name {folders}", folders=", ".join(folders)) if folders else None


def _python_do(context: Context) -> None:
    for place in context.places():
        choice = obs_python.choose(place)
        if choice is None:
            raise obs_python.missing(place)
        if choice.keep:
            continue
        if obs_places.running(place):
            context.left_to_do.append(
                tr(
                    "{obs} runs now, and does not know its Python yet. Either: {by_hand} "
                    "Or close it and run `{command}`.",
                    obs=place.kind,
                    by_hand=obs_python.by_hand(choice.folder),
                    command=context.again,
                )
            )
            continue
        try:
            backup = obs_python.write(place, choice.folder)
        except (OSError, UnicodeDecodeError) as error:
            failed = tr("The settings of {obs} cannot be changed ({error}).", obs=place.kind, error=error)
            context.left_to_do.append(sentences(failed, obs_python.by_hand(choice.folder)))
            continue
        version = f"3.{choice.minor}"
        context.console.say(
            tr("{obs} loads Python {version} from {folder}", obs=place.kind, version=version, folder=choice.folder),
            DETAIL,
        )
        context.console.say(tr("(backup: {file})", file=backup), DETAIL)


def _obs_todo(context: Context) -> Text | None:
    known = context.places()
    if not known:
        return tr("OBS was never started here") if obs_places.installed() else tr("OBS is not found")
    outcomes = [
        scene_collections.change(path, context.script, dry=True) for place in known for path in place.collections()
    ]
    changes = [outcome.collection.stem for outcome in outcomes if outcome.state == "changed"]
    broken = [outcome.collection.stem for outcome in outcomes if outcome.state == "broken"]
    if not outcomes:
        return tr("OBS has no scene collection yet")
    parts = [tr("to be registered in: {collections}", collections=", ".join(changes))] if changes else []
    parts += [tr("cannot be read: {collections}", collections=", ".join(broken))] if broken else []
    return listed(parts) or None


def _first_collection() -> Path | None:
    """Where a new OBS on Linux will look for its first scene collection, or None when that cannot be prepared."""
    if not sys.platform.startswith("linux") or obs_places.obs_program() is None:
        return None
    return obs_places.all_places()[0].scenes / "Untitled.json"


def by_hand(script: Path) -> Text:
    """How a person registers the script."""
    return tr("In OBS: Tools → Scripts → +, and choose {file}.", file=script)


def _obs_do(context: Context) -> None:
    known = context.places()
    first = _first_collection()
    if not known and first is not None and obs_places.running(obs_places.all_places()[0]):
        context.left_to_do.append(
            tr(
                "OBS runs. Either: {by_hand} Or close OBS and run `{command}`.",
                by_hand=by_hand(context.script),
                command=context.again,
            )
        )
    elif not known and first is not None:
        outcome = scene_collections.create_first(first, context.script)
        if outcome.state == "broken":
            raise UserError(
                tr("{file}: {problem}.", file=first, problem=outcome.detail),
                tr("Start OBS once, close it, and run `{command}`.", command=context.again),
            )
        prepared = tr("OBS was never started: its first scene collection is prepared ({file})", file=first)
        context.console.say(prepared, DETAIL)
    elif not known:
        context.left_to_do.append(_no_obs(context))
    for place in known:
        _register(context, place)


def _no_obs(context: Context) -> Text:
    again = context.again
    if obs_places.installed():
        return tr("OBS was never started here: start it once, close it, and run `{command}`.", command=again)
    if any(not place.supported for place in obs_places.known_places()):
        return sentences(obs_places.SNAP, tr("Then run `{command}`.", command=again))
    no_python = obs_python.needed() and obs_python.choose(None) is None
    return sentences(
        tr("OBS was not found. Install OBS Studio and run `{command}`.", command=again),
        tr("If it is a portable copy: `{command}`.", command=f"{again} --obs FOLDER"),
        tr("If OBS is somewhere special: {by_hand}", by_hand=by_hand(context.script)),
        *([obs_python.missing(None).text] if no_python else []),
    )


def _register(context: Context, place: obs_places.Place) -> None:
    dry = [scene_collections.change(path, context.script, dry=True) for path in place.collections()]
    if not dry:
        context.left_to_do.append(
            tr(
                "{obs} has no scene collection yet: start it once, close it, and run `{command}`.",
                obs=place.kind,
                command=context.again,
            )
        )
    if all(outcome.state == "same" for outcome in dry):
        return
    runs = obs_places.running(place) and any(outcome.state == "changed" for outcome in dry)
    if runs:
        context.left_to_do.append(
            tr(
                "{obs} runs now, and would overwrite a change of its settings. Either: {by_hand} "
                "Or close it and run `{command}`.",
                obs=place.kind,
                by_hand=by_hand(context.script),
                command=context.again,
            )
        )
    for outcome in dry if runs else (scene_collections.change(path, context.script) for path in place.collections()):
        if outcome.state == "broken":
            context.left_to_do.append(
                tr(
                    "Scene collection {collection} was left as it is: {problem}. OBS keeps a .bak of each; "
                    "once it opens in OBS: {by_hand}",
                    collection=outcome.collection,
                    problem=outcome.detail,
                    by_hand=by_hand(context.script),
                )
            )
        elif outcome.state == "changed" and not runs:
            name = outcome.collection.stem
            registered = tr("registered in {obs}, scene collection {collection}", obs=place.kind, collection=name)
            context.console.say(registered, DETAIL)
            context.console.say(tr("(backup: {file})", file=outcome.backup), DETAIL)
