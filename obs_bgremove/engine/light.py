"""Match the light: exposure, white balance and contrast of the person drawn towards those of the background.

Statistics are of linear light (IEC 61966-2-1, "sRGB") at a few thousand points of frame and background; what comes of
them is three tables, one a channel, that the composite looks pixels of the person up in. Called by person_cutout.py on
the engine's worker thread, only where the setting is above 0.

Exposure follows the mean and contrast the deviation of lightness (CIE 1976), as in Reinhard et al., "Color Transfer
between Images", 2001, whose space is logarithmic: there a black jumper made a face glare. White balance does not: the
mean of a person is skin and clothes, and matched to a grey wall skin becomes grey. The cast of either *light* is
compared instead: the mean of the whole camera picture and of the whole background (gray world, Buchsbaum 1980), which
is about what the camera's own white balance looks at.
"""

import math

import numpy as np

from obs_bgremove.engine.arrays import F32, U8, U32
from obs_bgremove.engine.matting.matte import Matte

POINTS_ACROSS = 80  # of the picture: some 3,600 points at 16:9
LEAST_POINTS = 40  # of the person: fewer say nothing, and the light stays as it was
LOOK_EVERY_NS = 120_000_000
SETTLES_S = 0.5  # time constant: calm while hands come and go, yet a new background is followed at once to the eye
# At strength 1. Beyond these a face looks made up, or the noise of a dark picture shows.
DRAW = 0.6  # share of the distance in exposure that is gone
BRIGHTEST_EV, DARKEST_EV = 0.8, -1.0
WHITE_BALANCE_EV = 0.3  # of each channel: a fifth more or less
GREEN_SHARE = 0.4  # lights differ from blue to amber (CIE daylight), hardly from green to magenta, and skin shows it
CONTRAST_LEAST, CONTRAST_MOST = 0.88, 1.06
FLOOR = np.float32(0.002)  # linear light: what counts as black
REC709_BGR = np.array([0.0722, 0.7152, 0.2126], np.float32)  # share of each primary in the luminance

NO_LIGHT: U32 = np.empty((0, 0), np.uint32)
_CODES = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)


class _Look:
    """What a set of points (n, 3) uint8 BGR looks like."""

    def __init__(self, points: U8) -> None:
        linear = _LINEAR[points]
        lightness = np.cbrt(np.maximum(linear @ REC709_BGR, FLOOR))
        self.mean: F32 = np.maximum(linear.mean(0), FLOOR)  # (3,) linear light, BGR
        self.exposure_ev = float(3 * np.log2(lightness.mean()))
        self.contrast = float(lightness.std())

    @property
    def axes(self) -> F32:
        """(2,) the cast in stops: from blue to amber, and from magenta to green."""
        blue, green, red = np.log2(self.mean)
        return np.array([(red - blue) / 2, green - (blue + red) / 2], np.float32)


