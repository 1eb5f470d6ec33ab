"""`install.py --uninstall`: takes our script out of OBS, then removes the home, but nothing of the user's."""

import shutil
from pathlib import Path

from obs_bgremove.setup import obs_places, obs_python, program_copy, safe_write, scene_collections, state
from obs_bgremove.setup.runner import Console
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text, tr

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
            raise UserError(tr("{obs} runs now.", obs=place.kind), tr("Close it, then run this again."))
    for place in known:
        for collection in place.collections():
            _take_out(place.kind, collection, console, dry)
    if not state.is_ours(home):
        console.say(tr("There is no installation in {folder}.", folder=home))
        return
    if dry:
        console.say(tr("would remove {folder}, but for your own files in it", folder=home))
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
        console.say(tr("removed {file}", file=home))
    else:
        console.say(tr("removed what was ours in {folder}", folder=home))
    for path in kept:
        console.say(tr("kept, because it is yours: {file}", file=path))
    for place in known:
        _say_what_obs_keeps(place, console)


def _take_out(kind: Text, collection: Path, console: Console, dry: bool) -> None:
    try:
        if not dry and scene_collections.remove_first(collection):
            console.say(tr("removed {file}: OBS was never started since", file=collection))
            return
    except (OSError, scene_collections.BrokenCollection):
        pass  # said below
    outcome = scene_collections.change(collection, None, dry)
    if outcome.state == "changed":
        names = {"obs": kind, "collection": collection.stem}
        if dry:
            console.say(tr("would take out of {obs}, scene collection {collection}", **names))
        else:
            console.say(tr("taken out of {obs}, scene collection {collection}", **names))
    elif outcome.state == "broken":
        left = tr("scene collection {file} was left as it is: {problem}", file=collection, problem=outcome.detail)
        console.say(left)


def _say_what_obs_keeps(place: obs_places.Place, console: Console) -> None:
    changed = [*place.collections(), place.user_settings()]
    backups = [copy for path in changed for copy in safe_write.backups(path)]
    if backups:
        pattern = f"{backups[0].parent}/*{safe_write.BACKUP_SUFFIX}"
        console.say(tr("kept: backups of OBS's files ({count}), {files}", count=len(backups), files=pattern))
    if obs_python.needed() and obs_python.stored(place):
        folder = obs_python.stored(place)
        console.say(tr("kept: OBS's setting which Python it loads ({folder}); other scripts may use it", folder=folder))
