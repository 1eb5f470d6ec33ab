"""What leaves the engine: the background where nobody is, the person untouched where surely person, clean edges."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_bgremove.engine import composite as module
from obs_bgremove.engine import kernels
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.composite import composite, cutout, matte_image
from obs_bgremove.engine.matting.matte import Matte, grid_of
from obs_bgremove.engine.matting.outline import grow_and_feather
from obs_bgremove.engine.person_cutout import warm_up
from obs_bgremove.shared.options import Options
from tests.benchmarks.matte_metrics import edge_colour_rmse
from tests.fakes import procedural

SIZES = [(16, 16), (359, 641), (180, 320), (640, 360), (720, 1280), (33, 1000), (1080, 1920)]


def _matte(height: int, width: int, alpha: np.ndarray | float) -> Matte:
    cell, gh, gw = grid_of(height, width)
    small = np.array(np.broadcast_to(np.asarray(alpha, np.float32), (gh, gw)))
    return Matte(cell, small, np.zeros((gh, gw, 3), np.float32), np.zeros((gh, gw, 3), np.float32))


def _all(frame: np.ndarray, matte: Matte, behind: np.ndarray, options: Options) -> tuple[np.ndarray, ...]:
    """(composite over behind (H, W, 3) without its alpha, cutout, matte), in memory full of other things."""
    height, width = frame.shape[:2]
    out, bgra, grey = Canvas(width, height), Canvas(width, height), np.full((height, width), 77, np.uint8)
    out.claim()[:], bgra.claim()[:] = 77, 77
    composite(frame, matte, _opaque(behind), options, out)
    cutout(frame, matte, options, bgra)
    matte_image(frame, matte, options, grey)
    assert (out.pixels[..., 3] == 255).all()
    return out.pixels[..., :3], bgra.pixels, grey


def _opaque(picture: np.ndarray) -> np.ndarray:
    return np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nobody_gives_exactly_the_background_and_everybody_exactly_the_frame(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    frame, behind = (rng.integers(0, 256, (*size, 3), np.uint8) for _ in range(2))
    plain = Options(mirror=False)
    out, bgra, grey = _all(frame, _matte(*size, 0.0), behind, plain)
    assert (out == behind).all() and not bgra.any() and not grey.any()
    out, bgra, grey = _all(frame, _matte(*size, 1.0), behind, plain)
    assert (
        (out == frame).all() and (bgra[..., :3] == frame).all() and (bgra[..., 3] == 255).all() and (grey == 255).all()
    )


@given(
    height=st.integers(16, 90),
    width=st.integers(16, 700),
    seed=st.integers(0, 99),
    softness=st.floats(0, 1),
    threshold=st.floats(0, 1),
    clean=st.floats(0, 1),
    wrap=st.floats(0, 1),
)
def test_any_matte_writes_every_pixel_and_one_alpha_serves_all_outputs(
    height: int, width: int, seed: int, softness: float, threshold: float, clean: float, wrap: float
) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (height, width, 3), np.uint8)
    _, gh, gw = grid_of(height, width)
    alpha = np.clip(rng.random((gh, gw)) * 3 - 1, 0, 1)
    options = Options(edge_softness=softness, threshold=threshold, decontaminate=clean, light_wrap=wrap, mirror=False)
    matte = _matte(height, width, alpha)
    for colours in (matte.person, matte.room):
        colours[...] = rng.random(colours.shape) * 255
    black, white = np.zeros_like(frame), np.full_like(frame, 255)
    out_black, bgra, grey = _all(frame, matte, black, options)
    out_white, *_ = _all(frame, matte, white, options)
    assert (bgra[..., 3] == grey).all()
    # Over white minus over black is 255 (1 - alpha), but for the wrapped light and rounding.
    if wrap == 0:
        share = 255 - (out_white.astype(int) - out_black)
        assert np.abs(share - grey[..., None].astype(int)).max() <= 2
    assert (out_black[grey == 0] == 0).all() and (bgra[grey == 0] == 0).all()


def test_the_rows_can_be_divided_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = procedural.figure(180, 320)
    behind = procedural.room(180, 320)
    frame = procedural.frame(alpha, behind)
    matte = _matte(180, 320, alpha)
    expected = _all(frame, matte, behind, Options())
    for cut in (1, 77, 179):

        def divided(rows: int, work: object, cut: int = cut) -> None:
            work(cut, rows)  # type: ignore[operator]
            work(0, cut)  # type: ignore[operator]

        monkeypatch.setattr(module, "in_bands", divided)
        for ours, other in zip(_all(frame, matte, behind, Options()), expected):
            assert (ours == other).all()


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("wrap", [0.0, 0.7])
def test_mirrored_is_the_same_picture_turned(size: tuple[int, int], wrap: float) -> None:
    rng = np.random.default_rng(2)
    frame, behind = (rng.integers(0, 256, (*size, 3), np.uint8) for _ in range(2))
    matte = _noisy_matte(*size, rng)
    turned = _all(frame, matte, np.ascontiguousarray(behind[:, ::-1]), Options(light_wrap=wrap))
    plain = _all(frame, matte, behind, Options(light_wrap=wrap, mirror=False))
    assert (turned[2] == plain[2]).all(), "the matte itself stays as the camera sees it"
    for ours, other in zip(turned[:2], plain[:2]):
        # The light of the background is averaged in steps of cells, which do not divide every width evenly.
        assert np.abs(ours[:, ::-1].astype(int) - other).max() <= (8 if wrap else 0)


def _noisy_matte(height: int, width: int, rng: np.random.Generator) -> Matte:
    """Large empty and full areas, and everything between."""
    _, gh, gw = grid_of(height, width)
    coarse = rng.random((max(2, gh // 12), max(2, gw // 12))).astype(np.float32)
    matte = _matte(height, width, np.clip(cv2.resize(coarse, (gw, gh)) * 4 - 1.5, 0, 1))
    for colours in (matte.person, matte.room):
        colours[...] = rng.random(colours.shape) * 255
    return matte


class TestWhatACanvasKnows:
    """A lasting background is not copied again where it stands; the picture must be the same as on a new canvas."""

    size = (180, 320)

    def _expected(self, *arguments: object) -> np.ndarray:
        canvas = Canvas(self.size[1], self.size[0])
        composite(*arguments, canvas)  # type: ignore[arg-type]
        return canvas.pixels

    @given(steps=st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 5)), min_size=2, max_size=8))
    def test_any_sequence_of_pictures_is_as_on_new_ones(self, steps: list[tuple[int, bool, int]]) -> None:
        rng = np.random.default_rng(4)
        backgrounds = [_opaque(rng.integers(0, 256, (*self.size, 3), np.uint8)) for _ in range(2)]
        canvas = Canvas(self.size[1], self.size[0])
        for which, mirror, seed in steps:
            rng = np.random.default_rng(seed)
            frame = rng.integers(0, 256, (*self.size, 3), np.uint8)
            matte, options = _noisy_matte(*self.size, rng), Options(mirror=mirror, threshold=0.2 + 0.1 * seed)
            if which == 2:
                cutout(frame, matte, options, canvas)
                continue
            composite(frame, matte, backgrounds[which], options, canvas, lasting=True)
            assert (canvas.pixels == self._expected(frame, matte, backgrounds[which], options)).all()

    def test_what_is_known_is_not_written_and_a_changing_background_is(self) -> None:
        frame = np.full((*self.size, 3), 9, np.uint8)
        behind, matte = np.full((*self.size, 4), 255, np.uint8), _matte(*self.size, 0.0)
        canvas = Canvas(self.size[1], self.size[0])
        for lasting, expected in ((True, 255), (True, 255), (False, 40)):
            composite(frame, matte, behind, Options(), canvas, lasting)
            assert (canvas.pixels[..., :3] == expected).all()
            behind[..., :3] = 40  # which is against the promise where lasting is true

    def test_a_composite_that_failed_leaves_nothing_to_rely_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(4)
        frame = rng.integers(0, 256, (*self.size, 3), np.uint8)
        behind, matte = _opaque(np.zeros_like(frame)), _noisy_matte(*self.size, rng)
        canvas = Canvas(self.size[1], self.size[0])
        composite(frame, _matte(*self.size, 1.0), behind, Options(), canvas, lasting=True)

        def fails(rows: int, work: object) -> None:
            raise RuntimeError

        with monkeypatch.context() as broken:
            broken.setattr(module, "in_bands", fails)
            with pytest.raises(RuntimeError):
                composite(frame, matte, behind, Options(), canvas, lasting=True)
        composite(frame, matte, behind, Options(), canvas, lasting=True)
        assert (canvas.pixels == self._expected(frame, matte, behind, Options())).all()


def test_threshold_and_softness_do_what_they_say() -> None:
    alpha = np.linspace(0, 1, 320, dtype=np.float32)[None].repeat(180, 0)
    frame = np.zeros((180, 320, 3), np.uint8)
    share = {}
    for threshold in (0.2, 0.5, 0.8):
        share[threshold] = _all(frame, _matte(180, 320, alpha), frame, Options(threshold=threshold))[2].mean()
    assert share[0.2] > share[0.5] > share[0.8]
    widths = []
    for softness in (0, 0.2, 0.4):
        grey = _all(frame, _matte(180, 320, alpha), frame, Options(edge_softness=softness))[2]
        widths.append(int(((grey > 12) & (grey < 243)).sum()))
    assert widths[0] <= 180 * 2 and widths[0] < widths[1] < widths[2]


def test_shrink_grow_and_feather_are_monotone() -> None:
    areas = []
    for shift in (-30.0, -10.0, -2.0, -0.5, 0.0, 0.5, 2.0, 10.0, 30.0):
        matte = _matte(360, 640, procedural.figure(360, 640))
        grow_and_feather(matte, shift, 0.5)
        areas.append(float(matte.alpha_small.sum()))
    assert areas == sorted(areas) and len(set(areas)) == len(areas)
    unsure = []
    for softness in (0.5, 0.6, 0.8, 1.0):
        matte = _matte(360, 640, procedural.figure(360, 640))
        grow_and_feather(matte, 0.0, softness)
        unsure.append(int(((matte.alpha_small > 0.1) & (matte.alpha_small < 0.9)).sum()))
    assert unsure == sorted(unsure) and unsure[-1] > 2 * unsure[0]


@pytest.mark.parametrize("level", [0, 255])
def test_clean_edge_colours_come_nearer_to_the_truth(level: int) -> None:
    height, width = 360, 640
    alpha, behind = procedural.figure(height, width), procedural.room(height, width)
    frame = procedural.frame(alpha, behind, noise=0)
    matte = _matte(height, width, alpha)
    matte.person[...], matte.room[...] = procedural.person(height, width), behind
    new = np.full_like(frame, level)
    truth = (
        (procedural.person(height, width) * alpha[..., None] + new * (1 - alpha[..., None])).round().astype(np.uint8)
    )
    errors = []
    for strength in (0.0, 0.5, 1.0):
        out = _all(frame, matte, new, Options(decontaminate=strength, mirror=False))[0]
        errors.append(edge_colour_rmse(out, truth, (alpha * 255).astype(np.uint8)))
    assert errors[0] > errors[1] > errors[2] and errors[2] < 0.6 * errors[0]


def test_light_wrap_brightens_the_rim_and_not_the_middle() -> None:
    alpha = procedural.figure(360, 640)
    frame = np.full((360, 640, 3), 60, np.uint8)
    bright = np.full_like(frame, 255)
    means, middles = [], []
    for strength in (0.0, 0.3, 1.0):
        options = Options(light_wrap=strength, decontaminate=0, mirror=False)
        out = _all(frame, _matte(360, 640, alpha), bright, options)[0]
        means.append(float(out[alpha > 0.99].mean()))
        middles.append(int(out[340, 320, 0]))
    assert means[0] < means[1] < means[2] and middles == [60, 60, 60]


def test_no_kernel_waits_for_the_compiler_after_warm_up() -> None:
    warm_up()
    names = ("classify", "keep", "matte_rows", "blend_rows")
    compiled = {name: len(getattr(kernels, name).signatures) for name in names}
    frame = procedural.frame(procedural.figure(359, 641), procedural.room(359, 641))
    for options in (Options(), Options(light_wrap=1, edge_shift=3, decontaminate=0.5)):
        _all(frame, _matte(359, 641, 0.5), frame, options)
    assert compiled == {name: len(getattr(kernels, name).signatures) for name in names}
