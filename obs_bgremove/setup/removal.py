"""`install.py --uninstall`: takes our script out of OBS, then removes the home, but nothing of the user's."""

import shutil
from pathlib import Path

from obs_bgremove.setup import obs_places, obs_python, program_copy, safe_write, scene_collections, state
from obs_bgremove.setup.runner import Console
from obs_bgremove.shared.errors import UserError

# What the installer, the engine and OBS's side make in the home.
_OURS = (
    "venv",
    "assets",
    "cache",
    "logs",
    "selfcheck.png",
    "download-pip",
    "install.lock",
    state.NAME,
    state.NAME + ".new",
)


def uninstall(home: Path, obs_folders: list[str], console: Console, dry: bool) -> None:
    """Raises UserError when OBS runs: it would write the registration back, and lose its engine."""
    known = obs_places.known_places(obs_folders)
    for place in known:
        if obs_places.running(place):
            raise UserError(f"{place.kind} runs now.", "Close it, then run this again.")
    for place in known:
        for collection in place.collections():
            _take_out(place.kind, collection, console, dry)
    if not state.is_ours(home):
        console.say(f"There is no installation in {home}.")
        return
    if dry:
        console.say(f"would remove {home}, but for your own files in it")
        return
    kept = program_copy.remove(home, state.load(home).files)
    for leftover in home.glob("download-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for name in _OURS:
        path = home / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if not any(home.iterdir()):
        home.rmdir()
        console.say(f"removed {home}")
    else:
        console.say(f"removed what was ours in {home}")
    for path in kept:
        console.say(f"kept, because it is yours: {path}")
    for place in known:
        _say_what_obs_keeps(place, console)


def _take_out(kind: str, collection: Path, console: Console, dry: bool) -> None:
    try:
        if not dry and scene_collections.remove_first(collection):
            console.say(f"removed {collection}: OBS was never started since")
            return
    except (OSError, scene_collections.BrokenCollection):
        pass  # said below
    outcome = scene_collections.change(collection, None, dry)
    if outcome.state == "changed":
        console.say(f"{'would take' if dry else 'taken'} out of {kind}, scene collection {collection.stem}")
    elif outcome.state == "broken":
        console.say(f"scene collection {collection} was left as it is: {outcome.detail}")


def _say_what_obs_keeps(place: obs_places.Place, console: Console) -> None:
    changed = [*place.collections(), place.user_settings()]
    backups = [copy for path in changed for copy in safe_write.backups(path)]
    if backups:
        count = f"{len(backups)} backup{'s' if len(backups) > 1 else ''}"
        console.say(f"kept: {count} of OBS's files, {backups[0].parent}/*{safe_write.BACKUP_SUFFIX}")
    if obs_python.needed() and obs_python.stored(place):
        console.say(f"kept: OBS's setting which Python it loads ({obs_python.stored(place)}); other scripts may use it")
