"""The panel against the table of settings, on a fake libobs."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import pytest

from obs_bgremove.obs import panel, rows
from obs_bgremove.obs.camera_list import Camera
from obs_bgremove.obs.status import Line, Status
from obs_bgremove.obs.thumbnails import Thumbnails
from obs_bgremove.shared import options, stored_settings
from obs_bgremove.shared.language import Text
from tests.fakes.fake_libobs import FakeLibobs, Property

CAMERAS = [Camera("/dev/v4l/by-id/a", "Camera A"), Camera("/dev/v4l/by-id/b", "Camera B")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.png", "no picture.txt"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.fixture
def lib() -> Iterator[FakeLibobs]:
    yield FakeLibobs()
    sys.modules.pop("_ai_background_immortal", None)


def build(lib: FakeLibobs, known: Optional[Thumbnails] = None, **settings: object) -> tuple[panel.Panel, int, Property]:
    built = panel.Panel(lib, {"button": "BUTTON", "modified": "MODIFIED"}, known or Thumbnails())
    defaults = {row.key: row.default for row in options.TABLE}
    number = built.build(
        rows.View(5, {**defaults, **settings}, CAMERAS, Status(engine=Line("warning", Text("Careful <b>"))))
    )
    return built, number, lib.objects[number]


def row(shown: Property, name: str) -> Property:
    found = shown.find(name)
    assert found is not None, name
    return found


def test_every_setting_has_a_row_with_label_help_and_the_group_of_the_table(lib: FakeLibobs) -> None:
    _, _, shown = build(lib)
    for setting in options.TABLE:
        place = shown if setting.basic else row(shown, f"group_{panel.group_of_rest(setting.group)}")
        assert setting.key in [entry.name for entry in place.rows]
        assert row(shown, setting.key).label == str(setting.label)
        assert row(shown, setting.key).tip == str(setting.help)


@pytest.mark.parametrize(
    "settings",
    [{}, *({"background_mode": mode} for mode in ("blur", "color", "transparent", "off"))]
    + [{"camera": camera} for camera in ("/home/me/clip.mp4", "rtsp://host/a", stored_settings.CHOOSE_FILE)],
)
def test_at_most_twelve_rows_stand_before_advanced(lib: FakeLibobs, settings: dict[str, str]) -> None:
    _, _, shown = build(lib, **settings)
    names = [entry.name for entry in shown.rows]
    before = [entry.name for entry in shown.rows[: names.index("advanced")] if entry.visible]
    assert len(before) <= 12, before
    assert not any(entry.visible for entry in shown.rows[names.index("advanced") + 1 :])


def test_the_advanced_row_shows_the_rest_and_hides_it_again(lib: FakeLibobs) -> None:
    built, number, shown = build(lib)
    data = lib.obs_data_create()
    lib.objects[data]["user"].update(background_mode="file", advanced=True)
    assert built.modified(5, "advanced", number, data), "the panel must be redrawn"
    assert all(row(shown, f"group_{panel.group_of_rest(group)}").visible for group in options.GROUPS)
    assert not built.modified(5, "advanced", number, data), "nothing has changed: no redraw"
    lib.objects[data]["user"]["advanced"] = False
    assert built.modified(5, "advanced", number, data)
    assert not row(shown, "group_matte_more").visible


def test_no_button_is_there_twice(lib: FakeLibobs) -> None:
    _, _, shown = build(lib)
    names = [entry.name for group in shown.rows for entry in (group, *group.rows)]
    assert len(names) == len(set(names))
    buttons = {name for group in panel.BUTTONS.values() for name, _, _ in group}
    contract = "next_background previous_background learn_background forget_background refresh_cameras open_folder"
    assert {*contract.split(), "restart_engine"} <= buttons <= set(names)


def test_numbers_have_range_step_and_unit_of_the_table(lib: FakeLibobs) -> None:
    _, _, shown = build(lib)
    shift = row(shown, "edge_shift")
    assert (shift.kind, shift.more, shift.suffix) == ("float_slider", (-30, 30, 0.5), " px at 720p")


def test_file_names_can_not_be_markup(lib: FakeLibobs) -> None:
    _, _, shown = build(lib)
    assert row(shown, "status").label == "<span>Careful &lt;b&gt;</span>"


def test_cameras_are_listed_by_name_with_the_sample(lib: FakeLibobs) -> None:
    _, _, shown = build(lib, camera=CAMERAS[1].id)
    names = [name for name, _, enabled in row(shown, "camera").entries if enabled]
    assert names == ["Camera A", "Camera B", "Sample portrait", "Video file…", "Stream…"]


def test_an_absent_camera_and_picture_are_kept_disabled(lib: FakeLibobs, folder: Path) -> None:
    _, _, shown = build(lib, camera="/dev/v4l/by-id/gone", background="gone.png", backgrounds_folder=str(folder))
    assert ("/dev/v4l/by-id/gone (not connected)", "/dev/v4l/by-id/gone", False) in row(shown, "camera").entries
    assert row(shown, "background").entries == [
        ("a.png", "a.png", True),
        ("b.png", "b.png", True),
        ("gone.png (missing)", "gone.png", False),
    ]


@pytest.mark.parametrize(
    ("camera", "visible"),
    [
        ("sample", set()),
        (stored_settings.CHOOSE_FILE, {"camera_file"}),
        ("/home/me/clip.mp4", {"camera_file"}),
        (stored_settings.CHOOSE_STREAM, {"camera_stream"}),
        ("rtsp://host/stream", {"camera_stream"}),
    ],
)
def test_file_and_stream_reveal_a_row_of_their_own(lib: FakeLibobs, camera: str, visible: set[str]) -> None:
    _, _, shown = build(lib, camera=camera)
    assert {name for name in ("camera_file", "camera_stream") if row(shown, name).visible} == visible
    assert camera in [value for _, value, enabled in row(shown, "camera").entries if enabled]


def test_a_typed_address_becomes_the_camera(lib: FakeLibobs) -> None:
    built, number, _ = build(lib, camera=stored_settings.CHOOSE_STREAM)
    data = lib.obs_data_create()
    lib.objects[data]["user"].update(camera=stored_settings.CHOOSE_STREAM, camera_stream="rtsp://host/a")
    built.modified(5, "camera_stream", number, data)
    assert lib.objects[data]["user"]["camera"] == "rtsp://host/a"
    lib.objects[data]["user"]["camera_stream"] = "rtsp://host/ab"
    built.modified(5, "camera_stream", number, data)
    assert lib.objects[data]["user"]["camera"] == "rtsp://host/ab"


def test_an_address_typed_earlier_does_not_replace_a_chosen_camera(lib: FakeLibobs) -> None:
    built, number, _ = build(lib, camera=CAMERAS[0].id)
    data = lib.obs_data_create()
    lib.objects[data]["user"].update(camera=CAMERAS[0].id, camera_stream="rtsp://host/a", background_mode="file")
    for key in ("camera", "camera_stream"):
        built.modified(5, key, number, data)
    assert lib.objects[data]["user"]["camera"] == CAMERAS[0].id


def test_rows_appear_with_the_mode_they_belong_to(lib: FakeLibobs) -> None:
    built, number, shown = build(lib, background_mode="file")
    assert row(shown, "background").visible and not row(shown, "blur").visible
    data = lib.obs_data_create()
    lib.objects[data]["user"]["background_mode"] = "blur"
    assert built.modified(5, "background_mode", number, data), "the panel must be redrawn"
    assert row(shown, "blur").visible and not row(shown, "background").visible
    assert not row(shown, "next_background").visible
    assert not built.modified(5, "background_mode", number, data), "nothing has changed: no redraw"


def test_another_folder_lists_its_pictures_and_takes_the_first(lib: FakeLibobs, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.jpg").touch()
    built, number, shown = build(lib, backgrounds_folder=str(folder), background="b.png")
    data = lib.obs_data_create()
    lib.objects[data]["user"].update(backgrounds_folder=str(folder), background="b.png", background_mode="file")
    assert not built.modified(5, "backgrounds_folder", number, data)
    lib.objects[data]["user"]["backgrounds_folder"] = str(other)
    assert built.modified(5, "backgrounds_folder", number, data)
    assert row(shown, "background").entries == [("c.jpg", "c.jpg", True)]
    assert lib.objects[data]["user"]["background"] == "c.jpg"


def test_defaults_are_those_of_the_table(lib: FakeLibobs) -> None:
    data = lib.obs_data_create()
    panel.set_defaults(lib, data, "sample")
    defaults = lib.objects[data]["default"]
    assert defaults["camera"] == "sample"
    for setting in options.TABLE:
        if setting.key not in ("camera", "backgrounds_folder", "background"):
            assert defaults[setting.key] == setting.default
            assert type(defaults[setting.key]) is type(setting.default)


def test_an_unlisted_rate_or_size_is_kept(lib: FakeLibobs) -> None:
    _, _, shown = build(lib, fps=12, resolution="1234x567")
    assert ("12 fps", 12, True) in row(shown, "fps").entries
    assert ("1234×567", "1234x567", True) in row(shown, "resolution").entries


def test_the_gallery_follows_the_choice_and_hides_with_the_list(lib: FakeLibobs, folder: Path) -> None:
    known = Thumbnails()
    known._known = {folder: {name: Path(f"/small/{name}") for name in ("a.png", "b.png")}}
    built, number, shown = build(lib, known, backgrounds_folder=str(folder), background="a.png")
    gallery = row(shown, "gallery")
    assert gallery.visible and gallery.label.index("a.png") < gallery.label.index("b.png")
    before = gallery.label
    data = lib.obs_data_create()
    lib.objects[data]["user"].update(background_mode="file", backgrounds_folder=str(folder), background="a.png")
    assert not built.modified(5, "background", number, data), "just built: no redraw"
    lib.objects[data]["user"]["background"] = "b.png"
    assert built.modified(5, "background", number, data)
    assert gallery.label != before
    lib.objects[data]["user"]["background_mode"] = "blur"
    assert built.modified(5, "background_mode", number, data)
    assert not gallery.visible


def test_without_any_thumbnail_there_is_no_gallery(lib: FakeLibobs, folder: Path) -> None:
    _, _, shown = build(lib, backgrounds_folder=str(folder), background="a.png")
    assert not row(shown, "gallery").visible


MODES = (("YUYV", 640, 480, 30.0), ("YUYV", 1280, 720, 10.0), ("MJPG", 1280, 720, 60.0), ("MJPG", 320, 240, 0.0))


def test_a_camera_that_tells_what_it_offers_has_just_these_resolutions(
    lib: FakeLibobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Camera("told", "Camera T", False, MODES)
    monkeypatch.setattr(sys.modules[__name__], "CAMERAS", [*CAMERAS, told])
    built, number, shown = build(lib, camera="told", resolution="800x600")
    sizes = row(shown, "resolution")
    assert sizes.entries == [
        ("Automatic", "auto", True),
        ("320×240 (MJPG)", "320x240", True),
        ("640×480 (30 fps, YUYV)", "640x480", True),
        ("1280×720 (60 fps, MJPG)", "1280x720", True),
        ("800×600", "800x600", True),
    ]
    data = lib.obs_data_create()
    lib.objects[data]["user"].update(camera="told", resolution="640x480", background_mode="file")
    assert not built.modified(5, "camera", number, data, CAMERAS), "just built: no redraw"
    lib.objects[data]["user"]["camera"] = CAMERAS[0].id
    assert built.modified(5, "camera", number, data, CAMERAS)
    assert [value for _, value, _ in sizes.entries] == ["auto", *options.RESOLUTIONS]
    assert lib.objects[data]["user"]["resolution"] == "640x480"