class Light:
    """Makes the tables for a stream of frames, calmly."""

    def __init__(self) -> None:
        self._behind: U8 | None = None
        self._behind_look: _Look | None = None
        self._looked_ns = self._moved_ns = -LOOK_EVERY_NS
        self._wanted: F32 | None = None  # stops of blue, green and red, contrast, pivot: what is drawn to...
        self._now: F32 | None = None  # ...and what is in use
        self._made: tuple[F32, float] | None = None
        self._tables: U32 = NO_LIGHT

    def __call__(self, frame_bgr: U8, matte: Matte, behind_bgra: U8, strength: float, timestamp_ns: int) -> U32:
        """(3, 256) uint32: for each channel's level its new one, at its place in an opaque BGRA pixel. frame_bgr
        (H, W, 3) and its matte; behind_bgra (h, w, 4), the same array object is the same picture. strength
        in (0, 1]. (0, 0) while nobody was seen."""
        if not 0 <= timestamp_ns - self._looked_ns < LOOK_EVERY_NS:
            self._look(frame_bgr, matte, behind_bgra)
            self._looked_ns = timestamp_ns
        if self._wanted is None:
            return NO_LIGHT
        passed_s = max(0, timestamp_ns - self._moved_ns) / 1e9
        self._moved_ns = timestamp_ns
        if self._now is None:
            self._now = self._wanted
        self._now = self._wanted + (self._now - self._wanted) * np.float32(math.exp(-passed_s / SETTLES_S))
        made = self._made
        if made is None or made[1] != strength or np.abs(self._now - made[0]).max() > 0.002:
            self._made = self._now.copy(), strength
            self._tables = tables(self._now, strength)
        return self._tables

    def _look(self, frame_bgr: U8, matte: Matte, behind_bgra: U8) -> None:
        if self._behind is not behind_bgra:
            self._behind, self._behind_look = behind_bgra, _Look(_points(behind_bgra))
        behind, alpha = self._behind_look, matte.alpha_small
        assert behind is not None
        step = max(1, alpha.shape[1] // POINTS_ACROSS)
        cells = alpha[step // 2 :: step, step // 2 :: step]
        start, stride = (step // 2) * matte.cell + matte.cell // 2, step * matte.cell
        points = frame_bgr[start::stride, start::stride][: cells.shape[0], : cells.shape[1]]
        person = points[cells[: points.shape[0], : points.shape[1]] >= 0.9]
        if len(person) >= LEAST_POINTS:
            self._wanted = drawn_towards(_Look(person), _Look(points.reshape(-1, 3)), behind)


def _points(picture: U8) -> U8:
    step = max(1, picture.shape[1] // POINTS_ACROSS)
    return np.ascontiguousarray(picture[step // 2 :: step, step // 2 :: step, :3]).reshape(-1, 3)


def drawn_towards(person: _Look, camera: _Look, behind: _Look) -> F32:
    """(5,) stops of blue, green and red, the contrast, and the luminance about which it turns: what full strength does
    to a person in the camera's light before this background."""
    distance_ev = DRAW * (behind.exposure_ev - person.exposure_ev)
    limit_ev = BRIGHTEST_EV if distance_ev > 0 else -DARKEST_EV
    exposure_ev = limit_ev * math.tanh(distance_ev / limit_ev)
    # Towards the background's own colour and not past it, whatever the two lights say.
    amber, green = (
        share * float(np.clip(light, min(way, 0.0), max(way, 0.0)))
        for share, light, way in zip(
            (1.0, GREEN_SHARE), behind.axes - camera.axes, behind.axes - person.axes, strict=True
        )
    )
    cast = np.array([-amber, green, amber], np.float32)
    cast = np.asarray(np.float32(WHITE_BALANCE_EV) * np.tanh(cast / np.float32(WHITE_BALANCE_EV)), np.float32)
    tinted = person.mean * np.exp2(cast)
    cast -= np.log2((tinted @ REC709_BGR) / (person.mean @ REC709_BGR))  # no exposure hidden in it
    ratio = behind.contrast / max(person.contrast, 1e-3)
    contrast = min(max(math.sqrt(ratio), CONTRAST_LEAST), CONTRAST_MOST)
    pivot = 2.0 ** (person.exposure_ev + exposure_ev)
    return np.array([*(cast + np.float32(exposure_ev)), contrast, pivot], np.float32)


def tables(drawn: F32, strength: float) -> U32:
    """The tables (3, 256) of what `drawn_towards` gave, at this strength. Each rises from level to level or stays."""
    contrast, pivot = 1 + (float(drawn[3]) - 1) * strength, float(_encoded(drawn[4:5])[0])
    out = np.empty((3, 256), np.uint32)
    for channel in range(3):
        gain = 2.0 ** (float(drawn[channel]) * strength)
        # More light has a shoulder, so that white stays white and nothing is burnt out (Reinhard et al., "Photographic
        # Tone Reproduction", 2002).
        code = _encoded(_LINEAR * np.float32(gain) / (1 + np.float32(max(gain - 1, 0.0)) * _LINEAR))
        # Contrast bends between black, the pivot and white, each of which stays where it is.
        toward = np.where(code < pivot, code, code - 1)
        code += np.float32(contrast - 1) * (code - pivot) * np.abs(toward) / np.where(code < pivot, pivot, 1 - pivot)
        levels = np.rint(np.clip(code, 0, 1) * 255).astype(np.uint32)
        out[channel] = levels << np.uint32(8 * channel)
    out[0] |= np.uint32(255 << 24)
    return out


def _encoded(linear: F32) -> F32:
    """Linear light [0, 1] as sRGB's code [0, 1]."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055).astype(
        np.float32
    )
