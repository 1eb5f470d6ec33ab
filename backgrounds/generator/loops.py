"""Loops of a few seconds without a seam: everything in them moves by whole turns of the loop.

A loop is a function that yields its frames, (720, 1280, 3) uint8 BGR, one turn of them. `encode` writes them as H.264,
marked BT.709. Scenes are painted in linear light as the pictures are; the grain stands still, for a grain that moves
would take most of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace

from . import walls
from .camera import encode as to_srgb
from .camera import film, rgb, smoothstep

WIDE, HIGH = 1280, 720
FPS, SECONDS = 24, 8
FRAMES = FPS * SECONDS
MOST_BYTES = 1_500_000

Loop = Iterator[np.ndarray]


def encode(path: Path, frames: Loop, quality: int) -> None:
    """Write a loop as H.264; `quality` is x264's constant rate factor. Raises OSError when it has become too large."""
    settings = {"crf": str(quality), "preset": "medium", "x264-params": "aq-mode=3:deblock=1,1:keyint=400:bframes=4"}
    with av.open(str(path), "w", options={"movflags": "faststart"}) as output:
        stream = output.add_stream("libx264", rate=FPS, options=settings)
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = 1
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    if path.stat().st_size > MOST_BYTES:
        raise OSError(f"{path.name} has {path.stat().st_size} bytes, at most {MOST_BYTES} are wanted")


