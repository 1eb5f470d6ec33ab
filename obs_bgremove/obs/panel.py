"""The properties panel of a source and the defaults of its settings, from `options.TABLE`.

What people need first stands first; the rest is shown by the row Show Advanced Settings, as libobs has no groups that
close. Called on OBS's UI thread. It keeps only what it showed last, to tell whether a change needs a redraw: a needless
one interrupts somebody who is dragging a slider.
"""

from collections.abc import Mapping
from typing import Any, Optional

from obs_bgremove.obs import gallery, libobs
from obs_bgremove.obs.camera_list import Camera
from obs_bgremove.obs.rows import ADVANCED, GOVERNING, Rows, View, shown, sizes_of, utf8
from obs_bgremove.obs.settings import LIVE
from obs_bgremove.obs.status import INFO_TYPES, Status
from obs_bgremove.obs.thumbnails import Thumbnails
from obs_bgremove.shared import backgrounds_folder, installation, options, presets, stored_settings
from obs_bgremove.shared.language import Text, tr

# Groups of the table whose basic rows begin the panel, without a frame and a title: the window is small.
BEGINNINGS = ("camera", "background", "matte")
MORE = {
    "camera": tr("Size and Rate"),
    "background": tr("Background"),
    "matte": tr("Outline"),
    "advanced": tr("Engine"),
}
# Buttons of each group, in order: (name, label, help).
_RESET = tr("Puts the rows of this group back to how they came.")
BUTTONS: dict[str, tuple[tuple[str, Text, Text], ...]] = {
    "camera": (("refresh_cameras", tr("Refresh Cameras"), tr("Looks again which cameras are connected.")),),
    "background": (
        (
            "open_folder",
            tr("Open Folder"),
            tr("Shows the folder in your file browser, to put pictures and videos of your own into it."),
        ),
    ),
    "matte": (
        (
            "learn_background",
            tr("Learn Background"),
            tr("Step out of the picture, then press: remembers the room behind you."),
        ),
    ),
    "camera_more": (("reset_camera", tr("Reset Size and Rate"), _RESET),),
    "background_more": (
        (
            "previous_background",
            tr("Previous Background"),
            tr("The one before, by name. There is a hotkey for it as well."),
        ),
        ("next_background", tr("Next Background"), tr("The next one by name. There is a hotkey for it as well.")),
        ("reset_background", tr("Reset Background"), _RESET),
    ),
    "matte_more": (
        (
            "forget_background",
            tr("Forget Background"),
            tr("Drops what was learned, for instance after moving the camera."),
        ),
        ("reset_matte", tr("Reset Outline"), _RESET),
    ),
    "advanced": (
        ("restart_engine", tr("Restart Engine"), tr("Starts the process that does the work anew.")),
        ("refresh_status", tr("Refresh Figures"), tr("Shows the figures of this moment below and at the top.")),
    ),
}
# Buttons that mean something only while this row does.
_WITH_PICTURES = ("previous_background", "next_background", "open_folder")


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
            lib.obs_data_set_default_string(data, key, utf8(str(value)))


