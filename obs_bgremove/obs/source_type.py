"""The source type in libobs, registered once a process, and what must outlive every reload of our modules.

libobs keeps the callbacks of the first registration for good, also while no script of ours is loaded. They live in an
entry of our own in `sys.modules` and dispatch to the `Handlers` that are loaded now, or do the bare minimum.

`destroy` is the address of libobs's `bfree`, and what `create` returns is `bmalloc` memory: OBS destroys leaked sources
after Python is gone, when a callback into Python would crash. That memory holds the source's serial number. Buttons
and hotkeys get the serial as their data, which, unlike a pointer, cannot dangle. A weak reference to every living
source is kept here too, so that a reloaded script can take over the sources that are there (obs_enum_sources would
call Python with a lock of libobs held).

Callbacks come on OBS's UI and graphics threads, on its hotkey thread and on obs-websocket's.
"""

import atexit
import ctypes
import itertools
import sys
import types
from typing import Any, Callable, Optional, Protocol, cast

from obs_bgremove.obs import abi_check, libobs, log
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text, tr

SOURCE_ID = b"ai_background"
SOURCE_NAME = b"AI Background"
_HOLDER = "_ai_background_immortal"
_FLAGS = libobs.OBS_SOURCE_ASYNC_VIDEO | libobs.OBS_SOURCE_DO_NOT_DUPLICATE
_MESSAGE_ROW = b"ai_background_missing"

_refused: Optional[UserError] = None  # what the check found, so that it is not asked twice


class Handlers(Protocol):
    """What the loaded script does in the callbacks: hand over and return. `serial` None: no particular source."""

    def created(self, serial: int, source: int) -> None: ...
    def updated(self, serial: int) -> None: ...
    def shown(self, serial: int, showing: bool) -> None: ...
    def defaults(self, settings: int) -> None: ...
    def properties(self, serial: Optional[int]) -> int: ...
    def pressed(self, serial: int, button: str, properties: int) -> bool: ...
    def modified(self, serial: int, key: str, properties: int, settings: int) -> bool: ...
    def hotkey(self, serial: int, name: str) -> None: ...
    def missing_files(self, serial: int, files: int) -> None: ...
    def relocated(self, serial: int, number: int, path: str) -> None: ...


class Immortal(types.ModuleType):
    """The holder in `sys.modules`. Attributes only: a later version of our code must be able to work with it."""

    lib: Any
    handlers: Optional[Handlers]
    owner: str  # the script file that has it now, to refuse a second copy
    serials: "itertools.count[int]"
    living: dict[int, int]  # serial: weak reference, released when its source is gone
    with_hotkeys: set[int]
    callbacks: dict[str, Any]
    info: libobs.obs_source_info
    problem: Optional[UserError]  # why the registered type cannot be used in this OBS


def get(lib: Any) -> Immortal:
    """The holder; made, and the type registered, on the first call in this process. Raises UserError when this OBS
    is none that we know: see abi_check.py."""
    global _refused
    holder = sys.modules.get(_HOLDER)
    if holder is None:
        if _refused is not None:
            raise _refused
        log.write("info", "Checking libobs: an unknown source type that it mentions now is our question to it.")
        try:
            abi_check.before_registering(lib)
        except UserError as error:
            _refused = error
            raise
        holder = Immortal(_HOLDER)
        holder.problem = None
        holder.lib, holder.handlers, holder.owner = lib, None, ""
        holder.serials, holder.living, holder.with_hotkeys = itertools.count(1), {}, set()
        holder.callbacks = _make_callbacks(holder)
        sys.modules[_HOLDER] = holder
        atexit.register(release_all, holder)
        _register(holder)
        try:
            abi_check.after_registering(lib, SOURCE_ID, SOURCE_NAME, _FLAGS, libobs.OBS_ICON_TYPE_CAMERA, _MESSAGE_ROW)
            _check_source(holder)
        except UserError as error:
            holder.problem = error  # for every reload: a type stays registered
    problem: Optional[UserError] = getattr(holder, "problem", None)  # the holder may be an older version's
    if problem is not None:
        raise problem
    return holder  # type: ignore[return-value]


def forget(holder: Immortal, serial: int, in_use: bool = False) -> None:
    """The source is gone: gives its weak reference back, unless a thread that did not end in time may still use it (a
    leak of some bytes is better than a crash). Idempotent."""
    holder.with_hotkeys.discard(serial)
    weak = holder.living.pop(serial, None)
    if weak is not None and not in_use:
        holder.lib.obs_weak_source_release(weak)


def release_all(holder: Immortal) -> None:
    """At Python's end, which comes before OBS counts its leaks. Releasing a weak reference takes no lock."""
    for serial in list(holder.living):
        forget(holder, serial)


def _register(holder: Immortal) -> None:
    lib, callbacks = holder.lib, holder.callbacks
    info = libobs.obs_source_info(
        id=SOURCE_ID,
        type=libobs.OBS_SOURCE_TYPE_INPUT,
        output_flags=_FLAGS,
        destroy=ctypes.cast(lib.bfree, ctypes.c_void_p).value,
        icon_type=libobs.OBS_ICON_TYPE_CAMERA,
        **{name: callbacks[name] for name in ("get_name", "create", "get_defaults", "get_properties", "update")},
        show=callbacks["show"],
        hide=callbacks["hide"],
        missing_files=callbacks["missing_files"],
    )
    holder.info = info
    if hasattr(lib, "obs_module_add_source"):
        # OBS 32 paints a source red as "module missing" unless some module owns its type.
        module = lib.obs_get_module(b"frontend-tools")
        if module:
            lib.obs_module_add_source(module, SOURCE_ID)
    lib.obs_register_source_s(ctypes.byref(info), libobs.SOURCE_INFO_BYTES)


