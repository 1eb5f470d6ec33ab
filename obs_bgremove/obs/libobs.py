"""libobs by ctypes: the structs, the callback types and one table of prototypes. No logic but loading it.

Every call through here releases the interpreter lock while it is inside libobs; obspython's wrappers never do, so
that a call of theirs can deadlock with OBS's own threads. C names stay C names. Pointers to libobs's objects are plain
integers (`c_void_p`), strings are UTF-8 bytes. Used by everything in `obs`, on any thread.
"""

import ctypes
import os
import sys
from ctypes import (
    CFUNCTYPE,
    POINTER,
    c_bool,
    c_char_p,
    c_double,
    c_int,
    c_longlong,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
)
from ctypes import c_void_p as ptr
from typing import Any

from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

OBS_SOURCE_TYPE_INPUT = 0
OBS_SOURCE_ASYNC_VIDEO = 0x05
OBS_SOURCE_DO_NOT_DUPLICATE = 0x80
OBS_ICON_TYPE_CAMERA = 9
OBS_COMBO_TYPE_LIST = 2
OBS_COMBO_FORMAT_INT, OBS_COMBO_FORMAT_STRING = 1, 3
OBS_PATH_FILE, OBS_PATH_DIRECTORY = 0, 2
OBS_TEXT_DEFAULT, OBS_TEXT_MULTILINE, OBS_TEXT_INFO = 0, 2, 3
OBS_GROUP_NORMAL = 1
OBS_MISSING_FILE_SOURCE = 0

GET_NAME = CFUNCTYPE(ptr, ptr)
CREATE = CFUNCTYPE(ptr, ptr, ptr)
GET_DEFAULTS = CFUNCTYPE(None, ptr)
GET_PROPERTIES = CFUNCTYPE(ptr, ptr)
UPDATE = CFUNCTYPE(None, ptr, ptr)
SHOW = CFUNCTYPE(None, ptr)
SIGNAL = CFUNCTYPE(None, ptr, ptr)
BUTTON = CFUNCTYPE(c_bool, ptr, ptr, ptr)
MODIFIED = CFUNCTYPE(c_bool, ptr, ptr, ptr, ptr)
HOTKEY = CFUNCTYPE(None, ptr, c_size_t, ptr, c_bool)
MISSING_FILES = CFUNCTYPE(ptr, ptr)
RELOCATED = CFUNCTYPE(None, ptr, c_char_p, ptr)
PROBE = CFUNCTYPE(None, ptr)

# The size that is valid from OBS 28 to 32: fields behind it are taken as NULL.
SOURCE_INFO_BYTES = 400


class obs_source_info(ctypes.Structure):
    """Append-only since OBS 27. Only what we fill has a name; the rest stays NULL."""

    _fields_ = [
        ("id", c_char_p),
        ("type", c_int),
        ("output_flags", c_uint32),
        ("get_name", GET_NAME),
        ("create", CREATE),
        ("destroy", ptr),  # an address, not a callback of ours: see source_type.py
        ("get_width", ptr),
        ("get_height", ptr),
        ("get_defaults", GET_DEFAULTS),
        ("get_properties", GET_PROPERTIES),
        ("update", UPDATE),
        ("activate", ptr),
        ("deactivate", ptr),
        ("show", SHOW),
        ("hide", SHOW),
        ("video_tick_to_filter_remove", ptr * 13),
        ("type_data", ptr),
        ("free_type_data", ptr),
        ("audio_render_to_audio_mix", ptr * 7),
        ("icon_type", c_int),
        ("media", ptr * 9),
        ("version", c_uint32),
        ("unversioned_id", ptr),
        ("missing_files", MISSING_FILES),
        ("video_get_color_space", ptr),
    ]


class obs_source_frame(ctypes.Structure):
    """Same layout from OBS 27 to 32."""

    _fields_ = [
        ("data", ptr * 8),
        ("linesize", c_uint32 * 8),
        ("width", c_uint32),
        ("height", c_uint32),
        ("timestamp", c_uint64),
        ("format", c_int),
        ("color_matrix", ctypes.c_float * 16),
        ("full_range", c_bool),
        ("max_luminance", ctypes.c_uint16),
        ("color_range_min", ctypes.c_float * 3),
        ("color_range_max", ctypes.c_float * 3),
        ("flip", c_bool),
        ("flags", c_uint8),
        ("trc", c_uint8),
        ("refs_and_prev", c_uint8 * 21),
    ]


PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "bfree": (None, [ptr]),
    "bmalloc": (ptr, [c_size_t]),
    "calldata_get_data": (c_bool, [ptr, c_char_p, ptr, c_size_t]),
    "obs_data_apply": (None, [ptr, ptr]),
    "obs_data_create": (ptr, []),
    "obs_data_get_bool": (c_bool, [ptr, c_char_p]),
    "obs_data_get_json": (c_char_p, [ptr]),
    "obs_data_get_string": (c_char_p, [ptr, c_char_p]),
    "obs_data_has_user_value": (c_bool, [ptr, c_char_p]),
    "obs_data_release": (None, [ptr]),
    "obs_data_set_bool": (None, [ptr, c_char_p, c_bool]),
    "obs_data_set_default_bool": (None, [ptr, c_char_p, c_bool]),
    "obs_data_set_default_double": (None, [ptr, c_char_p, c_double]),
    "obs_data_set_default_int": (None, [ptr, c_char_p, c_longlong]),
    "obs_data_set_default_string": (None, [ptr, c_char_p, c_char_p]),
    "obs_data_set_double": (None, [ptr, c_char_p, c_double]),
    "obs_data_set_int": (None, [ptr, c_char_p, c_longlong]),
    "obs_data_set_string": (None, [ptr, c_char_p, c_char_p]),
    "obs_get_locale": (c_char_p, []),
    "obs_get_module": (ptr, [c_char_p]),
    "obs_get_signal_handler": (ptr, []),
    "obs_get_source_output_flags": (c_uint32, [c_char_p]),
    "obs_get_source_properties": (ptr, [c_char_p]),
    "obs_get_version_string": (c_char_p, []),
    "obs_hotkey_get_name": (c_char_p, [ptr]),
    "obs_hotkey_register_source": (c_size_t, [ptr, c_char_p, c_char_p, HOTKEY, ptr]),
    "obs_missing_file_create": (ptr, [c_char_p, RELOCATED, c_int, ptr, ptr]),
    "obs_missing_files_add_file": (None, [ptr, ptr]),
    "obs_missing_files_create": (ptr, []),
    "obs_missing_files_destroy": (None, [ptr]),
    "obs_properties_add_bool": (ptr, [ptr, c_char_p, c_char_p]),
    "obs_properties_add_button2": (ptr, [ptr, c_char_p, c_char_p, BUTTON, ptr]),
    "obs_properties_add_color": (ptr, [ptr, c_char_p, c_char_p]),
    "obs_properties_add_float_slider": (ptr, [ptr, c_char_p, c_char_p, c_double, c_double, c_double]),
    "obs_properties_add_group": (ptr, [ptr, c_char_p, c_char_p, c_int, ptr]),
    "obs_properties_add_int_slider": (ptr, [ptr, c_char_p, c_char_p, c_int, c_int, c_int]),
    "obs_properties_add_list": (ptr, [ptr, c_char_p, c_char_p, c_int, c_int]),
    "obs_properties_add_path": (ptr, [ptr, c_char_p, c_char_p, c_int, c_char_p, c_char_p]),
    "obs_properties_add_text": (ptr, [ptr, c_char_p, c_char_p, c_int]),
    "obs_properties_create": (ptr, []),
    "obs_properties_destroy": (None, [ptr]),
    "obs_properties_get": (ptr, [ptr, c_char_p]),
    "obs_property_description": (c_char_p, [ptr]),
    "obs_property_float_set_suffix": (None, [ptr, c_char_p]),
    "obs_property_int_set_suffix": (None, [ptr, c_char_p]),
    "obs_property_list_add_int": (c_size_t, [ptr, c_char_p, c_longlong]),
    "obs_property_list_add_string": (c_size_t, [ptr, c_char_p, c_char_p]),
    "obs_property_list_clear": (None, [ptr]),
    "obs_property_list_item_disable": (None, [ptr, c_size_t, c_bool]),
    "obs_property_name": (c_char_p, [ptr]),
    "obs_property_set_description": (None, [ptr, c_char_p]),
    "obs_property_set_long_description": (None, [ptr, c_char_p]),
    "obs_property_set_modified_callback2": (None, [ptr, MODIFIED, ptr]),
    "obs_property_set_visible": (None, [ptr, c_bool]),
    "obs_property_text_set_info_type": (None, [ptr, c_int]),
    "obs_property_text_set_info_word_wrap": (None, [ptr, c_bool]),
    "obs_property_visible": (c_bool, [ptr]),
    "obs_register_source_s": (None, [POINTER(obs_source_info), c_size_t]),
    "obs_source_create_private": (ptr, [c_char_p, c_char_p, ptr]),
    "obs_source_frame_copy": (None, [POINTER(obs_source_frame), POINTER(obs_source_frame)]),
    "obs_source_frame_init": (None, [POINTER(obs_source_frame), c_int, c_uint32, c_uint32]),
    "obs_source_get_display_name": (c_char_p, [c_char_p]),
    "obs_source_get_icon_type": (c_int, [c_char_p]),
    "obs_source_get_missing_files": (ptr, [ptr]),
    "obs_source_get_name": (c_char_p, [ptr]),
    "obs_source_get_settings": (ptr, [ptr]),
    "obs_source_get_weak_source": (ptr, [ptr]),
    "obs_source_output_video": (None, [ptr, POINTER(obs_source_frame)]),
    "obs_source_release": (None, [ptr]),
    "obs_source_set_async_unbuffered": (None, [ptr, c_bool]),
    "obs_source_showing": (c_bool, [ptr]),
    "obs_source_update": (None, [ptr, ptr]),
    "obs_source_update_properties": (None, [ptr]),
    "obs_weak_source_get_source": (ptr, [ptr]),
    "obs_weak_source_release": (None, [ptr]),
    "os_gettime_ns": (c_uint64, []),
    "signal_handler_connect": (None, [ptr, c_char_p, SIGNAL, ptr]),
    "signal_handler_disconnect": (None, [ptr, c_char_p, SIGNAL, ptr]),
}
# Their results go to functions of libobs that do not check them.
NEVER_NULL = (
    "obs_get_signal_handler",
    "obs_missing_files_create",
    "obs_properties_create",
    "obs_source_get_weak_source",
)
# Present in newer versions only; the caller asks with `hasattr`.
OPTIONAL_PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "obs_module_add_source": (None, [ptr, c_char_p]),
}