class Panel:
    """Builds panels. `callbacks` are the immortal ones of source_type.py."""

    def __init__(self, lib: Any, callbacks: Mapping[str, Any], thumbnails: Thumbnails) -> None:
        self._lib, self._callbacks, self._thumbnails = lib, callbacks, thumbnails
        self._rows = Rows(lib, callbacks)

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
        self._add_info(properties, "status")
        for group in BEGINNINGS:
            self._add_rows(properties, group, view, basic=True)
        switch = lib.obs_properties_add_bool(properties, ADVANCED.encode(), shown(tr("Show Advanced Settings")))
        help_text = tr("Shows the rest: sizes and rates, fine tuning, the engine.")
        lib.obs_property_set_long_description(switch, shown(help_text))
        lib.obs_property_set_modified_callback2(switch, self._callbacks["modified"], view.serial)
        for group, title in MORE.items():
            content = lib.obs_properties_create()
            self._add_rows(content, group, view, basic=False)
            name = f"group_{group_of_rest(group)}".encode()
            lib.obs_properties_add_group(properties, name, shown(title), libobs.OBS_GROUP_NORMAL, content)
        self._renew_gallery(properties, view.serial, view.settings["background"])
        self._show_relevant(properties, view.settings, view.advanced)
        self.renew_status(properties, view.status)

    def _add_rows(self, content: int, group: str, view: View, basic: bool) -> None:
        lib = self._lib
        for row in options.TABLE:
            if row.group == group and row.basic == basic:
                self._rows.add(content, row, view)
                if row.key == "background":
                    self._add_info(content, "gallery", wrap=False)
        if group == "matte" and basic:
            self._add_presets(content)
        for button, label, tip in BUTTONS[group if basic else group_of_rest(group)]:
            added = lib.obs_properties_add_button2(
                content, button.encode(), shown(label), self._callbacks["button"], view.serial
            )
            lib.obs_property_set_long_description(added, shown(tip))
        if group == "advanced":
            self._add_info(content, "figures")
            title = shown(tr("Details"))
            details = lib.obs_properties_add_text(content, b"details", title, libobs.OBS_TEXT_MULTILINE)
            lib.obs_property_set_long_description(details, shown(tr("Copy this into a bug report.")))

    def _add_presets(self, content: int) -> None:
        lib = self._lib
        added = lib.obs_properties_add_list(
            content,
            presets.KEY.encode(),
            shown(tr("Preset")),
            libobs.OBS_COMBO_TYPE_LIST,
            libobs.OBS_COMBO_FORMAT_STRING,
        )
        tip = tr("Sets what stands below, at once. It can be changed afterwards.")
        lib.obs_property_set_long_description(added, shown(tip))
        lib.obs_property_list_add_string(added, shown(tr("Choose one to set several settings…")), b"")
        lines = []
        for name, preset in presets.PRESETS.items():
            lib.obs_property_list_add_string(added, shown(preset.label), name.encode())
            lines.append(
                tr("<b>{preset}</b>: {settings}", preset=preset.label, settings=presets.in_words(preset)).local()
            )
        self._add_info(content, "preset_info", wrap=False)  # Qt gives what it wraps more room than it needs
        lib.obs_property_set_description(lib.obs_properties_get(content, b"preset_info"), utf8("<br>".join(lines)))

    def _add_info(self, content: int, name: str, wrap: bool = True) -> None:
        added = self._lib.obs_properties_add_text(content, name.encode(), b"", libobs.OBS_TEXT_INFO)
        self._lib.obs_property_text_set_info_word_wrap(added, wrap)

    def renew_status(self, properties: int, status: Status) -> None:
        """Writes what is known now into the rows that say so. To be seen when OBS draws the panel, or draws it anew."""
        lib, line = self._lib, status.line()
        row = lib.obs_properties_get(properties, b"status")
        lib.obs_property_set_description(row, utf8(line.rich_text))
        lib.obs_property_text_set_info_type(row, INFO_TYPES[line.level])
        lib.obs_property_set_description(lib.obs_properties_get(properties, b"figures"), utf8(status.figures()))

    def _renew_gallery(self, properties: int, serial: int, chosen: str) -> bool:
        """True when it looks different now."""
        row = self._lib.obs_properties_get(properties, b"gallery")
        folder, names = self._rows.listed.get(serial, (None, []))
        text = gallery.rich_text(names, chosen, self._thumbnails.of(folder)) if folder is not None else ""
        if text.encode() == (self._lib.obs_property_description(row) or b""):
            return False
        self._lib.obs_property_set_description(row, text.encode())
        return True

    def forget(self, serial: int) -> None:
        """The source is gone."""
        self._rows.forget(serial)

    def modified(
        self, serial: int, key: str, properties: int, data: int, cameras: Optional[list[Camera]] = None
    ) -> bool:
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
        if key in ("background", "backgrounds_folder"):
            changed |= self._renew_gallery(properties, serial, self._string(data, "background"))
        if key == "camera":
            changed |= self._list_sizes(serial, properties, data, sizes_of(cameras, settings[key]))
        with LIVE:
            advanced = bool(self._lib.obs_data_get_bool(data, ADVANCED.encode()))
        return self._show_relevant(properties, settings, advanced) or changed

    def _show_relevant(self, properties: int, settings: Mapping[str, Any], advanced: bool) -> bool:
        """Hides rows that mean nothing now. True when a row appeared or vanished."""
        wanted = {
            row.key: str(settings.get(row.shown_when[0])) in row.shown_when[1]
            for row in options.TABLE
            if row.shown_when
        }
        wanted.update(dict.fromkeys(_WITH_PICTURES, wanted["background"]))
        row = self._lib.obs_properties_get(properties, b"gallery")
        wanted["gallery"] = wanted["background"] and bool(self._lib.obs_property_description(row))
        wanted.update({f"group_{group_of_rest(group)}": advanced for group in MORE})
        for (governing, entry), row_key in stored_settings.EXTRA_ROWS.items():
            value = str(settings.get(governing, ""))
            wanted[row_key] = value == entry or stored_settings.stands_for(value, governing, entry)
        wanted["refresh_cameras"] = not (wanted["camera_file"] or wanted["camera_stream"])
        changed = False
        for key, visible in wanted.items():
            row_property = self._lib.obs_properties_get(properties, key.encode())
            if row_property and bool(self._lib.obs_property_visible(row_property)) != visible:
                self._lib.obs_property_set_visible(row_property, visible)
                changed = True
        return changed

    def _list_sizes(self, serial: int, properties: int, data: int, sizes: dict[str, Text]) -> bool:
        """Lists the resolutions of another camera. What is chosen stays: the camera takes what comes nearest."""
        if sizes == self._rows.sizes.get(serial):
            return False
        self._rows.sizes[serial] = sizes
        added = self._lib.obs_properties_get(properties, b"resolution")
        self._lib.obs_property_list_clear(added)
        self._rows.fill_sizes(added, sizes, self._string(data, "resolution") or options.AUTO)
        return True

    def _list_changed_folder(self, serial: int, properties: int, data: int, stored: str) -> bool:
        """Lists the pictures of another folder, and takes its first one when the present one is not in it."""
        before = self._rows.listed.get(serial)
        folder = backgrounds_folder.place(stored)
        names = backgrounds_folder.list_backgrounds(folder)
        if before == (folder, names):
            return False
        self._rows.listed[serial] = (folder, names)
        value = self._string(data, "background")
        if before is not None and before[0] != folder and names and value not in names:
            value = names[0]
            self._set_string(data, "background", value)
        added = self._lib.obs_properties_get(properties, b"background")
        self._lib.obs_property_list_clear(added)
        self._rows.fill_pictures(added, names, value)
        return True

    def _string(self, data: int, key: str) -> str:
        with LIVE:
            value: bytes = self._lib.obs_data_get_string(data, key.encode()) or b""
        return value.decode(errors="surrogateescape")

    def _set_string(self, data: int, key: str, value: str) -> None:
        with LIVE:
            self._lib.obs_data_set_string(data, key.encode(), utf8(value))


def group_of_rest(group: str) -> str:
    """The panel's group for what is shown by Show Advanced Settings."""
    return f"{group}_more" if group in BEGINNINGS else group
