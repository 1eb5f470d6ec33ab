"""What stored settings mean where that is more than the value itself.

In the panel, camera and model are lists with an entry "file…" or "stream…"; it reveals a row of its own, whose value
then becomes the setting. Standard library only; used by OBS's side and by doctor, on any thread.
"""

from collections.abc import Mapping
from typing import Any

from obs_bgremove.shared.options import Options

CHOOSE_FILE = "choose:file"
CHOOSE_STREAM = "choose:stream"
# Panel-only rows: (setting, entry of its list): the key of the row that the entry reveals.
EXTRA_ROWS = {
    ("camera", CHOOSE_FILE): "camera_file",
    ("camera", CHOOSE_STREAM): "camera_stream",
    ("model", CHOOSE_FILE): "model_file",
}


def effective(stored: Mapping[str, Any], before: Options) -> dict[str, Any]:
    """The stored settings with each "file…" or "stream…" entry replaced by its row's value, or by the one before."""
    settings = dict(stored)
    for (key, entry), row in EXTRA_ROWS.items():
        if settings.get(key) == entry:
            settings[key] = settings.get(row) or getattr(before, key)
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
