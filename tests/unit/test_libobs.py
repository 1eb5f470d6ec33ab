"""The structs have libobs's layout, and the table covers every function the OBS side calls."""

import re
from pathlib import Path

import pytest

from obs_bgremove.obs import libobs
from obs_bgremove.shared.errors import UserError


@pytest.mark.parametrize(
    ("field", "offset"),
    [
        ("output_flags", 12),
        ("get_name", 16),
        ("destroy", 32),
        ("get_defaults", 56),
        ("get_properties", 64),
        ("update", 72),
        ("show", 96),
        ("hide", 104),
        ("video_tick_to_filter_remove", 112),
        ("type_data", 216),
        ("free_type_data", 224),
        ("icon_type", 288),
        ("media", 296),
        ("version", 368),
        ("unversioned_id", 376),
        ("missing_files", 384),
    ],
)
def test_source_info_has_the_offsets_of_libobs(field: str, offset: int) -> None:
    assert getattr(libobs.obs_source_info, field).offset == offset


def test_source_info_has_the_size_that_is_valid_from_28_to_32() -> None:
    import ctypes

    assert ctypes.sizeof(libobs.obs_source_info) == 400


@pytest.mark.parametrize(
    ("field", "offset"),
    [
        ("linesize", 64),
        ("width", 96),
        ("timestamp", 104),
        ("format", 112),
        ("color_matrix", 116),
        ("full_range", 180),
        ("color_range_min", 184),
        ("flip", 208),
        ("trc", 210),
    ],
)
def test_frame_has_the_offsets_of_libobs(field: str, offset: int) -> None:
    assert getattr(libobs.obs_source_frame, field).offset == offset


def test_frame_has_the_size_of_libobs() -> None:
    import ctypes

    assert ctypes.sizeof(libobs.obs_source_frame) == 232


def test_every_function_called_is_in_the_table_and_none_is_idle() -> None:
    folder = Path(libobs.__file__).parent
    called = set()
    for file in folder.glob("*.py"):
        called |= set(re.findall(r"(?<![a-z])lib\.(\w+)", file.read_text(encoding="utf-8")))
    assert called == set(libobs.PROTOTYPES) | set(libobs.OPTIONAL_PROTOTYPES)


def test_the_table_is_sorted() -> None:
    assert list(libobs.PROTOTYPES) == sorted(libobs.PROTOTYPES)


def test_outside_obs_it_says_so() -> None:
    with pytest.raises(UserError, match="not found"):
        libobs.load()
