"""The imaginary camera: colour, noise fields, lens blur, film and the last step to 8 bits.

Every scene is painted in linear light, (1080, 1920, 3) float32 in RGB order, where adding and blurring
behave as they do in a lens: a small bright lamp grows into a bright disc instead of a grey smudge. `develop`
makes uint8 BGR of it.
"""

from __future__ import annotations

import cv2
import numpy as np

WIDTH, HEIGHT = 1920, 1080

# 8-bit levels. JPEG halves the resolution of colour and rounds it: with 0.5 levels of noise in the colours,
# contours one level high remained in the gradients; with 1.3 levels, 1.3 px wide, they are gone.
COLOUR_GRAIN = 1.3


def rgb(code: str) -> np.ndarray:
    """A colour as people write it ("c8a27a", sRGB) to linear light, (3,) float32."""
    value = np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode(linear: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] to sRGB values in [0, 1] (IEC 61966-2-1)."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def canvas(colour: np.ndarray | float = 0.0) -> np.ndarray:
    """A new picture of one linear colour."""
    return np.ones((HEIGHT, WIDTH, 3), np.float32) * np.asarray(colour, np.float32)


def grid() -> tuple[np.ndarray, np.ndarray]:
    """The x and y of every pixel, two (1080, 1920) float32."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return x, y


def smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, and an S-curve between; `low` may be the larger one."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def noise(
    rng: np.random.Generator, cell: tuple[float, float] | float, octaves: int = 4, gain: float = 0.5
) -> np.ndarray:
    """Fractal value noise, (1080, 1920) float32, mean 0, deviation 1; `cell`: largest feature, px (x, y)."""
    cell_x, cell_y = cell if isinstance(cell, tuple) else (cell, cell)
    total = np.zeros((HEIGHT, WIDTH), np.float32)
    for octave in range(octaves):
        columns = max(2, round(WIDTH / cell_x * 2**octave)) + 3
        rows = max(2, round(HEIGHT / cell_y * 2**octave)) + 3
        if columns > WIDTH and rows > HEIGHT:
            break
        points = rng.standard_normal((min(rows, HEIGHT), min(columns, WIDTH))).astype(np.float32)
        total += gain**octave * cv2.resize(points, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return (total - total.mean()) / total.std()


def defocus(picture: np.ndarray, radius: float) -> np.ndarray:
    """What a lens does to things `radius` px out of focus: a point becomes a disc, its rim a little brighter.

    Needs linear light. Works on any number of channels: premultiplied colour and its alpha blur together.
    """
    reach = int(np.ceil(radius)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    distance = np.hypot(x, y)
    kernel = np.clip(radius - distance + 0.5, 0, 1) * (1 + 0.25 * (distance / radius) ** 4)
    return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)


def soften(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur; a wide one is computed on a smaller copy, where nobody can tell."""
    step = max(1, int(sigma // 6))
    if step == 1:
        return cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    size = (picture.shape[1] // step, picture.shape[0] // step)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_CUBIC)


def over(picture: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """A premultiplied (…, 4) layer in front of a picture."""
    return picture * (1 - layer[..., 3:]) + layer[..., :3]


def bloom(picture: np.ndarray, amount: float, sigma: float = 60) -> np.ndarray:
    """Light scattered inside the lens: the picture plus a wide, faint copy of itself."""
    return picture * (1 - amount) + amount * (0.6 * soften(picture, sigma) + 0.4 * soften(picture, sigma * 3))


def film(linear: np.ndarray) -> np.ndarray:
    """A film-like response, straight in the shadows with a long shoulder: 0.18 becomes 0.17, 3 is white."""
    return linear * (1 + linear / 16) / (1 + 0.75 * linear) * 1.06


def develop(
    linear: np.ndarray, seed: int, exposure: float = 1.0, vignette: float = 0.5, grain: float = 1.6
) -> np.ndarray:
    """Linear RGB to the finished (1080, 1920, 3) uint8 BGR: vignette, film response, grain, dither.

    `vignette` scales the natural cos⁴ fall-off of a lens; `grain` is in 8-bit levels at mid-grey. The grain
    is coarser than a pixel, as JPEG throws the finest away; it is what keeps smooth gradients free of bands.
    """
    rng = np.random.default_rng(seed)
    x, y = grid()
    radius2 = ((x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2) / (WIDTH / 2) ** 2
    fall_off = 1 / (1 + 0.55 * vignette * radius2) ** 2
    value = encode(film(linear * exposure * fall_off[..., None])) * 255
    luma = value.mean(axis=2) / 255
    strength = grain * (0.55 + 1.8 * luma * (1 - luma))
    value += (strength * _grain(rng, 0.65))[..., None]
    for channel in range(3):
        value[..., channel] += COLOUR_GRAIN * _grain(rng, 1.3)
    value += rng.random(value.shape, np.float32) - rng.random(value.shape, np.float32)  # triangular dither
    return np.clip(np.rint(value), 0, 255).astype(np.uint8)[..., ::-1].copy()


def _grain(rng: np.random.Generator, size: float) -> np.ndarray:
    """Film grain of deviation 1, blurred by `size` px."""
    field = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH), np.float32), (0, 0), size)
    return field / field.std()
