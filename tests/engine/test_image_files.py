"""Background pictures: every kind people have, and every kind of broken one."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from obs_bgremove.engine import image_files as module
from obs_bgremove.engine.backgrounds.layout import cover
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.shared.errors import UserError


def _saved(tmp_path: Path, name: str, picture: Pillow.Image, **how: object) -> Path:
    path = tmp_path / name
    picture.save(path, **how)
    return path


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp", "x.bmp", "x.gif", "ü 😀 '%s'.png"])
def test_all_kinds_of_pictures_are_read(tmp_path: Path, name: str) -> None:
    picture = read_picture(_saved(tmp_path, name, Pillow.new("RGB", (40, 30), (200, 100, 50))))
    assert picture.shape == (30, 40, 3) and picture.dtype == np.uint8
    assert np.abs(picture[15, 20].astype(int) - (50, 100, 200)).max() <= 12


def test_of_an_animation_the_first_frame_is_shown(tmp_path: Path) -> None:
    frames = [Pillow.new("RGB", (20, 20), color) for color in ("red", "blue")]
    picture = read_picture(_saved(tmp_path, "a.gif", frames[0], save_all=True, append_images=frames[1:]))
    assert tuple(picture[10, 10]) == (0, 0, 255)


def test_cmyk_grey_palette_and_sixteen_bit_pictures_look_as_they_should(tmp_path: Path) -> None:
    cmyk = Pillow.new("CMYK", (20, 20), (0, 255, 255, 0))
    assert read_picture(_saved(tmp_path, "c.jpg", cmyk))[10, 10, 2] > 200
    assert tuple(read_picture(_saved(tmp_path, "g.png", Pillow.new("L", (20, 20), 99)))[0, 0]) == (99,) * 3
    deep = Pillow.fromarray(np.full((20, 20), 0x8000, np.uint16))
    assert tuple(read_picture(_saved(tmp_path, "d.png", deep))[0, 0]) == (127,) * 3
    palette = Pillow.new("RGB", (20, 20), (10, 20, 30)).convert("P", palette=Pillow.Palette.ADAPTIVE)
    assert tuple(read_picture(_saved(tmp_path, "p.png", palette))[0, 0]) == (30, 20, 10)


def test_transparency_is_shown_over_black(tmp_path: Path) -> None:
    half = Pillow.new("RGBA", (20, 20), (255, 255, 255, 128))
    assert abs(int(read_picture(_saved(tmp_path, "a.png", half))[0, 0, 0]) - 128) <= 1
    clear = Pillow.new("RGBA", (20, 20), (255, 255, 255, 0))
    assert read_picture(_saved(tmp_path, "b.png", clear)).max() == 0


def test_a_photo_is_turned_as_its_camera_was_held(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    picture = Pillow.new("RGB", (40, 20))
    assert read_picture(_saved(tmp_path, "t.jpg", picture, exif=exif.tobytes())).shape == (40, 20, 3)


def _broken(tmp_path: Path) -> dict[str, bytes]:
    noise = Pillow.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8))
    png = _saved(tmp_path, "whole.png", noise).read_bytes()
    jpg = _saved(tmp_path, "whole.jpg", noise).read_bytes()
    return {
        "empty.png": b"",
        "text.png": b"hello, I am no picture",
        "truncated.png": png[: len(png) // 2],
        "truncated.jpg": jpg[: len(jpg) // 2],
        "header-only.jpg": jpg[:20],
        "script.gif": b"GIF89a" + b"\xff" * 30,
    }


@pytest.mark.parametrize(
    "name", ["empty.png", "text.png", "truncated.png", "truncated.jpg", "header-only.jpg", "script.gif"]
)
def test_what_is_no_picture_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(_broken(tmp_path)[name])
    with pytest.raises(UserError, match="damaged or not a picture") as caught:
        read_picture(path)
    assert name in str(caught.value)


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = _saved(tmp_path, "huge.png", Pillow.new("1", (20_000, 20_000)))
    with pytest.raises(UserError, match="too large"):
        read_picture(path)


def test_a_picture_at_the_limit_is_not_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PIXELS", 64 * 64)
    read_picture(_saved(tmp_path, "at.png", Pillow.new("RGB", (64, 64))))
    with pytest.raises(UserError, match="too large"):
        read_picture(_saved(tmp_path, "above.png", Pillow.new("RGB", (64, 65))))


def test_a_missing_picture_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not in its folder"):
        read_picture(tmp_path / "gone.png")


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (641, 359), (1, 1), (3000, 10)])
def test_cover_fills_the_frame_and_keeps_the_shape(size: tuple[int, int]) -> None:
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[80:120, 180:220] = 255
    filled = cover(picture, *size)
    assert filled.shape == (size[1], size[0], 3)
    ys, xs = np.nonzero(filled[..., 0] > 128)
    if min(size) > 50:
        wide, high = np.ptp(xs) + 1, np.ptp(ys) + 1
        assert abs(wide - high) <= 3, "a square stays a square"
        assert abs(xs.mean() - size[0] / 2) < 2 and abs(ys.mean() - size[1] / 2) < 2