def _developer(seed: int, exposure: float, vignette: float, grain: float) -> Callable[[np.ndarray], np.ndarray]:
    """What turns linear RGB (720, 1280, 3) into a finished frame: as `camera.develop`, with a grain that stands."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HIGH, 0:WIDE].astype(np.float32)
    radius2 = ((x - WIDE / 2) ** 2 + (y - HIGH / 2) ** 2) / (WIDE / 2) ** 2
    light = (exposure / (1 + 0.55 * vignette * radius2) ** 2)[..., None]
    field = cv2.GaussianBlur(rng.standard_normal((HIGH, WIDE, 3), np.float32), (0, 0), 0.8)
    field = grain * field / field.std() + rng.random((HIGH, WIDE, 3), np.float32) - 0.5

    def develop(linear: np.ndarray) -> np.ndarray:
        value = to_srgb(film(linear * light)) * 255 + field
        return np.clip(np.rint(value), 0, 255).astype(np.uint8)[..., ::-1].copy()

    return develop


def _disc(radius: float, rim: float, soft: float = 0.0) -> np.ndarray:
    """A defocused point, (n, n) float32, a little brighter at its rim; `soft`: how much that is blurred, px."""
    reach = int(radius + 3 * soft) + 3
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    t = np.hypot(x, y) / radius
    disc = smoothstep(1 + 1.5 / radius, 1 - 1.5 / radius, t) * (0.75 + rim * np.clip(t, 0, 1) ** 5)
    return cv2.GaussianBlur(disc, (0, 0), soft) if soft else disc.astype(np.float32)


def _add(picture: np.ndarray, patch: np.ndarray, x: float, y: float, colour: np.ndarray) -> None:
    """Add a patch (n, n) in a colour around a point, to a fraction of a pixel, in place."""
    reach = patch.shape[0] // 2
    left, top = int(np.floor(x)) - reach, int(np.floor(y)) - reach
    shift = np.array([[1, 0, x - np.floor(x)], [0, 1, y - np.floor(y)]], np.float32)
    moved = cv2.warpAffine(patch, shift, (patch.shape[1] + 1, patch.shape[0] + 1))
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + moved.shape[1], WIDE), min(top + moved.shape[0], HIGH)
    if x0 < x1 and y0 < y1:
        picture[y0:y1, x0:x1] += moved[y0 - top : y1 - top, x0 - left : x1 - left, None] * colour


def bokeh_drift(seed: int = 15) -> Loop:
    """Lights far behind the focus, amber to rose, that float about slowly and breathe."""
    rng = np.random.default_rng(seed)
    develop = _developer(seed, 1.35, 0.7, 0.8)
    y, x = np.mgrid[0:HIGH, 0:WIDE].astype(np.float32)
    down = smoothstep(0, 1, y / HIGH)[..., None]
    base = rgb("12101f") * (1 - down) + rgb("2a191f") * down
    for cx, cy, wide, code, power in (
        (180, 560, 420, "ff9a4a", 0.11),
        (1120, 500, 460, "d8568a", 0.07),
        (640, 120, 520, "4a5ab8", 0.05),
    ):
        base = base + np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / wide**2)[..., None] * rgb(code) * power
    palette = [rgb(code) for code in ("ffb25a", "ffd9a0", "ff8f52", "ff7a8c", "f2a0c8", "9fb4ff")]
    shares = np.array([5, 4, 3, 2, 1.5, 1.5])
    lights = []
    for _ in range(88):
        near = rng.random() ** 2
        radius = 9 + 62 * near
        side = rng.choice([-1, 1])
        lights.append(
            {
                "at": (
                    WIDE / 2 + side * WIDE * (0.12 + 0.42 * rng.random() ** 0.8),
                    HIGH * (0.30 + 0.62 * rng.random()),
                ),
                "swing": (6 + 26 * near) * np.array([rng.uniform(0.6, 1), rng.uniform(0.3, 0.7)]),
                "phase": rng.uniform(0, 2 * np.pi, 3),
                "breath": rng.choice([1, 2], p=[0.7, 0.3]),
                "patch": _disc(radius, rng.uniform(0.25, 0.5), 0.8 + 0.045 * radius),
                "light": palette[rng.choice(len(palette), p=shares / shares.sum())]
                * min(0.55, rng.lognormal(-2.0, 0.6))
                * (1.25 - 0.75 * near),
            }
        )
    for number in range(FRAMES):
        turn = 2 * np.pi * number / FRAMES
        glow = np.zeros((HIGH, WIDE, 3), np.float32)
        for one in lights:
            px = one["at"][0] + one["swing"][0] * np.sin(turn + one["phase"][0])
            py = one["at"][1] + one["swing"][1] * np.sin(turn + one["phase"][1])
            power = 0.80 + 0.20 * np.sin(one["breath"] * turn + one["phase"][2])
            _add(glow, one["patch"], px, py, one["light"] * power)
        small = cv2.resize(glow, (WIDE // 8, HIGH // 8), interpolation=cv2.INTER_AREA)
        halo = cv2.resize(cv2.GaussianBlur(small, (0, 0), 7), (WIDE, HIGH), interpolation=cv2.INTER_CUBIC)
        yield develop(base + glow + 0.22 * halo)


def drifting_light(seed: int = 5) -> Loop:
    """Late sun on a limewashed wall; the shadows of leaves sway in a light wind."""
    wall, albedo, window, branches, shade = (
        cv2.resize(part, (WIDE, HIGH), interpolation=cv2.INTER_AREA) for part in walls.limewash_parts(seed)
    )
    develop = _developer(seed, 1.35, 0.55, 0.9)
    y, x = np.mgrid[0:HIGH, 0:WIDE].astype(np.float32)
    # Leaves swing the more, the further they are from where the branches come in, on the right.
    free = smoothstep(WIDE * 1.02, WIDE * 0.45, x) * 0.85 + 0.15
    for number in range(FRAMES):
        turn = 2 * np.pi * number / FRAMES
        gust = 1 + 0.35 * np.sin(turn + 0.6)
        dx = free * gust * (9 * np.sin(turn) + 4 * np.sin(2 * turn + 0.011 * y) + 1.5 * np.sin(3 * turn + 0.03 * y))
        dy = free * gust * (6 * np.sin(turn + 1.1 + 0.006 * x) + 2.5 * np.sin(2 * turn + 0.02 * x))
        at_x, at_y = (x + dx).astype(np.float32), (y + dy).astype(np.float32)
        leaves = cv2.remap(branches, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        leaves = cv2.GaussianBlur(np.clip(leaves, 0, 1), (0, 0), 5.5)
        sun = cv2.GaussianBlur(window, (0, 0), 4.4) * (1 - 0.85 * leaves) * shade
        sun *= 1 + 0.03 * np.sin(turn + 2.0)
        small = cv2.resize(sun, (WIDE // 8, HIGH // 8), interpolation=cv2.INTER_AREA)
        bounce = cv2.resize(cv2.GaussianBlur(small, (0, 0), 13), (WIDE, HIGH), interpolation=cv2.INTER_CUBIC)
        lit = (
            wall + albedo * (sun[..., None] * rgb("ffcf94") * 1.05) + albedo * bounce[..., None] * rgb("ffd9a8") * 0.10
        )
        yield develop(lit.astype(np.float32))


def _drop(radius: float, stretch: float) -> np.ndarray:
    """The height of a drop on glass, (n, m) float32, 0 outside: a cap, longer below than above."""
    reach = int(radius * stretch) + 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    y = np.where(y < 0, y / stretch, y / (0.5 + 0.5 * stretch))
    return radius * np.clip(1 - (x**2 + y**2) / radius**2, 0, 1) ** 0.62


def _put(height: np.ndarray, drop: np.ndarray, x: float, y: float) -> None:
    """Lay a drop on the glass, to a fraction of a pixel, in place; drops that touch become one."""
    reach = drop.shape[0] // 2
    left, top = int(np.floor(x)) - reach, int(np.floor(y)) - reach
    shift = np.array([[1, 0, x - np.floor(x)], [0, 1, y - np.floor(y)]], np.float32)
    moved = cv2.warpAffine(drop, shift, (drop.shape[1] + 1, drop.shape[0] + 1))
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + moved.shape[1], WIDE), min(top + moved.shape[0], HIGH)
    if x0 < x1 and y0 < y1:
        part = height[y0:y1, x0:x1]
        np.maximum(part, moved[y0 - top : y1 - top, x0 - left : x1 - left], out=part)


def _street(rng: np.random.Generator) -> np.ndarray:
    """What is outside: a street at dusk, sharp enough for the drops to show it upside down."""
    y, x = np.mgrid[0:HIGH, 0:WIDE].astype(np.float32)
    t = (y / HIGH)[..., None]
    scene = rgb("5b7390") * 0.55 * smoothstep(0.75, 0.0, t) + rgb("2a3340") * smoothstep(0.2, 0.9, t)
    for _ in range(9):
        left, wide = rng.uniform(-60, WIDE), rng.uniform(90, 220)
        roof = HIGH * rng.uniform(0.18, 0.48)
        block = (
            smoothstep(left, left + 8, x) * smoothstep(left + wide, left + wide - 8, x) * smoothstep(roof, roof + 8, y)
        )
        scene = scene * (1 - 0.75 * block[..., None]) + rgb("1d2530") * 0.8 * block[..., None]
    codes = ("ffc27a", "ffd9a6", "ff9a55", "ffe9cc", "8fd0ff", "ff5a48")
    for _ in range(64):
        side = rng.choice([-1, 1])
        px = WIDE / 2 + side * WIDE * rng.uniform(0.10, 0.55)
        py = HIGH * np.clip(rng.normal(0.60, 0.13), 0.2, 0.9)
        power = min(1.6, rng.lognormal(-0.7, 0.7))
        _add(scene, _disc(rng.uniform(7, 12), 0.2), px, py, rgb(codes[rng.integers(len(codes))]) * power)
    return scene.astype(np.float32)


def rain_window(seed: int = 16) -> Loop:
    """Rain on a window pane at dusk: drops that hang, drops that run and leave small ones behind."""
    rng = np.random.default_rng(seed)
    develop = _developer(seed, 1.55, 0.6, 0.6)
    scene = _street(rng)
    kernel = _disc(21, 0.25)
    far = cv2.filter2D(scene, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)
    far = 0.86 * far + 0.14 * cv2.GaussianBlur(far, (0, 0), 60)  # mist on the glass
    y, x = np.mgrid[0:HIGH, 0:WIDE].astype(np.float32)

    runners = []
    for lane in range(9):
        middle = WIDE * (lane + rng.uniform(0.25, 0.75)) / 9
        begin, lasts = rng.random(), rng.uniform(0.55, 0.85)
        ys = np.linspace(-60, HIGH + 60, 200)
        halts = np.cumsum(np.clip(rng.gamma(0.6, 1.0, 200), 0.05, 3.2))  # it sticks and slips
        times = begin + lasts * (cv2.GaussianBlur(halts.astype(np.float32)[None], (0, 0), 3)[0] / halts[-1])
        times = np.maximum.accumulate(times) + np.linspace(0, 1e-4, 200)
        bend = cv2.GaussianBlur(rng.normal(0, 1, 200).astype(np.float32)[None], (0, 0), 14)[0]
        xs = middle + 60 * bend
        radius = rng.uniform(7, 10.5)
        left_behind = []
        for py in np.arange(0, HIGH, 9.0):
            if rng.random() < 0.62:
                size = rng.uniform(1.3, 3.6) * (1.35 if rng.random() < 0.12 else 1)
                left_behind.append((np.interp(py, ys, xs) + rng.normal(0, 2.2), py, size, np.interp(py, ys, times)))
        runners.append((ys, xs, times, radius, left_behind))

    hanging = np.zeros((HIGH, WIDE), np.float32)
    for _ in range(1500):
        px, py, size = rng.uniform(0, WIDE), rng.uniform(0, HIGH), 1.2 + 5.6 * rng.random() ** 5
        clear = min(abs(px - np.interp(py, ys, xs)) for ys, xs, *_ in runners)
        if clear > 9 + size:
            _put(hanging, _drop(size, rng.uniform(1.0, 1.25)), px, py)

    for number in range(FRAMES):
        now = number / FRAMES
        height = hanging.copy()
        for ys, xs, times, radius, left_behind in runners:
            for px, py, size, passed in left_behind:
                age = (now - passed) % 1.0  # they dry up before the next one comes along
                size *= float(smoothstep(0, 0.02, np.float32(age)) * (1 - smoothstep(0.35, 0.97, np.float32(age))))
                if size > 0.5:
                    _put(height, _drop(size, 1.1), px, py)
            for wrapped in (now, now + 1):
                if times[0] < wrapped < times[-1]:
                    py = np.interp(wrapped, times, ys)
                    _put(height, _drop(radius, 1.45), np.interp(py, ys, xs), py)
        steep_x, steep_y = (
            cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8),
            cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8),
        )
        wet = smoothstep(0.15, 0.9, height)[..., None]
        seen = cv2.remap(scene, x + 85 * steep_x, y + 85 * steep_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        rim = np.clip(np.hypot(steep_x, steep_y) - 0.75, 0, 1.2)[..., None]
        spark = np.clip(-(0.6 * steep_x + steep_y) - 0.9, 0, 0.8)[..., None]
        drop = seen * (1.12 - 0.45 * rim) + 0.20 * spark * rgb("dfeaff")
        yield develop((far * (1 - wet) + drop * wet).astype(np.float32))


LOOPS: dict[str, tuple[Callable[[], Loop], int]] = {
    "15-bokeh-drift.mp4": (bokeh_drift, 18),
    "16-rain-window.mp4": (rain_window, 18),
    "17-drifting-light.mp4": (drifting_light, 19),
}
