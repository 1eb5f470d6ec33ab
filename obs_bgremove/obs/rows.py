"""The rows of the panel that stand for settings: from a row of `options.TABLE` to a property of libobs.

Called on OBS's UI thread by panel.py, so it reads at most a folder's names.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from obs_bgremove.obs import libobs
from obs_bgremove.obs.camera_list import Camera
from obs_bgremove.obs.status import Status
from obs_bgremove.shared import backgrounds_folder, options, stored_settings
from obs_bgremove.shared.language import Text, tr
from obs_bgremove.shared.options import Row

EXTRA_LABELS = {
    "camera_file": tr("Video File"),
    "camera_stream": tr("Stream Address"),
    "model_file": tr("Model File"),
}
ADVANCED = "advanced"  # the panel's own row: shows what is no basic row
# Settings that other rows depend on.
GOVERNING = ("camera", "background_mode", "backgrounds_folder", "model")
_VIDEO_FILTER = Text(
    "{videos} (*.mp4 *.mkv *.mov *.avi *.webm *.m4v *.mpg *.ts *.gif);;{all} (*)",
    videos=tr("Videos"),
    all=tr("All files"),
)
_MODEL_FILTER = Text("{models} (*.tflite)", models=tr("Models"))


@dataclasses.dataclass(frozen=True)
class View:
    """What a panel shows besides the settings themselves."""

    serial: int
    settings: Mapping[str, Any]  # parsed: each key of the table, with a value of its type
    cameras: Optional[list[Camera]]
    status: Status
    advanced: bool = False  # all rows are shown


class Rows:
    """Adds rows to a group. `callbacks` are the immortal ones of source_type.py."""

    def __init__(self, lib: Any, callbacks: Mapping[str, Any]) -> None:
        self._lib, self._callbacks = lib, callbacks
        self.listed: dict[int, tuple[Path, list[str]]] = {}  # serial: folder and names shown last
        self.sizes: dict[int, dict[str, Text]] = {}  # serial: resolutions shown last

    def forget(self, serial: int) -> None:
        """The source is gone."""
        self.listed.pop(serial, None)
        self.sizes.pop(serial, None)

    def add(self, group: int, row: Row, view: View) -> None:
        """The row of a setting, and what its "file…" entries reveal."""
        lib, key, label = self._lib, row.key.encode(), shown(row.label)
        value = view.settings[row.key]
        suffix = f" {row.unit.local()}".encode() if row.unit else b""
        if row.kind == "bool":
            added = lib.obs_properties_add_bool(group, key, label)
        elif row.kind == "int" and row.choices:
            added = lib.obs_properties_add_list(
                group, key, label, libobs.OBS_COMBO_TYPE_LIST, libobs.OBS_COMBO_FORMAT_INT
            )
            numbers = {int(number): name.local() for number, name in row.choices}
            for number, name in sorted({value: f"{value}{suffix.decode()}", **numbers}.items()):
                lib.obs_property_list_add_int(added, name.encode(), number)
        elif row.kind == "int":
            added = lib.obs_properties_add_int_slider(
                group, key, label, int(row.minimum), int(row.maximum), int(row.step)
            )
            lib.obs_property_int_set_suffix(added, suffix)
        elif row.kind == "float":
            added = lib.obs_properties_add_float_slider(group, key, label, row.minimum, row.maximum, row.step)
            lib.obs_property_float_set_suffix(added, suffix)
        elif row.kind == "colour":
            added = lib.obs_properties_add_color(group, key, label)
        elif row.kind == "folder":
            added = lib.obs_properties_add_path(group, key, label, libobs.OBS_PATH_DIRECTORY, None, utf8(value))
        else:
            added = lib.obs_properties_add_list(
                group, key, label, libobs.OBS_COMBO_TYPE_LIST, libobs.OBS_COMBO_FORMAT_STRING
            )
            self._fill(added, row, value, view)
        lib.obs_property_set_long_description(added, shown(row.help))
        self._add_extra_rows(group, row.key, view)
        if row.key in (*GOVERNING, "background"):
            lib.obs_property_set_modified_callback2(added, self._callbacks["modified"], view.serial)

    def _add_extra_rows(self, group: int, key: str, view: View) -> None:
        lib = self._lib
        for (governing, entry), row in stored_settings.EXTRA_ROWS.items():
            if governing != key:
                continue
            name, label = row.encode(), shown(EXTRA_LABELS[row])
            if entry == stored_settings.CHOOSE_STREAM:
                added = lib.obs_properties_add_text(group, name, label, libobs.OBS_TEXT_DEFAULT)
            else:
                kinds = shown(_VIDEO_FILTER if key == "camera" else _MODEL_FILTER)
                added = lib.obs_properties_add_path(group, name, label, libobs.OBS_PATH_FILE, kinds, None)
            lib.obs_property_set_modified_callback2(added, self._callbacks["modified"], view.serial)

    def _fill(self, added: int, row: Row, value: str, view: View) -> None:
        """The entries of a list row."""
        if row.kind == "picture":
            folder = backgrounds_folder.place(view.settings["backgrounds_folder"])
            names = backgrounds_folder.list_backgrounds(folder)
            self.listed[view.serial] = (folder, names)
            self.fill_pictures(added, names, value)
            return
        entries = [(stored, name.local()) for stored, name in row.choices]
        missing = tr("{value} (not available)", value=value)
        if row.kind == "resolution":
            self.sizes[view.serial] = sizes_of(view.cameras, view.settings["camera"])
            self.fill_sizes(added, self.sizes[view.serial], value)
            return
        if row.kind == "camera":
            entries = [
                *((camera.id, camera.name) for camera in view.cameras or ()),
                (options.SAMPLE, tr("Sample portrait").local()),
            ]
            known = view.cameras is not None
            missing = tr("{camera} (not connected)", camera=value) if known else Text("{camera}", camera=value)
            if not value:
                entries.insert(0, ("", tr("Looking for cameras…").local()))
        absent = value and value not in dict(entries) and not value.startswith("choose:")
        typed = stored_settings.is_path_or_url(value)
        if absent and typed:
            entries.append((value, Path(value).name if "://" not in value else value))
        for stored, name in entries:
            self._add_entry(added, stored, name)
        if absent and not typed:
            # It is kept, not silently replaced: it may only be unplugged.
            position = self._add_entry(added, value, missing.local())
            self._lib.obs_property_list_item_disable(added, position, missing.local() != value)
        if row.kind == "camera":
            self._add_entry(added, stored_settings.CHOOSE_FILE, tr("Video file…").local())
            self._add_entry(added, stored_settings.CHOOSE_STREAM, tr("Stream…").local())
        elif row.kind == "model":
            self._add_entry(added, stored_settings.CHOOSE_FILE, tr("Model file…").local())

    def fill_sizes(self, added: int, sizes: Mapping[str, Text], value: str) -> None:
        """The entries of the list of resolutions: those of the camera, and one that is stored."""
        stored = {} if value == options.AUTO else {value: sizes.get(value, _plain_size(value))}
        for size, name in {options.AUTO: tr("Automatic"), **sizes, **stored}.items():
            self._add_entry(added, size, name.local())

    def fill_pictures(self, added: int, names: list[str], value: str) -> None:
        """The entries of the list of backgrounds; one that is stored but missing stays, marked."""
        for name in names:
            self._add_entry(added, name, name)
        if value and value not in names:
            position = self._add_entry(added, value, tr("{file} (missing)", file=value).local())
            self._lib.obs_property_list_item_disable(added, position, True)

    def _add_entry(self, added: int, stored: str, name: str) -> int:
        place: int = self._lib.obs_property_list_add_string(added, utf8(name), utf8(stored))
        return place


def sizes_of(cameras: Optional[list[Camera]], chosen: str) -> dict[str, Text]:
    """The resolutions to choose from, with their names: what this camera offers, else the usual ones."""
    offered = next((camera.sizes() for camera in cameras or () if camera.id == chosen), {})
    return offered or {size: _plain_size(size) for size in options.RESOLUTIONS}


def _plain_size(size: str) -> Text:
    return Text(size.replace("x", "×"))


def shown(text: Text) -> bytes:
    """For libobs, in the language in use."""
    return utf8(text.local())


def utf8(text: str) -> bytes:
    """For libobs; file names that are not UTF-8 keep their bytes."""
    return text.encode(errors="surrogateescape")