def _check_source(holder: Immortal) -> None:
    """A source of the type, which nobody sees, is made and asked for its missing files, and goes. Raises UserError."""
    heard: list[tuple[str, int]] = []
    holder.handlers = cast(Handlers, abi_check.Listener(heard))  # all that this source can lead to
    try:
        abi_check.one_source(holder.lib, SOURCE_ID, heard)
    finally:
        holder.handlers = None
        for _, serial in heard:
            forget(holder, serial)


def _guarded(function: Callable[..., Any], otherwise: Any) -> Callable[..., Any]:
    """An exception in a callback goes to OBS's log; ctypes would print it, which pops up OBS's script window."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except BaseException as error:
            log.bug(f"Callback {function.__name__}", error)
            return otherwise

    return call


def _serial(data: Optional[int]) -> Optional[int]:
    return ctypes.c_uint64.from_address(data).value if data else None


def _make_callbacks(holder: Immortal) -> dict[str, Any]:
    lib = holder.lib
    name_buffer = ctypes.create_string_buffer(SOURCE_NAME)
    name_address = ctypes.addressof(name_buffer)

    def get_name(type_data: int) -> int:
        return name_address

    def create(settings: int, source: int) -> int:
        # Returns memory even when our own part fails: only the announcement is guarded.
        data: int = lib.bmalloc(8)  # never NULL: libobs aborts the program when memory is short
        ctypes.c_uint64.from_address(data).value = serial = next(holder.serials)
        announce(serial, source)
        return data

    def announce_source(serial: int, source: int) -> None:
        holder.living[serial] = lib.obs_source_get_weak_source(source)
        if holder.handlers is not None:
            holder.handlers.created(serial, source)

    announce = _guarded(announce_source, None)

    def get_defaults(settings: int) -> None:
        if holder.handlers is not None:
            holder.handlers.defaults(settings)

    def get_properties(data: int) -> int:
        if holder.handlers is not None:
            return holder.handlers.properties(_serial(data))
        return message_panel(tr("The AI Background script is not loaded. Add it in Tools, Scripts."))

    def message_panel(text: Text) -> int:
        properties: int = lib.obs_properties_create()
        lib.obs_properties_add_text(properties, _MESSAGE_ROW, text.local().encode(), libobs.OBS_TEXT_INFO)
        return properties

    build_panel = _guarded(get_properties, None)

    def panel_or_message(data: int) -> int:
        # Never NULL: OBS would show an empty window, in which nothing can be mended.
        problem = tr("The panel could not be built. OBS's log says why: Help, Log Files, View Current Log.")
        return build_panel(data) or message_panel(problem)

    def update(data: int, settings: int) -> None:
        serial = _serial(data)
        if holder.handlers is not None and serial is not None:
            holder.handlers.updated(serial)

    def show(data: int) -> None:
        serial = _serial(data)
        if holder.handlers is not None and serial is not None:
            holder.handlers.shown(serial, True)

    def hide(data: int) -> None:
        serial = _serial(data)
        if holder.handlers is not None and serial is not None:
            holder.handlers.shown(serial, False)

    def button(properties: int, prop: int, serial: int) -> bool:
        name = lib.obs_property_name(prop).decode()
        return holder.handlers is not None and holder.handlers.pressed(serial, name, properties)

    def modified(serial: int, properties: int, prop: int, settings: int) -> bool:
        name = lib.obs_property_name(prop).decode()
        return holder.handlers is not None and holder.handlers.modified(serial, name, properties, settings)

    def hotkey(serial: int, hotkey_id: int, key: int, is_pressed: bool) -> None:
        if is_pressed and holder.handlers is not None:
            holder.handlers.hotkey(serial, lib.obs_hotkey_get_name(key).decode())

    def missing_files(data: int) -> int:
        files: int = lib.obs_missing_files_create()  # OBS takes it apart without looking: never NULL
        fill(data, files)
        return files

    def fill_missing(data: int, files: int) -> None:
        serial = _serial(data)
        if holder.handlers is not None and serial is not None:
            holder.handlers.missing_files(serial, files)

    fill = _guarded(fill_missing, None)

    def relocated(data: int, path: bytes, number: Optional[int]) -> None:
        serial = _serial(data)
        if holder.handlers is not None and serial is not None:
            holder.handlers.relocated(serial, number or 0, (path or b"").decode(errors="surrogateescape"))

    return {
        "name_buffer": name_buffer,
        "get_name": libobs.GET_NAME(get_name),
        "create": libobs.CREATE(create),
        "get_defaults": libobs.GET_DEFAULTS(_guarded(get_defaults, None)),
        "get_properties": libobs.GET_PROPERTIES(_guarded(panel_or_message, None)),
        "update": libobs.UPDATE(_guarded(update, None)),
        "show": libobs.SHOW(_guarded(show, None)),
        "hide": libobs.SHOW(_guarded(hide, None)),
        "button": libobs.BUTTON(_guarded(button, False)),
        "modified": libobs.MODIFIED(_guarded(modified, False)),
        "hotkey": libobs.HOTKEY(_guarded(hotkey, None)),
        "missing_files": libobs.MISSING_FILES(missing_files),
        "relocated": libobs.RELOCATED(_guarded(relocated, None)),
    }
