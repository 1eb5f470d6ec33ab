"""From a frame and its matte to pixels: over a background, cut out with alpha, or the matte itself.

Called by the pipeline on the engine's worker thread. Frame and matte are as the camera sees them, the picture is as
shown: mirrored if `options.mirror` says so. Nothing here keeps state between frames, except that `Canvas` knows what
its pixels show; the three pictures use one and the same alpha. Clean edge colours: Forte & Pitie, "Approximate Fast
Foreground Colour Estimation", ICIP 2021.
"""

import cv2
import numpy as np

from obs_bgremove.engine import kernels
from obs_bgremove.engine.arrays import F32, U8, U32
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.light import NO_LIGHT
from obs_bgremove.engine.matting.matte import Matte
from obs_bgremove.engine.parallel import in_bands
from obs_bgremove.shared.options import Options

RAMP_PER_SOFTNESS = 2.0  # width of the alpha ramp per unit of edge_softness: 0.5 spans all of [0, 1]
NARROWEST_RAMP, WIDEST_RAMP = 1 / 1024, 1.0
WRAP_REACH = 1 / 24  # of the frame's height: how far light of the background reaches over the person
_NO_WRAP = np.empty((0, 0), np.float32)
_NO_GLOW = np.empty((0, 0, 0), np.float32)
_NO_BACKGROUND = np.empty((0, 0), np.uint32)


def composite(
    frame_bgr: U8,
    matte: Matte,
    background_bgra: U8,
    options: Options,
    out: Canvas,
    lasting: bool = False,
    light: U32 = NO_LIGHT,
) -> None:
    """out: the person of frame_bgr (H, W, 3) uint8 over background_bgra (H, W, 4) uint8, which is opaque and as shown.
    lasting: nobody ever changes background_bgra; where out shows it already it is not copied again. The background may
    have been made in out's own pixels: then nothing of it is copied. light: the person's tables, from light.py."""
    low, high, slope = _tone(options.threshold, options.edge_softness)
    wrap, glow = _NO_WRAP, _NO_GLOW
    if options.light_wrap > 0:
        wrap, glow = _glow(matte, background_bgra, options.light_wrap, options.mirror)
    kernels.classify(matte.alpha_small, low, high, wrap, matte.kinds)
    drawn = out.begin(background_bgra if lasting else None, options.mirror, matte.kinds.shape)
    if np.may_share_memory(background_bgra, out.pixels):
        drawn[:] = 1
    kernels.keep(matte.kinds, drawn)
    under = background_bgra.view(np.uint32).reshape(background_bgra.shape[:2])
    _blend(frame_bgr, matte, options, low, slope, light, wrap, glow, under, out)
    out.end()


def cutout(frame_bgr: U8, matte: Matte, options: Options, out: Canvas) -> None:
    """out: the person with straight alpha and the room's colour removed from the edge."""
    out.claim()
    low, high, slope = _tone(options.threshold, options.edge_softness)
    kernels.classify(matte.alpha_small, low, high, _NO_WRAP, matte.kinds)
    _blend(frame_bgr, matte, options, low, slope, NO_LIGHT, _NO_WRAP, _NO_GLOW, _NO_BACKGROUND, out)


def _blend(
    frame_bgr: U8,
    matte: Matte,
    options: Options,
    low: np.float32,
    slope: np.float32,
    light: U32,
    wrap: F32,
    glow: F32,
    under: U32,
    out: Canvas,
) -> None:
    """blend_rows on both cores, by the kinds of intervals in the matte."""
    frame, target, mirror = frame_bgr.reshape(frame_bgr.shape[0], -1), out.rows, options.mirror
    k, alpha, person, room, kinds = np.float32(matte.cell), matte.alpha_small, matte.person, matte.room, matte.kinds
    clean = np.float32(options.decontaminate)
    in_bands(
        frame.shape[0],
        lambda y0, y1: kernels.blend_rows(
            frame, k, alpha, person, room, kinds, low, slope, clean, light, wrap, glow, under, mirror, y0, y1, target
        ),
    )


def matte_image(frame_bgr: U8, matte: Matte, options: Options, out: U8) -> None:
    """out (H, W) uint8: the alpha that `composite` and `cutout` use for this frame, as the camera sees it."""
    low, high, slope = _tone(options.threshold, options.edge_softness)
    kernels.classify(matte.alpha_small, low, high, _NO_WRAP, matte.kinds)
    a, k = matte.alpha_small, np.float32(matte.cell)
    in_bands(
        frame_bgr.shape[0],
        lambda y0, y1: kernels.matte_rows(k, a, matte.kinds, low, slope, y0, y1, out),
    )


def _tone(threshold: float, softness: float) -> tuple[np.float32, np.float32, np.float32]:
    """(low, high, slope): the final alpha is 0 up to low, 1 from high, and rises by slope between."""
    width = min(max(RAMP_PER_SOFTNESS * softness, NARROWEST_RAMP), WIDEST_RAMP)
    # The ramp is cut where it leaves [0, 1], so that 0 stays 0 and 1 stays 1 at any threshold.
    low, high = max(threshold - width / 2, 0.0), min(threshold + width / 2, 1.0)
    return np.float32(low), np.float32(high), np.float32(1 / max(high - low, 1e-6))


def _glow(matte: Matte, background_bgra: U8, strength: float, mirror: bool) -> tuple[F32, F32]:
    """(wrap (gh, gw) 0..1, glow (gh, gw, 3) 0..255), as the camera sees them: how much of the background's light falls
    on the person's rim, and its colour."""
    height, width = matte.alpha_small.shape
    reach = max(1, round(height * WRAP_REACH))
    size = (2 * reach + 1, 2 * reach + 1)
    outside = cv2.blur(1 - matte.alpha_small, size)
    wrap = np.clip(outside * np.float32(strength), 0, 1)
    small = cv2.resize(background_bgra, (width, height), interpolation=cv2.INTER_AREA)[..., :3]
    glow = cv2.blur(cv2.flip(small, 1) if mirror else np.ascontiguousarray(small), size).astype(np.float32)
    return wrap, glow
