"""A libobs in Python, for tests of the OBS side: the lowest seam, below which only real OBS can tell."""

import ctypes
import itertools
import json
from typing import Any, Callable, Optional

from obs_bgremove.obs import libobs


class Property:
    """One row of a panel, as it was asked for."""

    def __init__(self, kind: str, name: bytes, label: bytes, *more: Any) -> None:
        self.kind, self.name, self.label, self.more = (
            kind,
            name.decode(errors="surrogateescape"),
            (label or b"").decode(errors="surrogateescape"),
            more,
        )
        self.entries: list[tuple[str, Any, bool]] = []
        self.visible, self.tip, self.suffix, self.callback, self.private = True, "", "", None, None
        self.rows: list[Property] = []
        self.text: dict[str, Any] = {}  # info_type, info_word_wrap

    def find(self, name: str) -> Optional["Property"]:
        for row in self.rows:
            found = row if row.name == name else row.find(name)
            if found is not None:
                return found
        return None


class FakeLibobs:
    """Objects are numbers, as pointers are. `frames` holds what was put out, as (width, height, format, bytes)."""

    def __init__(self) -> None:
        self._numbers = itertools.count(0x1000, 16)
        self.objects: dict[int, Any] = {}
        self.frames: list[Optional[tuple[int, int, int, bytes]]] = []
        self.frame_times: list[int] = []
        self.hotkeys: dict[str, tuple[Any, int]] = {}
        self.hotkey_labels: list[str] = []
        self.signals: dict[bytes, Any] = {}
        self.references = 0
        self.weak_references = 0
        self.locale = b"en-US"
        self.panel_rebuilds = 0
        self.unbuffered: list[int] = []
        self.registered: list[libobs.obs_source_info] = []
        # The structures as this libobs has them: a test may put others here.
        self.info_struct: Any = libobs.obs_source_info
        self.frame_struct: Any = libobs.obs_source_frame
        self.largest_info = libobs.SOURCE_INFO_BYTES
        self.pixels_at = 0  # where a new frame's pixels are; 0: somewhere
        self.bfree = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda memory: None)
        self._memory: list[Any] = []

    # What OBS does to us.

    @property
    def info(self) -> libobs.obs_source_info:
        return self.registered[0]

    def add_source(self, name: str = "Me", **settings: Any) -> int:
        source = self._new({"name": name, "settings": self._new({"user": dict(settings), "default": {}})})
        self.info.get_defaults(self.objects[source]["settings"])
        self.objects[source]["data"] = self.info.create(self.objects[source]["settings"], source)
        return source

    def remove_source(self, source: int) -> None:
        gone = self.objects.pop(source)
        if b"source_destroy" in self.signals:
            self.objects[99] = {"source": source}
            self.signals[b"source_destroy"](None, 99)
        del gone

    def settings(self, source: int) -> dict[str, Any]:
        return dict(self.objects[self.objects[source]["settings"]]["user"])

    def defaults(self, source: int) -> dict[str, Any]:
        return dict(self.objects[self.objects[source]["settings"]]["default"])

    def set(self, source: int, **settings: Any) -> None:
        self.objects[self.objects[source]["settings"]]["user"].update(settings)
        self.info.update(self.objects[source]["data"], self.objects[source]["settings"])

    def show(self, source: int, showing: bool = True) -> None:
        self.objects[source]["showing"] = showing
        (self.info.show if showing else self.info.hide)(self.objects[source]["data"])

    def panel(self, source: int) -> Property:
        return self.objects[self.info.get_properties(self.objects[source]["data"])]

    def press_hotkey(self, name: str) -> None:
        function, private = self.hotkeys[name]
        key = self._new(name)
        function(private, 1, key, True)
        function(private, 1, key, False)

    def press_button(self, panel: Property, name: str) -> bool:
        row = panel.find(name)
        assert row is not None
        return bool(row.callback(0, self._new(row), row.private))

    def change(self, source: int, panel: Property, name: str, value: Any) -> bool:
        """A person changes a row that has a modified callback."""
        row = panel.find(name)
        assert row is not None
        self.objects[self.objects[source]["settings"]]["user"][name] = value
        return bool(row.callback(row.private, self._new(panel), self._new(row), self.objects[source]["settings"]))

    def missing_files(self, source: int) -> dict[str, Callable[[str], None]]:
        """What File, Check for Missing Files shows: path, and what choosing another one does."""

        def chooser(callback: Any, private: Any) -> Callable[[str], None]:
            return lambda path: callback(self.objects[source]["data"], path.encode(errors="surrogateescape"), private)

        files = self.obs_source_get_missing_files(source)
        found = {path: chooser(callback, private) for path, callback, of, private in self.objects[files]}
        self.obs_missing_files_destroy(files)
        return found

    # What we ask of libobs.

    def _new(self, value: Any) -> int:
        number = next(self._numbers)
        self.objects[number] = value
        return number

    def bmalloc(self, size: int) -> int:
        buffer = ctypes.create_string_buffer(size)
        self._memory.append(buffer)
        return ctypes.addressof(buffer)

    def calldata_get_data(self, calldata: int, name: bytes, out: Any, size: int) -> bool:
        out._obj.value = self.objects[calldata][name.decode(errors="surrogateescape")]
        return True

    def obs_register_source_s(self, info: Any, size: int) -> None:
        assert size == libobs.SOURCE_INFO_BYTES
        seen = self.info_struct.from_address(ctypes.addressof(info._obj))
        if seen.type not in range(4):  # refused, as libobs does it
            if seen.type_data and seen.free_type_data:
                libobs.PROBE(seen.free_type_data)(seen.type_data)
        elif self.largest_info >= size:
            self.registered.append(info._obj)

    def obs_get_source_output_flags(self, source_id: bytes) -> int:
        return self.registered[0].output_flags if self.registered else 0

    def obs_source_get_icon_type(self, source_id: bytes) -> int:
        return self.registered[0].icon_type if self.registered else 0

    def obs_source_get_display_name(self, source_id: bytes) -> Optional[bytes]:
        return ctypes.string_at(self.registered[0].get_name(None)) if self.registered else None

    def obs_get_source_properties(self, source_id: bytes) -> Optional[int]:
        return int(self.registered[0].get_properties(None)) if self.registered else None

    def obs_source_create_private(self, source_id: bytes, name: bytes, settings: None) -> int:
        self.references += 1
        return self.add_source(name.decode())

    def obs_source_get_missing_files(self, source: int) -> int:
        info = self.info_struct.from_address(ctypes.addressof(self.info))
        return int(info.missing_files(self.objects[source]["data"])) if info.missing_files else self._new([])

    def obs_missing_files_create(self) -> int:
        return self._new([])

    def obs_missing_files_destroy(self, files: int) -> None:
        del self.objects[files]

    def obs_missing_files_add_file(self, files: int, file: int) -> None:
        self.objects[files].append(self.objects[file])

    def obs_missing_file_create(self, path: bytes, callback: Any, kind: int, source: int, private: Any) -> int:
        assert kind == libobs.OBS_MISSING_FILE_SOURCE and "data" in self.objects[source]
        return self._new((path.decode(errors="surrogateescape"), callback, source, private))

    def obs_source_frame_init(self, frame: Any, format: int, width: int, height: int) -> None:
        made = self.frame_struct.from_address(ctypes.addressof(frame._obj))
        pixel_bytes = 3 if format == 11 else 4
        pixels = ctypes.create_string_buffer(width * height * pixel_bytes)
        self._memory.append(pixels)
        made.format, made.width, made.height = format, width, height
        for plane in range(8):
            made.data[plane] = None if plane else self.pixels_at or ctypes.addressof(pixels)
            made.linesize[plane] = 0 if plane else width * pixel_bytes

    def obs_source_frame_copy(self, to: Any, source: Any) -> None:
        target, given = (self.frame_struct.from_address(ctypes.addressof(frame._obj)) for frame in (to, source))
        for field in ("flip", "flags", "trc", "full_range", "max_luminance", "timestamp", "color_matrix"):
            setattr(target, field, getattr(given, field))
        if not target.full_range:
            target.color_range_min, target.color_range_max = given.color_range_min, given.color_range_max

    def obs_get_signal_handler(self) -> int:
        return 1

    def signal_handler_connect(self, handler: int, name: bytes, callback: Any, private: Any) -> None:
        self.signals[name] = callback

    def signal_handler_disconnect(self, handler: int, name: bytes, callback: Any, private: Any) -> None:
        del self.signals[name]

    def obs_get_version_string(self) -> bytes:
        return b"29.0.2"

    def obs_get_locale(self) -> bytes:
        return self.locale

    def os_gettime_ns(self) -> int:
        import time

        return time.monotonic_ns()

    def obs_source_get_weak_source(self, source: int) -> int:
        self.weak_references += 1
        return source + 1

    def obs_weak_source_get_source(self, weak: int) -> Optional[int]:
        if weak - 1 not in self.objects:
            return None
        self.references += 1
        return weak - 1

    def obs_source_release(self, source: int) -> None:
        self.references -= 1

    def obs_weak_source_release(self, weak: int) -> None:
        self.weak_references -= 1

    def obs_source_get_settings(self, source: int) -> int:
        self.references += 1
        return int(self.objects[source]["settings"])

    def obs_source_get_name(self, source: int) -> bytes:
        return str(self.objects[source]["name"]).encode()

    def obs_source_showing(self, source: int) -> bool:
        return bool(self.objects[source].get("showing"))

    def obs_source_set_async_unbuffered(self, source: int, on: bool) -> None:
        if on:
            self.unbuffered.append(source)

    def obs_source_update(self, source: int, data: int) -> None:
        self.objects[self.objects[source]["settings"]]["user"].update(self.objects[data]["user"])
        self.info.update(self.objects[source]["data"], self.objects[source]["settings"])

    def obs_source_update_properties(self, source: int) -> None:
        self.panel_rebuilds += 1

    def obs_source_output_video(self, source: int, frame: Any) -> None:
        if frame is None:
            self.frames.append(None)
            return
        got: libobs.obs_source_frame = frame._obj
        self.frame_times.append(got.timestamp)
        size = got.linesize[0] * got.height
        self.frames.append((got.width, got.height, got.format, ctypes.string_at(got.data[0], size)))

    def obs_data_create(self) -> int:
        self.references += 1
        return self._new({"user": {}, "default": {}})

    def obs_data_apply(self, data: int, other: int) -> None:
        self.objects[data]["user"].update(self.objects[other]["user"])

    def obs_data_release(self, data: int) -> None:
        self.references -= 1

    def obs_data_get_json(self, data: int) -> bytes:
        return json.dumps(self.objects[data]["user"]).encode()

    def obs_data_get_string(self, data: int, key: bytes) -> bytes:
        both = {**self.objects[data]["default"], **self.objects[data]["user"]}
        value = both.get(key.decode(errors="surrogateescape"))
        return value.encode(errors="surrogateescape") if isinstance(value, str) else b""  # as libobs: no conversion

    def obs_data_get_bool(self, data: int, key: bytes) -> bool:
        both = {**self.objects[data]["default"], **self.objects[data]["user"]}
        return both.get(key.decode()) is True

    def obs_data_has_user_value(self, data: int, key: bytes) -> bool:
        return key.decode() in self.objects[data]["user"]

    def obs_data_set_string(self, data: int, key: bytes, value: bytes) -> None:
        self.objects[data]["user"][key.decode(errors="surrogateescape")] = value.decode(errors="surrogateescape")

    def obs_data_set_bool(self, data: int, key: bytes, value: bool) -> None:
        self.objects[data]["user"][key.decode()] = bool(value)

    def obs_data_set_int(self, data: int, key: bytes, value: int) -> None:
        self.objects[data]["user"][key.decode()] = int(value)

    def obs_data_set_double(self, data: int, key: bytes, value: float) -> None:
        self.objects[data]["user"][key.decode()] = float(value)

    def obs_data_set_default_string(self, data: int, key: bytes, value: bytes) -> None:
        self.objects[data]["default"][key.decode(errors="surrogateescape")] = value.decode(errors="surrogateescape")

    def obs_data_set_default_bool(self, data: int, key: bytes, value: bool) -> None:
        self.objects[data]["default"][key.decode(errors="surrogateescape")] = bool(value)

    def obs_data_set_default_int(self, data: int, key: bytes, value: int) -> None:
        self.objects[data]["default"][key.decode(errors="surrogateescape")] = int(value)

    def obs_data_set_default_double(self, data: int, key: bytes, value: float) -> None:
        self.objects[data]["default"][key.decode(errors="surrogateescape")] = float(value)

    def obs_hotkey_register_source(self, source: int, name: bytes, text: bytes, function: Any, private: int) -> int:
        self.hotkeys[name.decode(errors="surrogateescape")] = (function, private)
        self.hotkey_labels.append(text.decode())
        return len(self.hotkeys)

    def obs_hotkey_get_name(self, key: int) -> bytes:
        return str(self.objects[key]).encode()

    def obs_properties_create(self) -> int:
        return self._new(Property("panel", b"", b""))

    def obs_properties_destroy(self, properties: int) -> None:
        del self.objects[properties]

    def obs_properties_get(self, properties: int, name: bytes) -> Optional[int]:
        found = self.objects[properties].find(name.decode(errors="surrogateescape"))
        return None if found is None else self._new(found)

    def obs_properties_add_group(self, properties: int, name: bytes, label: bytes, kind: int, content: int) -> int:
        group = Property("group", name, label)
        group.rows = self.objects[content].rows
        self.objects[properties].rows.append(group)
        return self._new(group)

    def obs_properties_add_button2(
        self, properties: int, name: bytes, label: bytes, callback: Any, private: int
    ) -> int:
        row = Property("button", name, label)
        row.callback, row.private = callback, private
        self.objects[properties].rows.append(row)
        return self._new(row)

    def obs_property_name(self, row: int) -> bytes:
        return str(self.objects[row].name).encode()

    def obs_property_description(self, row: int) -> bytes:
        return bytes(self.objects[row].label.encode(errors="surrogateescape"))

    def obs_property_set_description(self, row: int, text: bytes) -> None:
        self.objects[row].label = text.decode(errors="surrogateescape")

    def obs_property_set_long_description(self, row: int, text: bytes) -> None:
        self.objects[row].tip = text.decode(errors="surrogateescape")

    def obs_property_set_modified_callback2(self, row: int, callback: Any, private: int) -> None:
        self.objects[row].callback, self.objects[row].private = callback, private

    def obs_property_set_visible(self, row: int, visible: bool) -> None:
        self.objects[row].visible = visible

    def obs_property_visible(self, row: int) -> bool:
        return bool(self.objects[row].visible)

    def obs_property_int_set_suffix(self, row: int, suffix: bytes) -> None:
        self.objects[row].suffix = suffix.decode(errors="surrogateescape")

    obs_property_float_set_suffix = obs_property_int_set_suffix

    def obs_property_list_add_string(self, row: int, name: bytes, value: bytes) -> int:
        self.objects[row].entries.append(
            (name.decode(errors="surrogateescape"), value.decode(errors="surrogateescape"), True)
        )
        return len(self.objects[row].entries) - 1

    def obs_property_list_add_int(self, row: int, name: bytes, value: int) -> int:
        self.objects[row].entries.append((name.decode(errors="surrogateescape"), value, True))
        return len(self.objects[row].entries) - 1

    def obs_property_list_item_disable(self, row: int, index: int, disabled: bool) -> None:
        name, value, _ = self.objects[row].entries[index]
        self.objects[row].entries[index] = (name, value, not disabled)

    def obs_property_list_clear(self, row: int) -> None:
        self.objects[row].entries.clear()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("obs_properties_add_"):
            return self._adder(name[len("obs_properties_add_") :])
        if name.startswith("obs_property_text_set_"):
            return lambda row, value: self.objects[row].text.update({name.rpartition("set_")[2]: value})
        raise AttributeError(name)

    def _adder(self, kind: str) -> Callable[..., int]:
        def add(properties: int, name: bytes, label: bytes, *more: Any) -> int:
            row = Property(kind, name, label, *more)
            self.objects[properties].rows.append(row)
            return self._new(row)

        return add
