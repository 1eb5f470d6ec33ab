"""The checks of OBS itself: program, Python, registration, and what each of its sources needs. Changes nothing."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from obs_bgremove.setup import check, obs_places, obs_python, scene_collections, state
from obs_bgremove.setup.check import BAD, NOTE, OK, TIMEOUT_S, Check
from obs_bgremove.shared import installation, stored_settings
from obs_bgremove.shared.language import Text, listed, sentences, tr
from obs_bgremove.shared.options import Options


def _places() -> list[obs_places.Place]:
    return obs_places.known_places(state.load(installation.home()).obs_folders)


def registration() -> Iterator[Check]:
    programs = obs_places.obs_programs()
    known = _places()
    for program in programs:
        yield Check("OBS", OK, f"version {obs_places.obs_version(program) or 'unknown'}, {program}")
    if not programs and (known or obs_places.installed()):
        kinds = ", ".join(place.kind for place in known) or "none yet"
        yield Check("OBS", NOTE, f"no program on PATH; settings that were found: {kinds}")
    elif not programs:
        yield Check("OBS", BAD, "not found", f"Install OBS Studio, then run `{installation.INSTALL_COMMAND}`.")
        return
    by_hand = "In OBS: Tools → Scripts → +, and choose " + str(installation.script_path()) + "."
    if not known:
        remedy = f"Start OBS once, close it, then run `{installation.INSTALL_COMMAND}`."
        yield Check("registration", BAD, "OBS was never started", remedy)
    for place in known:
        if not place.supported:
            level = NOTE if any(other.supported for other in known) else BAD
            yield Check(place.kind, level, "it cannot run AI Background", obs_places.SNAP)
            continue
        if obs_python.needed():
            yield _python_of(place)
        if obs_places.running(place):
            yield Check(place.kind, NOTE, "runs now: its scene collections on the disk may be older than what it shows")
        active = place.active_collection()
        for collection in place.collections():
            name = f"{place.kind}, collection {collection.stem}"
            try:
                script = scene_collections.registered_script(collection)
            except scene_collections.BrokenCollection as error:
                yield Check(name, NOTE, f"cannot be read: {error}", "Open it in OBS, or restore OBS's own .bak of it.")
                continue
            # What counts is the collection that OBS will open.
            needed = BAD if active in (None, collection) else NOTE
            remedy = f"Close OBS and run `{installation.INSTALL_COMMAND}`. Or by hand: {by_hand}"
            if script is None:
                yield Check(name, needed, "the script is not registered", remedy)
            elif not Path(script).is_file():
                yield Check(name, needed, f"the registered script is gone: {script}", remedy)
            else:
                yield Check(name, OK, f"registered: {script}")


def _python_of(place: obs_places.Place) -> Check:
    """What OBS loads on Windows and macOS, where it brings no Python."""
    name, choice = f"{place.kind}, Python", obs_python.choose(place)
    if choice is None:
        problem = obs_python.missing(place)
        return Check(name, BAD, problem.what_happened, problem.what_to_do)
    if choice.keep:
        return Check(name, OK, f"3.{choice.minor} from {choice.folder}")
    remedy = f"Close OBS and run `{installation.INSTALL_COMMAND}`. Or by hand: {obs_python.by_hand(choice.folder)}"
    return Check(
        name, BAD, f"OBS's settings name none that it can load ({obs_python.stored(place) or 'empty'})", remedy
    )


def sources() -> Iterator[Check]:
    """Each source in the scene collection that OBS opens next: what it needs is tried once."""
    if not installation.python_path().exists():
        return
    for place in _places():
        collection = place.active_collection()
        for name, settings in scene_collections.our_sources(collection) if collection else ():
            yield from _source(f"{place.kind}, source {name}", settings, obs_places.running(place))


def _source(name: str, settings: dict[str, Any], running: bool) -> Iterator[Check]:
    try:
        run = check.ask_engine(
            "-m", "obs_bgremove.engine", "--try", say=json.dumps(stored_settings.effective(settings, Options()))
        )
        results = [
            (what, *(Text.from_json(text) for text in texts))
            for what, *texts in json.loads(run.stdout.splitlines()[-1])
        ]
    except subprocess.TimeoutExpired:
        yield Check(name, NOTE, f"the camera does not answer within {TIMEOUT_S} s", "Replug it.")
        return
    except (OSError, ValueError, IndexError) as error:
        yield Check(name, BAD, f"cannot be tried ({error!r})", installation.REMEDY)
        return
    well = listed(said for _, said, _, _ in results if said)
    if well:
        yield Check(name, OK, well)
    for what, _, problem, remedy in results:
        if problem and what == "camera" and running:
            problem = sentences(problem, tr("(OBS runs now and may be using it.)"))
        if problem:
            yield Check(name, NOTE, problem, remedy)
