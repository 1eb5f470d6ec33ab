"""Proves, before anything depends on it, that libobs's structures lie in memory as libobs.py says.

A wrong offset would let libobs call or overwrite whatever lies there and take OBS down, perhaps during a stream. So
libobs itself is asked, by calls that write into memory of ours or read from it and keep nothing; in doubt, UserError,
and no source type is registered. Read in libobs's sources from 28.0 to 32.2: each of these calls does just that.

Called by source_type.py when the script is loaded, once per process, on the UI thread.
"""

import contextlib
import ctypes
from collections.abc import Iterator
from typing import Any

from obs_bgremove.obs import libobs
from obs_bgremove.obs.libobs import obs_source_frame, obs_source_info
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.frame_ring import BGRA, BYTES_PER_PIXEL
from obs_bgremove.shared.language import tr

WIDTH, HEIGHT = 96, 48  # rows of a multiple of 64 bytes: libobs pads others in some versions
ROOM_BYTES = 1024  # of a probe: more than any version of the structures has
NO_SUCH_TYPE = 99  # libobs refuses an obs_source_info of this type, having looked at nothing else
FRAME_FILL, COPY_FILL = 0xA5, 0x5A
COPIED = ("timestamp", "color_matrix", "full_range", "max_luminance", "flip", "flags", "trc")
RANGES = ("color_range_min", "color_range_max")  # copied unless `full_range` is set


def before_registering(lib: Any) -> None:
    """Checks both structures. Raises UserError."""
    _check_source_info(lib)
    for full_range in (False, True):
        _check_copy(lib, full_range)


def after_registering(lib: Any, source_id: bytes, name: bytes, flags: int, icon: int, row: bytes) -> None:
    """Checks that libobs has taken the type as it was meant: `row` is in its panel. Raises UserError."""
    _expect("registered flags", lib.obs_get_source_output_flags(source_id), flags)
    _expect("registered icon", lib.obs_source_get_icon_type(source_id), icon)
    _expect("registered name", lib.obs_source_get_display_name(source_id), name)
    properties = lib.obs_get_source_properties(source_id)
    _expect("a panel", bool(properties and lib.obs_properties_get(properties, row)), True)
    lib.obs_properties_destroy(properties)


class Listener:
    """The handlers (source_type.Handlers) while one source is tried: what libobs calls, and for which source."""

    def __init__(self, heard: list[tuple[str, int]]) -> None:
        self._heard = heard

    def defaults(self, settings: int) -> None:
        """A new source has settings; they stay empty."""

    def created(self, serial: int, source: int) -> None:
        self._heard.append(("created", serial))

    def missing_files(self, serial: int, files: int) -> None:
        self._heard.append(("missing_files", serial))


def one_source(lib: Any, source_id: bytes, heard: list[tuple[str, int]]) -> None:
    """Checks what no call can tell of a type alone: that a source of it is asked for its missing files, which lie
    behind all that `before_registering` looks at. Private: no scene, no signal, no list of OBS knows it."""
    source = lib.obs_source_create_private(source_id, b"AI Background is checked", None)
    _expect("a source", bool(source), True)
    try:
        lib.obs_missing_files_destroy(lib.obs_source_get_missing_files(source))
        _expect("its callbacks", [name for name, _ in heard], ["created", "missing_files"])
    finally:
        lib.obs_source_release(source)


def _check_source_info(lib: Any) -> None:
    """libobs gives a refused type's `type_data` back by its `free_type_data`: the two tell where it looks for them.

    Every other word is a callback as well: should libobs look elsewhere, it finds nothing that it can crash on.
    """
    called: list[tuple[int, int]] = []

    def note(word: int) -> Any:
        return libobs.PROBE(lambda argument: called.append((word, argument or 0)))

    info = obs_source_info()
    words = (ctypes.c_uint64 * (ctypes.sizeof(info) // 8)).from_buffer(info)
    notes = [note(word) for word in range(len(words))]
    for word, callback in enumerate(notes):
        words[word] = ctypes.cast(callback, ctypes.c_void_p).value or 0
    info.id, info.type, info.output_flags = b"ai_background_probe", NO_SUCH_TYPE, 0
    lib.obs_register_source_s(ctypes.byref(info), libobs.SOURCE_INFO_BYTES)
    type_data, free_type_data = obs_source_info.type_data.offset // 8, obs_source_info.free_type_data.offset // 8
    _expect("obs_source_info", called, [(free_type_data, words[type_data])])


def _room(fill: int) -> Any:
    """Memory for a frame, and as much more as a longer version of it could need."""
    return (ctypes.c_uint8 * ROOM_BYTES)(*[fill] * ROOM_BYTES)


@contextlib.contextmanager
def _frame(lib: Any, fill: int) -> Iterator[obs_source_frame]:
    """A frame as libobs fills it in. Its pixels are given back, if it is certain where their address stands."""
    room = _room(fill)
    frame = obs_source_frame.from_buffer(room)
    lib.obs_source_frame_init(ctypes.byref(frame), BGRA, WIDTH, HEIGHT)
    planes = ([bool(plane) for plane in frame.data], list(frame.linesize))
    _expect("obs_source_frame.data", planes, ([True] + [False] * 7, [WIDTH * BYTES_PER_PIXEL] + [0] * 7))
    try:
        _expect("obs_source_frame.width", (frame.width, frame.height, frame.format), (WIDTH, HEIGHT, BGRA))
        # Not "these bytes have changed": a byte of the address may happen to be the one that was there.
        elsewhere = _changed(room, _room(fill)) - _bytes("data", "linesize", "width", "height", "format")
        _expect("obs_source_frame, other bytes", elsewhere, set())
        yield frame
    finally:
        lib.bfree(frame.data[0])


def _check_copy(lib: Any, full_range: bool) -> None:
    """What `obs_source_frame_init` leaves alone, `obs_source_frame_copy` copies, field by field."""
    with _frame(lib, FRAME_FILL) as to, _frame(lib, COPY_FILL) as source:
        source.full_range, source.flip = full_range, True
        room = (ctypes.c_uint8 * ROOM_BYTES).from_address(ctypes.addressof(to))
        before = bytes(room)
        lib.obs_source_frame_copy(ctypes.byref(to), ctypes.byref(source))
        _expect("obs_source_frame's copy", _changed(room, before), _bytes(*COPIED, *(() if full_range else RANGES)))


def _bytes(*fields: str) -> set[int]:
    """The offsets of all bytes of these fields of a frame."""
    places = [getattr(obs_source_frame, field) for field in fields]
    return {offset for place in places for offset in range(place.offset, place.offset + place.size)}


def _changed(now: Any, before: Any) -> set[int]:
    return {offset for offset, (one, other) in enumerate(zip(now, before)) if one != other}


def _expect(what: str, got: object, expected: object) -> None:
    if got != expected:
        raise UserError(
            tr(
                "This OBS differs from those that AI Background knows ({what}: got {got}, expected {expected}). "
                "Nothing was loaded, to keep OBS safe.",
                what=what,
                got=str(got)[:80],
                expected=str(expected)[:80],
            ),
            tr("Look for a newer version of AI Background."),
        )
