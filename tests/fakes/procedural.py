"""Pictures with exact truth that need no clip: a figure with strands of hair before a textured room, and what a network
would make of it. Used by the tests of the matte."""

import cv2
import numpy as np

SCALE = 4  # drawn this much larger, so that the truth has soft pixels


def figure(height: int, width: int, shift: float = 0.0) -> np.ndarray:
    """True alpha (height, width) float32: head, shoulders and strands; shift moves it, in shares of the width."""
    canvas = np.zeros((height * SCALE, width * SCALE), np.uint8)
    h, w = canvas.shape
    x = int(w * (0.5 + shift))
    cv2.ellipse(canvas, (x, h), (w // 4, h // 2), 0, 0, 360, 255, -1)
    cv2.ellipse(canvas, (x, int(h * 0.35)), (w // 10, h // 5), 0, 0, 360, 255, -1)
    for angle in np.linspace(-2.6, -0.5, 9):
        tip = (int(x + np.cos(angle) * w * 0.16), int(h * 0.35 + np.sin(angle) * h * 0.29))
        cv2.line(canvas, (x, int(h * 0.35)), tip, 255, max(1, h // 150))
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def room(height: int, width: int, seed: int = 3) -> np.ndarray:
    """(height, width, 3) uint8: a room with edges, stripes and a gradient."""
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), (150, 170, 160), np.float32)
    picture += np.linspace(-30, 30, width, dtype=np.float32)[None, :, None]
    for _ in range(12):
        corner = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        end = (corner[0] + int(rng.integers(10, width // 3)), corner[1] + int(rng.integers(10, height // 2)))
        cv2.rectangle(picture, corner, end, rng.integers(90, 240, 3).tolist(), -1)
    return np.clip(picture, 0, 255).astype(np.uint8)


def person(height: int, width: int) -> np.ndarray:
    """(height, width, 3) uint8: dark clothes and hair, with some texture."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(20, 70, (height // 8 + 1, width // 8 + 1, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def frame(alpha: np.ndarray, behind: np.ndarray, noise: float = 2.0, seed: int = 0) -> np.ndarray:
    """The person under alpha before the room, with camera noise."""
    a = alpha[..., None]
    picture = person(*alpha.shape) * a + behind * (1 - a)
    picture += np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


class DegradedNetwork:
    """Stands where the network stands: the truth, blurred, shifted, with false blobs and drop-outs. Sees the whole
    picture, so it is for track_person=False."""

    width = height = 256

    def __init__(self, blur: float = 3.0, shift: int = 0, blob: float = 0.0) -> None:
        self.truth = np.zeros((256, 256), np.float32)
        self.flipped = False
        self._blur, self._shift, self._blob = blur, shift, blob
        self._calls = 0

    def __call__(self, image_rgb: np.ndarray) -> np.ndarray:
        mask = cv2.resize(self.truth, (256, 256), interpolation=cv2.INTER_AREA)
        if self._blob:
            cv2.circle(mask, (25, 40), 9, self._blob, -1)
        mask = np.roll(cv2.GaussianBlur(mask, (0, 0), self._blur), self._shift, 1)
        self._calls += 1
        # Matting shows every second frame mirrored while it smooths.
        return np.ascontiguousarray(mask[:, ::-1]) if self.flipped and self._calls % 2 == 0 else mask

    def close(self) -> None:
        """Nothing to free."""
