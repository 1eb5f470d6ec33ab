"""OBS's Missing Files dialog: which files of a source are gone, and what another place for one of them changes.

OBS asks when it loads a scene collection (up to OBS 31 with the lock of all sources held) and when Tools, Check for
Missing Files is used, both on its UI thread. What is asked of the disk is asked on a thread of its own, as a network
drive may hang: what has no answer in time counts as there. The object that is handed over becomes OBS's, with the
copies that libobs makes of the paths (obs-missing-files.c, the same from 28 to 32).
"""

import contextlib
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from obs_bgremove.obs import libobs
from obs_bgremove.shared import backgrounds_folder, options, stored_settings
from obs_bgremove.shared.options import Options, Value

ANSWER_S = 1.0  # a disk answers within milliseconds
# The settings that name a file or folder. Their numbers go through libobs and come back with the new place.
KEYS = ("backgrounds_folder", "background", "camera", "model")


def gone(chosen: Options, limit_s: float = ANSWER_S) -> dict[str, str]:
    """Setting: path, of all that is not there, in the order of KEYS. Takes `limit_s` at most."""
    found: dict[str, str] = {}

    def look() -> None:
        for key, path in _places(chosen).items():
            with contextlib.suppress(OSError):  # not readable: it may well be there
                if not path.exists():
                    found[key] = str(path)

    thread = threading.Thread(target=look, name="ai-background files", daemon=True)
    thread.start()
    thread.join(limit_s)
    return {key: found[key] for key in KEYS if key in found}


def _places(chosen: Options) -> dict[str, Path]:
    """Where the files are that the user chose: none for what is chosen by itself, or is no file."""
    places = {}
    if chosen.background_mode == "file":
        if chosen.backgrounds_folder:
            places["backgrounds_folder"] = chosen.folder
        if chosen.background:
            places["background"] = backgrounds_folder.resolve(chosen.folder, chosen.background)
    for key in ("camera", "model"):
        value = str(getattr(chosen, key))
        if stored_settings.is_path_or_url(value) and "://" not in value:
            places[key] = Path(value).expanduser()
    return places


def settings_for(key: str, path: str) -> dict[str, Value]:
    """The settings that make this place the one of `key`. An empty path (Clear, in the dialog) is what a new source
    has. For a folder OBS lets people choose a file in it, so a background stands for its folder."""
    if not path:
        return {key: options.BY_KEY[key].default}
    place = Path(path)
    if key == "backgrounds_folder":
        return {key: str(place if place.is_dir() else place.parent)}
    if key == "background":
        return {"backgrounds_folder": str(place.parent), key: place.name}
    return {key: path}


def add(lib: Any, files: int, source: int, relocated: Any, stored: Mapping[str, Any]) -> None:
    """Puts what is gone into an obs_missing_files_t, for this obs_source_t. `relocated`: the immortal callback."""
    chosen, _ = options.parse(stored_settings.effective(stored, Options()))
    for key, path in gone(chosen).items():
        encoded = path.encode(errors="surrogateescape")
        file = lib.obs_missing_file_create(
            encoded, relocated, libobs.OBS_MISSING_FILE_SOURCE, source, KEYS.index(key) or None
        )
        lib.obs_missing_files_add_file(files, file)
