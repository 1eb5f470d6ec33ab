"""The properties panel of a source and the defaults of its settings, from `options.TABLE`.

Called on OBS's UI thread, so it reads at most a folder's names. It keeps only what it showed last, to tell
whether a change needs a redraw: a needless one interrupts somebody who is dragging a slider.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from obs_bgremove.obs import libobs
from obs_bgremove.obs.camera_list import Camera
from obs_bgremove.obs.status import INFO_TYPES, Line
from obs_bgremove.shared import backgrounds_folder, installation, options, stored_settings
from obs_bgremove.shared.options import Row

LEARNING = (
    ("learn_background", "Learn Background", "Step out of the picture, then press: remembers the room behind you."),
    ("forget_background", "Forget Background", "Drops what was learned, for instance after moving the camera."),
)
# Buttons of each group, in order: (name, label, help).
BUTTONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "camera": (("refresh_cameras", "Refresh Cameras", "Looks again which cameras are connected."),),
    "background": (
        ("previous_background", "Previous Background", "The one before, by name. There is a hotkey for it as well."),
        ("next_background", "Next Background", "The next one by name. There is a hotkey for it as well."),
        ("open_folder", "Open Folder", "Shows the folder in your file browser, to put pictures of your own into it."),
    ),
    "matte": LEARNING,
    "advanced": (("restart_engine", "Restart Engine", "Starts the process that does the work anew."),),
}
EXTRA_LABELS = {"camera_file": "Video File", "camera_stream": "Stream Address", "model_file": "Model File"}
_VIDEO_FILTER = "Videos (*.mp4 *.mkv *.mov *.avi *.webm *.m4v *.mpg *.ts *.gif);;All files (*)"
_MODEL_FILTER = "Models (*.tflite)"


@dataclasses.dataclass(frozen=True)
class View:
    """What a panel shows besides the settings themselves."""

    serial: int
    settings: Mapping[str, Any]  # parsed: each key of the table, with a value of its type
    cameras: Optional[list[Camera]]
    status: Line


def set_defaults(lib: Any, data: int, camera: str) -> None:
    """Defaults of all settings into an obs_data_t."""
    backgrounds = installation.backgrounds_dir()
    special = {
        "camera": camera,
        "backgrounds_folder": str(backgrounds),
        "background": backgrounds_folder.choose(backgrounds, ""),
    }
    for row in options.TABLE:
        key, value = row.key.encode(), special.get(row.key, row.default)
        if isinstance(value, bool):
            lib.obs_data_set_default_bool(data, key, value)
        elif row.kind == "float":
            lib.obs_data_set_default_double(data, key, value)
        elif isinstance(value, int):
            lib.obs_data_set_default_int(data, key, value)
        else:
            lib.obs_data_set_default_string(data, key, str(value).encode(errors="surrogateescape"))


class Panel:
    """Builds panels. `callbacks` are the immortal ones of source_type.py."""

    def __init__(self, lib: Any, callbacks: Mapping[str, Any]) -> None:
        self._lib, self._callbacks = lib, callbacks
        self._listed: dict[int, tuple[Path, list[str]]] = {}  # serial: folder and names shown last

    def build(self, view: View) -> int:
        """A new obs_properties_t, which becomes the caller's."""
        properties: int = self._lib.obs_properties_create()
        try:
            self._add_all(properties, view)
        except Exception:
            self._lib.obs_properties_destroy(properties)
            raise
        return properties

    def _add_all(self, properties: int, view: View) -> None:
        lib = self._lib
        text = _utf8(view.status.rich_text)
        status = lib.obs_properties_add_text(properties, b"status", text, libobs.OBS_TEXT_INFO)
        lib.obs_property_text_set_info_type(status, INFO_TYPES[view.status.level])
        lib.obs_property_text_set_info_word_wrap(status, True)
        for group, title in options.GROUPS.items():
            rows = [row for row in options.TABLE if row.group == group]
            content = lib.obs_properties_create()
            for row in rows:
                self._add_row(content, row, view)
            for name, label, tip in BUTTONS[group]:
                button = lib.obs_properties_add_button2(
                    content, name.encode(), label.encode(), self._callbacks["button"], view.serial
                )
                lib.obs_property_set_long_description(button, tip.encode())
            if group == "advanced":
                details = lib.obs_properties_add_text(content, b"details", b"Details", libobs.OBS_TEXT_MULTILINE)
                lib.obs_property_set_long_description(details, b"Copy this into a bug report.")
            lib.obs_properties_add_group(
                properties, f"group_{group}".encode(), title.encode(), libobs.OBS_GROUP_NORMAL, content
            )
        self._show_relevant(properties, view.settings)

    def forget(self, serial: int) -> None:
        """The source is gone."""
        self._listed.pop(serial, None)

    def modified(self, serial: int, key: str, properties: int, data: int) -> bool:
        """A setting that governs other rows has changed, or the panel was just built. True: redraw."""
        settings = {name: self._string(data, name) for name in GOVERNING}
        changed = False
        for (governing, entry), row in stored_settings.EXTRA_ROWS.items():
            typed, now = self._string(data, row), settings[governing]
            replaces = now == entry or (key == row and stored_settings.stands_for(now, governing, entry))
            if key in (row, governing) and typed and replaces:
                self._set_string(data, governing, typed)
        if key == "backgrounds_folder":
            changed |= self._list_changed_folder(serial, properties, data, settings[key])
        return self._show_relevant(properties, settings) or changed

    def _show_relevant(self, properties: int, settings: Mapping[str, Any]) -> bool:
        """Hides rows that mean nothing now. True when a row appeared or vanished."""
        wanted = {
            row.key: str(settings.get(row.shown_when[0])) in row.shown_when[1]
            for row in options.TABLE
            if row.shown_when
        }
        for button in ("previous_background", "next_background", "open_folder"):
            wanted[button] = wanted["background"]
        for (governing, entry), row_key in stored_settings.EXTRA_ROWS.items():
            value = str(settings.get(governing, ""))
            wanted[row_key] = value == entry or stored_settings.stands_for(value, governing, entry)
        changed = False
        for key, visible in wanted.items():
            row_property = self._lib.obs_properties_get(properties, key.encode())
            if row_property and bool(self._lib.obs_property_visible(row_property)) != visible:
                self._lib.obs_property_set_visible(row_property, visible)
                changed = True
        return changed

    # Rows.

    def _add_row(self, group: int, row: Row, view: View) -> None:
        lib, key, label = self._lib, row.key.encode(), row.label.encode()
        value = view.settings[row.key]
        suffix = f" {row.unit}".encode() if row.unit else b""
        if row.kind == "bool":
            added = lib.obs_properties_add_bool(group, key, label)
        elif row.kind == "int" and row.choices:
            added = lib.obs_properties_add_list(
                group, key, label, libobs.OBS_COMBO_TYPE_LIST, libobs.OBS_COMBO_FORMAT_INT
            )
            numbers = {int(number): name for number, name in row.choices}
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
            added = lib.obs_properties_add_path(group, key, label, libobs.OBS_PATH_DIRECTORY, None, _utf8(value))
        else:
            added = lib.obs_properties_add_list(
                group, key, label, libobs.OBS_COMBO_TYPE_LIST, libobs.OBS_COMBO_FORMAT_STRING
            )
            self._fill(added, row, value, view)
        lib.obs_property_set_long_description(added, row.help.encode())
        self._add_extra_rows(group, row.key, view)
        if row.key in GOVERNING:
            lib.obs_property_set_modified_callback2(added, self._callbacks["modified"], view.serial)

    def _add_extra_rows(self, group: int, key: str, view: View) -> None:
        lib = self._lib
        for (governing, entry), row in stored_settings.EXTRA_ROWS.items():
            if governing != key:
                continue
            name, label = row.encode(), EXTRA_LABELS[row].encode()
            if entry == stored_settings.CHOOSE_STREAM:
                added = lib.obs_properties_add_text(group, name, label, libobs.OBS_TEXT_DEFAULT)
            else:
                kinds = (_VIDEO_FILTER if key == "camera" else _MODEL_FILTER).encode()
                added = lib.obs_properties_add_path(group, name, label, libobs.OBS_PATH_FILE, kinds, None)
            lib.obs_property_set_modified_callback2(added, self._callbacks["modified"], view.serial)

    def _fill(self, added: int, row: Row, value: str, view: View) -> None:
        """The entries of a list row."""
        if row.kind == "picture":
            folder = backgrounds_folder.place(view.settings["backgrounds_folder"])
            names = backgrounds_folder.list_backgrounds(folder)
            self._listed[view.serial] = (folder, names)
            self._fill_pictures(added, names, value)
            return
        entries = list(row.choices)
        missing = "{} (not available)"
        if row.kind == "resolution":
            entries = [(options.AUTO, "Automatic"), *((size, size.replace("x", "×")) for size in options.RESOLUTIONS)]
            missing = "{}"
        elif row.kind == "camera":
            entries = [
                *((camera.id, camera.name) for camera in view.cameras or ()),
                (options.SAMPLE, "Sample portrait"),
            ]
            missing = "{} (not connected)" if view.cameras is not None else "{}"
            if not value:
                entries.insert(0, ("", "Looking for cameras…"))
        absent = value and value not in dict(entries) and not value.startswith("choose:")
        typed = stored_settings.is_path_or_url(value)
        if absent and typed:
            entries.append((value, Path(value).name if "://" not in value else value))
        for stored, name in entries:
            self._add_entry(added, stored, name)
        if absent and not typed:
            # It is kept, not silently replaced: it may only be unplugged.
            position = self._add_entry(added, value, missing.format(value))
            self._lib.obs_property_list_item_disable(added, position, missing != "{}")
        if row.kind == "camera":
            self._add_entry(added, stored_settings.CHOOSE_FILE, "Video file…")
            self._add_entry(added, stored_settings.CHOOSE_STREAM, "Stream…")
        elif row.kind == "model":
            self._add_entry(added, stored_settings.CHOOSE_FILE, "Model file…")

    def _fill_pictures(self, added: int, names: list[str], value: str) -> None:
        for name in names:
            self._add_entry(added, name, name)
        if value and value not in names:
            position = self._add_entry(added, value, f"{value} (missing)")
            self._lib.obs_property_list_item_disable(added, position, True)

    def _list_changed_folder(self, serial: int, properties: int, data: int, stored: str) -> bool:
        """Lists the pictures of another folder, and takes its first one when the present one is not in it."""
        before = self._listed.get(serial)
        folder = backgrounds_folder.place(stored)
        names = backgrounds_folder.list_backgrounds(folder)
        if before == (folder, names):
            return False
        self._listed[serial] = (folder, names)
        value = self._string(data, "background")
        if before is not None and before[0] != folder and names and value not in names:
            value = names[0]
            self._set_string(data, "background", value)
        added = self._lib.obs_properties_get(properties, b"background")
        self._lib.obs_property_list_clear(added)
        self._fill_pictures(added, names, value)
        return True

    def _add_entry(self, added: int, stored: str, name: str) -> int:
        place: int = self._lib.obs_property_list_add_string(added, _utf8(name), _utf8(stored))
        return place

    def _string(self, data: int, key: str) -> str:
        return (self._lib.obs_data_get_string(data, key.encode()) or b"").decode(errors="surrogateescape")

    def _set_string(self, data: int, key: str, value: str) -> None:
        self._lib.obs_data_set_string(data, key.encode(), _utf8(value))


GOVERNING = ("camera", "background_mode", "backgrounds_folder", "model")


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