def load() -> Any:
    """libobs with its prototypes set. Raises UserError when this is not OBS, or an OBS that lacks something."""
    library = _find()
    for name, (restype, argtypes) in PROTOTYPES.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise UserError(
                tr("This OBS has no function {name}.", name=name),
                tr("AI Background needs OBS Studio 28 or newer; please update."),
            ) from None
        function.restype, function.argtypes = restype, argtypes
        if name in NEVER_NULL:
            function.errcheck = _not_null
    for name, (restype, argtypes) in OPTIONAL_PROTOTYPES.items():
        if hasattr(library, name):
            function = getattr(library, name)
            function.restype, function.argtypes = restype, argtypes
    return library


def _not_null(result: Any, function: Any, arguments: Any) -> Any:
    if not result:
        raise UserError(tr("libobs gave nothing for {name}.", name=function.__name__), tr("Restart OBS."))
    return result


def _find() -> Any:
    """The libobs that this process has loaded already. `CDLL(None)` is the program itself, which links libobs."""
    if sys.platform == "win32":
        names: list[Any] = ["obs.dll"]
    elif sys.platform == "darwin":
        names = [None, "@executable_path/../Frameworks/libobs.framework/libobs"]
    else:
        names = [None, "libobs.so.0", "libobs.so.30"]
    # NOLOAD: a libobs that is merely installed is of no use.
    mode = getattr(os, "RTLD_NOLOAD", 0)
    for name in names:
        try:
            library = ctypes.CDLL(name, mode if name else ctypes.DEFAULT_MODE)
        except OSError:
            continue
        if hasattr(library, "obs_register_source_s"):
            return library
    raise UserError(tr("libobs was not found in this process."), tr("Load the script in OBS Studio: Tools, Scripts."))
