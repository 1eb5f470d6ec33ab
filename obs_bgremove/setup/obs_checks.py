"""The checks of OBS itself: program, Python, registration, and what each of its sources needs. Changes nothing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from obs_bgremove.setup import check, obs_places, obs_python, obs_steps, scene_collections, state
from obs_bgremove.setup.check import BAD, NOTE, OK, TIMEOUT_S, Check
from obs_bgremove.shared import installation, stored_settings
from obs_bgremove.shared.language import Text, listed, sentences, tr
from obs_bgremove.shared.options import Options

OBS = Text("OBS")


def _places() -> list[obs_places.Place]:
    return obs_places.known_places(state.load(installation.home()).obs_folders)


def registration() -> Iterator[Check]:
    programs, command = obs_places.obs_programs(), installation.INSTALL_COMMAND
    known = _places()
    for program in programs:
        version = obs_places.obs_version(program) or tr("unknown")
        yield Check(OBS, OK, tr("version {version}, {file}", version=version, file=program))
    if not programs and (known or obs_places.installed()):
        kinds = listed(place.kind for place in known) or tr("none yet")
        yield Check(OBS, NOTE, tr("no program on PATH; settings that were found: {obs}", obs=kinds))
    elif not programs:
        yield Check(OBS, BAD, tr("not found"), tr("Install OBS Studio, then run `{command}`.", command=command))
        return
    if not known:
        remedy = tr("Start OBS once, close it, and run `{command}`.", command=command)
        yield Check(tr("registration"), BAD, tr("OBS was never started here"), remedy)
    for place in known:
        if not place.supported:
            level = NOTE if any(other.supported for other in known) else BAD
            yield Check(place.kind, level, tr("it cannot run AI Background"), obs_places.SNAP)
            continue
        if obs_python.needed():
            yield _python_of(place)
        if obs_places.running(place):
            running = tr("runs now: its scene collections on the disk may be older than what it shows")
            yield Check(place.kind, NOTE, running)
        active = place.active_collection()
        for collection in place.collections():
            name = tr("{obs}, collection {collection}", obs=place.kind, collection=collection.stem)
            try:
                script = scene_collections.registered_script(collection)
            except scene_collections.BrokenCollection as error:
                broken = tr("cannot be read: {problem}", problem=error.text)
                yield Check(name, NOTE, broken, tr("Open it in OBS, or restore OBS's own .bak of it."))
                continue
            # What counts is the collection that OBS will open.
            needed = BAD if active in (None, collection) else NOTE
            remedy = _close_or(obs_steps.by_hand(installation.script_path()))
            if script is None:
                yield Check(name, needed, tr("the script is not registered"), remedy)
            elif not Path(script).is_file():
                yield Check(name, needed, tr("the registered script is gone: {file}", file=script), remedy)
            else:
                yield Check(name, OK, tr("registered: {file}", file=script))


def _close_or(by_hand: Text) -> Text:
    command = installation.INSTALL_COMMAND
    return tr("Close OBS and run `{command}`. Or by hand: {by_hand}", command=command, by_hand=by_hand)


def _python_of(place: obs_places.Place) -> Check:
    """What OBS loads on Windows and macOS, where it brings no Python."""
    name, choice = Text("{obs}, Python", obs=place.kind), obs_python.choose(place)
    if choice is None:
        missing = obs_python.missing(place)
        return Check(name, BAD, missing.what_happened, missing.what_to_do)
    if choice.keep:
        return Check(name, OK, tr("{version} from {folder}", version=f"3.{choice.minor}", folder=choice.folder))
    named = obs_python.stored(place) or tr("empty")
    problem = tr("OBS's settings name none that it can load ({folder})", folder=named)
    return Check(name, BAD, problem, _close_or(obs_python.by_hand(choice.folder)))


def sources() -> Iterator[Check]:
    """Each source in the scene collection that OBS opens next: what it needs is tried once."""
    if not installation.python_path().exists():
        return
    for place in _places():
        collection = place.active_collection()
        for name, settings in scene_collections.our_sources(collection) if collection else ():
            title = tr("{obs}, source {source}", obs=place.kind, source=name)
            yield from _source(title, settings, obs_places.running(place))


def _source(name: Text, settings: dict[str, Any], running: bool) -> Iterator[Check]:
    try:
        run = check.ask_engine(
            "-m", "obs_bgremove.engine", "--try", say=json.dumps(stored_settings.effective(settings, Options()))
        )
        results = [
            (what, *(Text.from_json(text) for text in texts))
            for what, *texts in json.loads(run.stdout.splitlines()[-1])
        ]
    except subprocess.TimeoutExpired:
        silent = tr("the camera does not answer within {seconds:.0f} s", seconds=TIMEOUT_S)
        yield Check(name, NOTE, silent, tr("Replug it."))
        return
    except (OSError, ValueError, IndexError) as error:
        yield Check(name, BAD, tr("cannot be tried ({error})", error=repr(error)), installation.REMEDY)
        return
    well = listed(said for _, said, _, _ in results if said)
    if well:
        yield Check(name, OK, well)
    for what, _, problem, remedy in results:
        if problem and what == "camera" and running:
            problem = sentences(problem, tr("(OBS runs now and may be using it.)"))
        if problem:
            yield Check(name, NOTE, problem, remedy)
