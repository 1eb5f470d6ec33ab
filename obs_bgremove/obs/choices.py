"""What the values in a source's stored settings stand for: places, and the choices that need a second row.

In the panel, camera and model are lists with an entry "file…" or "stream…"; it reveals a row of its own, whose value
then becomes the setting. Used by the worker (source.py) and on the UI thread (panel.py).
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from obs_bgremove import environment, folder
from obs_bgremove.errors import UserError
from obs_bgremove.options import Options

CHOOSE_FILE = "choose:file"
CHOOSE_STREAM = "choose:stream"
# Panel-only rows: (setting, entry of its list): the key of the row that the entry reveals.
EXTRA_ROWS = {
    ("camera", CHOOSE_FILE): "camera_file",
    ("camera", CHOOSE_STREAM): "camera_stream",
    ("model", CHOOSE_FILE): "model_file",
}


def effective(stored: Mapping[str, Any], before: Options) -> dict[str, Any]:
    """The stored settings with each "file…" entry replaced by what its row says, or by what was used before."""
    settings = dict(stored)
    for (key, entry), row in EXTRA_ROWS.items():
        if settings.get(key) == entry:
            settings[key] = settings.get(row) or getattr(before, key)
    if not settings.get("backgrounds_folder"):
        settings["backgrounds_folder"] = str(environment.backgrounds_dir())
    return settings


def entry_of(key: str, value: str) -> str:
    """Which entry of the list stands for a value typed in an extra row: file or stream."""
    return CHOOSE_STREAM if key == "camera" and "://" in value else CHOOSE_FILE


def is_path_or_url(value: str) -> bool:
    """Whether a stored camera or model is a file or an address rather than a device or a built-in name."""
    return "://" in value or value.endswith(".tflite") or ("/" in value[1:] and not value.startswith("/dev/"))


def stands_for(value: str, key: str, entry: str) -> bool:
    """Whether a stored value is one that was typed in the row of this entry."""
    return is_path_or_url(value) and entry_of(key, value) == entry


def backgrounds_folder(stored: str) -> Path:
    """The folder with the backgrounds; empty means the installed one."""
    return Path(stored).expanduser() if stored else environment.backgrounds_dir()


def first_background(stored_folder: str) -> str:
    """The first picture by name; empty when there is none."""
    return folder.choose(backgrounds_folder(stored_folder), "")


def file_name(name: str) -> str:
    """A source's name as a file name: letters, digits, space, dash; never empty, never long."""
    return re.sub(r"[^\w -]", "_", name).strip()[:60] or "source"


def open_folder(path: Path) -> None:
    """Shows a folder in the system's file browser. Raises UserError."""
    if not path.is_dir():
        raise UserError(f"The folder {path} is not there.", "Choose another one under Folder.")
    if sys.platform == "win32":
        os.startfile(str(path))
        return
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen(
            [opener, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise UserError(f"{opener} could not be started ({error.strerror}).", f"The folder is {path}.") from error
