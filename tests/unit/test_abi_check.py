"""A libobs whose structures differ is noticed before a type is registered, and OBS stays as it was."""

import ctypes
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from obs_bgremove.obs import libobs, plugin, source_type
from obs_bgremove.shared.errors import UserError
from tests.fakes.fake_libobs import FakeLibobs

FRAME = libobs.obs_source_frame._fields_
INFO = libobs.obs_source_info._fields_


@pytest.fixture(autouse=True)
def _no_holder() -> Iterator[None]:
    yield
    sys.modules.pop("_ai_background_immortal", None)
    source_type._refused = None


def struct(fields: list[Any]) -> Any:
    return type("other", (ctypes.Structure,), {"_fields_": fields})


def with_more(fields: Any, before: str, kind: Any) -> Any:
    """The structure with another field in front of this one."""
    place = [name for name, _ in fields].index(before)
    return struct([*fields[:place], ("new", kind), *fields[place:]])


def without(fields: Any, name: str) -> Any:
    return struct([*((field, kind) for field, kind in fields if field != name), (name, dict(fields)[name])])


def test_the_libobs_that_we_know_passes_and_the_type_is_registered() -> None:
    lib = FakeLibobs()
    holder = source_type.get(lib)
    assert len(lib.registered) == 1 and holder.problem is None


@pytest.mark.parametrize("byte", [0, 0x5A, 0xA5, 0xFF])
def test_it_does_not_depend_on_the_address_of_the_pixels(byte: int) -> None:
    lib = FakeLibobs()
    lib.pixels_at = int.from_bytes(bytes([byte or 1, *[byte] * 5]), "little")
    source_type.get(lib)
    assert len(lib.registered) == 1


@pytest.mark.parametrize(
    "doctored",
    [
        with_more(FRAME, "data", ctypes.c_uint64),
        with_more(FRAME, "linesize", ctypes.c_void_p),
        with_more(FRAME, "width", ctypes.c_uint64),
        with_more(FRAME, "timestamp", ctypes.c_uint64),
        with_more(FRAME, "format", ctypes.c_uint32),
        with_more(FRAME, "color_matrix", ctypes.c_uint32),
        with_more(FRAME, "full_range", ctypes.c_uint8),
        with_more(FRAME, "color_range_min", ctypes.c_uint32),
        with_more(FRAME, "flip", ctypes.c_uint32),
        with_more(FRAME, "flags", ctypes.c_uint8),
        without(FRAME, "max_luminance"),
        without(FRAME, "width"),
        without(FRAME, "timestamp"),
    ],
    ids=lambda made: ",".join(name for name, _ in made._fields_[:4]) + str(ctypes.sizeof(made)),
)
def test_another_frame_is_noticed(doctored: Any) -> None:
    lib = FakeLibobs()
    lib.frame_struct = doctored
    with pytest.raises(UserError, match=r"differs .*obs_source_frame.* Nothing was loaded"):
        source_type.get(lib)
    assert lib.registered == [] and "_ai_background_immortal" not in sys.modules


@pytest.mark.parametrize("before", ["type", "get_name", "create", "destroy", "get_defaults", "update", "type_data"])
def test_another_source_info_is_noticed_before_it_is_registered(before: str) -> None:
    lib = FakeLibobs()
    lib.info_struct = with_more(INFO, before, ctypes.c_uint64)
    with pytest.raises(UserError, match="obs_source_info"):
        source_type.get(lib)
    assert lib.registered == []


@pytest.mark.parametrize("name", ["get_height", "type_data", "deactivate", "free_type_data"])
def test_a_source_info_that_lacks_a_field_is_noticed(name: str) -> None:
    lib = FakeLibobs()
    lib.info_struct = without(INFO, name)
    with pytest.raises(UserError, match="obs_source_info"):
        source_type.get(lib)
    assert lib.registered == []


def test_a_libobs_that_tells_nothing_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    lib = FakeLibobs()
    monkeypatch.setattr(lib, "obs_register_source_s", lambda info, size: None)
    with pytest.raises(UserError, match="obs_source_info"):
        source_type.get(lib)


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        ("obs_get_source_output_flags", 0x84),
        ("obs_source_get_icon_type", 0),
        ("obs_source_get_display_name", b"AI Back"),
        ("obs_get_source_properties", None),
    ],
)
def test_a_type_that_was_taken_otherwise_is_never_used(
    monkeypatch: pytest.MonkeyPatch, function: str, answer: object
) -> None:
    lib = FakeLibobs()
    monkeypatch.setattr(lib, function, lambda source_id: answer)
    for _ in range(2):  # also after Reload Scripts: it stays registered
        with pytest.raises(UserError, match=r"registered|panel"):
            source_type.get(lib)
    monkeypatch.undo()
    with pytest.raises(UserError):
        source_type.get(lib)
    assert sys.modules["_ai_background_immortal"].handlers is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("before", ["media", "version", "unversioned_id", "missing_files"])
def test_a_source_info_that_differs_behind_the_icon_is_noticed_before_a_source_of_it_is_used(before: str) -> None:
    lib = FakeLibobs()
    lib.info_struct = with_more(INFO, before, ctypes.c_void_p)
    with pytest.raises(UserError, match="its callbacks"):
        source_type.get(lib)
    holder: Any = sys.modules["_ai_background_immortal"]
    assert holder.handlers is None and not holder.living
    assert (lib.references, lib.weak_references) == (0, 0)


def test_a_libobs_with_a_smaller_source_info_refuses_it_and_that_is_said() -> None:
    lib = FakeLibobs()
    lib.largest_info = 300
    with pytest.raises(UserError, match="registered flags"):
        source_type.get(lib)


def test_the_scripts_description_and_the_log_say_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lib = FakeLibobs()
    lib.frame_struct = with_more(FRAME, "width", ctypes.c_uint64)
    monkeypatch.setattr(libobs, "load", lambda: lib)
    text = plugin.description()
    assert "Not loaded." in text and "This OBS differs" in text and "newer version of AI Background" in text
    plugin.load("/one/ai_background.py")
    assert plugin._loaded is None
    assert "This OBS differs" in caplog.text
    assert caplog.text.count("Checking libobs") <= 1
    lib.frame_struct, source_type._refused = libobs.obs_source_frame, None
    assert "Not loaded" not in plugin.description()


def test_what_must_not_be_null_is_an_error_and_no_crash() -> None:
    function = ctypes.CDLL(None).getenv
    function.restype, function.argtypes, function.errcheck = ctypes.c_void_p, [ctypes.c_char_p], libobs._not_null
    assert function(b"PATH")
    with pytest.raises(UserError, match="libobs gave nothing for getenv"):
        function(b"NO_SUCH_NAME_IN_HERE")
    assert set(libobs.NEVER_NULL) <= set(libobs.PROTOTYPES)
