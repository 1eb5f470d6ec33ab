"""From a frame and its matte to pixels: over a background, cut out with alpha, or the matte itself.

Called by the pipeline on the engine's worker thread. Nothing here keeps state between frames; the three pictures use
one and the same alpha. Formulas: tone curve, a smoothstep; clean edge colours, Forte & Pitie, "Approximate Fast
Foreground Colour Estimation", ICIP 2021.
"""

import functools

import cv2
import numpy as np

from obs_bgremove.engine import kernels
from obs_bgremove.engine.matte import F32, U8, Matte, grid_of
from obs_bgremove.engine.second_core import in_halves
from obs_bgremove.options import Options

RAMP_PER_SOFTNESS = 2.0  # width of the alpha ramp per unit of edge_softness: 0.5 spans all of [0, 1]
WIDEST_RAMP = 1.0
WRAP_REACH = 1 / 24  # of the frame's height: how far light of the background reaches over the person
_NO_WRAP = np.empty((0, 0), np.float32)
_NO_GLOW = np.empty((0, 0, 0), np.float32)


def composite(frame_bgr: U8, matte: Matte, background_bgr: U8, options: Options, out: U8) -> None:
    """out (H, W, 3) uint8 BGR: the person of frame_bgr (H, W, 3) over background_bgr (H, W, 3)."""
    lut, low, high = _tone(options.threshold, options.edge_softness)
    wrap, glow = _light(matte, background_bgr, options.light_wrap) if options.light_wrap > 0 else (_NO_WRAP, _NO_GLOW)
    kernels.classify(matte.alpha_small, low, high, wrap, matte.kinds)
    clean = np.float32(options.decontaminate)
    a, k = matte.alpha_small, np.float32(matte.cell)
    frame, under, target = _rows(frame_bgr), _rows(background_bgr), _rows(out)
    in_halves(
        frame_bgr.shape[0],
        lambda y0, y1: kernels.blend_rows(
            frame, k, a, matte.person, matte.room, matte.kinds, lut, clean, wrap, glow, under, y0, y1, target
        ),
    )


def cutout(frame_bgr: U8, matte: Matte, options: Options, out_bgra: U8) -> None:
    """out_bgra (H, W, 4) uint8: the person with straight alpha and the room's colour removed from the edge."""
    lut, low, high = _tone(options.threshold, options.edge_softness)
    kernels.classify(matte.alpha_small, low, high, _NO_WRAP, matte.kinds)
    clean = np.float32(options.decontaminate)
    a, k = matte.alpha_small, np.float32(matte.cell)
    frame, target = _rows(frame_bgr), _rows(out_bgra)
    in_halves(
        frame_bgr.shape[0],
        lambda y0, y1: kernels.cutout_rows(
            frame, k, a, matte.person, matte.room, matte.kinds, lut, clean, y0, y1, target
        ),
    )


def matte_image(frame_bgr: U8, matte: Matte, options: Options, out: U8) -> None:
    """out (H, W) uint8: the alpha that `composite` and `cutout` use for this frame."""
    lut, low, high = _tone(options.threshold, options.edge_softness)
    kernels.classify(matte.alpha_small, low, high, _NO_WRAP, matte.kinds)
    a, k = matte.alpha_small, np.float32(matte.cell)
    in_halves(
        frame_bgr.shape[0],
        lambda y0, y1: kernels.matte_rows(k, a, matte.kinds, lut, y0, y1, out),
    )


def warm_up() -> None:
    """Compile all kernels, or load them from the cache: seconds the first time, then a fraction of one."""
    from obs_bgremove.engine.matting import warm_up_matting

    frame = np.zeros((32, 48, 3), np.uint8)
    _, height, width = grid_of(*frame.shape[:2])
    colours = np.zeros((height, width, 3), np.float32)
    matte = Matte(1, np.full((height, width), 0.5, np.float32), colours, colours)
    for options in (Options(), Options(light_wrap=1)):
        composite(frame, matte, frame.copy(), options, np.empty_like(frame))
    cutout(frame, matte, Options(), np.empty((32, 48, 4), np.uint8))
    matte_image(frame, matte, Options(), np.empty((32, 48), np.uint8))
    warm_up_matting()


def _rows(image: U8) -> U8:
    """(H, W, C) as (H, W * C), the same memory."""
    return image.reshape(image.shape[0], -1)


@functools.lru_cache(8)
def _tone(threshold: float, softness: float) -> tuple[F32, np.float32, np.float32]:
    """(lut, low, high): the final alpha for a matte value of i / LUT_SIZE, float32 [0, 1]; 0 up to low, 1 from high."""
    width = min(max(RAMP_PER_SOFTNESS * softness, 1 / kernels.LUT_SIZE), WIDEST_RAMP)
    value = np.linspace(0, 1, kernels.LUT_SIZE + 1)
    # The ramp is cut where it leaves [0, 1], so that 0 stays 0 and 1 stays 1 at any threshold.
    low, high = max(threshold - width / 2, 0.0), min(threshold + width / 2, 1.0)
    t = np.clip((value - low) / max(high - low, 1e-6), 0, 1)
    return t.astype(np.float32), np.float32(low), np.float32(high)


def _light(matte: Matte, background_bgr: U8, strength: float) -> tuple[F32, F32]:
    """(wrap (gh, gw) 0..1, glow (gh, gw, 3) 0..255): how much light of the background falls on the person's rim."""
    height, width = matte.alpha_small.shape
    reach = max(1, round(height * WRAP_REACH))
    size = (2 * reach + 1, 2 * reach + 1)
    outside = cv2.blur(1 - matte.alpha_small, size)
    wrap = np.clip(outside * np.float32(strength), 0, 1)
    small = cv2.resize(background_bgr, (width, height), interpolation=cv2.INTER_AREA)
    glow = cv2.blur(small, size).astype(np.float32)
    return wrap, glow
