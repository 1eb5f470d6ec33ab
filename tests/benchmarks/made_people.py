"""The people of the made clips: cut out of the development clips with their true alpha, without their old rooms.

A person's frames are premultiplied BGRA, uint8. The old room B of a clip stands still, so it is the mean of the pixels
where nobody is; at soft pixels the person's own colour is what blur fusion gives with that B (Forte and Pitie, ICIP
2021), spread outwards from inside the rim, so that nothing of the old room or screen comes along.
"""

import dataclasses
import functools
import hashlib
import os
import tempfile
from pathlib import Path

import cv2
import numpy as np

from tests.benchmarks.made_rooms import F32, U8, WIDTH

Point = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Clip:
    """A development clip. rim_px: how deep its rim carries the colour of the screen it was filmed before. eyes: the
    middles of both eyes in frame 0, for blinks; eye_px: half their width. light: BGR factors that take out the colour
    of the light the clip was filmed in."""

    stem: str
    rim_px: int
    eyes: tuple[Point, ...] = ()
    eye_px: int = 0
    light: tuple[float, float, float] = (1.0, 1.0, 1.0)


CLIPS = {
    "dancer_body": Clip("dancer_body_architecture", 2),
    "dancer_waist": Clip("dancer_waist_shibuya", 3),
    "denim": Clip("p_denim_portrait", 7, ((416, 415), (528, 412)), 26, (1.06, 0.94, 0.98)),
    "glasses": Clip("p_glasses_shibuya", 9, ((587, 377), (730, 377)), 28, (1.45, 1.0, 0.9)),
    "hands": Clip("p_hands_shibuya", 3, ((620, 206), (698, 206)), 17),
    "longhair": Clip("p_longhair_architecture", 7, ((723, 485), (840, 479)), 26, (1.04, 0.94, 1.0)),
    "talking": Clip("talking_head_architecture", 4),
}
LEARN_EVERY = 12  # frames of a clip that show its old room
CACHE = Path(tempfile.gettempdir()) / "ai-background-people"
CACHE_VERSION = 1  # raise it when people are cut out in another way
SMOOTH_PX = 1.2  # the keyed masks have stairs; the truth is this much smoother


@dataclasses.dataclass
class Person:
    """frames: premultiplied BGRA, each cropped to `box` = (x0, y0, x1, y1) of the 1280 x 720 source picture."""

    frames: list[U8]
    box: tuple[int, int, int, int]
    name: str

    @property
    def anchor(self) -> tuple[float, float]:
        """(x, y) in source pixels of what `placed` puts at its position: middle, lowest row."""
        x0, _, x1, y1 = self.box
        return (x0 + x1) / 2, float(y1)

    def number(self, time: int) -> int:
        """The frame to show at `time`, to and fro, so that motion never jumps."""
        count = len(self.frames)
        turn = time % (2 * count - 2)
        return turn if turn < count else 2 * count - 2 - turn


@functools.cache
def person(data: Path, name: str) -> Person:
    """The person `name` of CLIPS, from the clips in `data`; cut out once and kept in the system's temporary folder."""
    clip = data / f"{CLIPS[name].stem}.mp4"
    digest = hashlib.sha256(clip.read_bytes())
    digest.update(clip.with_name(f"{clip.stem}_alpha.mkv").read_bytes())
    digest.update(f"{CACHE_VERSION} {CLIPS[name]}".encode())
    kept = CACHE / f"{name}-{digest.hexdigest()[:24]}.npz"
    if not kept.exists():
        frames, box = _cut_out(clip, CLIPS[name])
        CACHE.mkdir(parents=True, exist_ok=True)
        part = kept.with_name(f".{kept.stem}.{os.getpid()}.npz")
        np.savez(part, frames=np.stack(frames), box=np.array(box))
        os.replace(part, kept)
    with np.load(kept) as archive:
        return Person(list(archive["frames"]), tuple(int(v) for v in archive["box"]), name)  # type: ignore[arg-type]


def _cut_out(clip: Path, how: Clip) -> tuple[list[U8], tuple[int, int, int, int]]:
    pictures, alphas = _read(clip), _read(clip.with_name(f"{clip.stem}_alpha.mkv"))
    masks = [np.ascontiguousarray(a[..., 1]) for a in alphas]
    if len(pictures) != len(masks) or len(pictures) < 3:
        raise SystemExit(f"{clip} and its alpha hold {len(pictures)} and {len(masks)} frames.")
    room = _old_room(pictures, masks)
    ever = np.max(masks, axis=0) > 2
    rows, columns = np.flatnonzero(ever.any(1)), np.flatnonzero(ever.any(0))
    x0, x1 = max(0, columns[0] - 4), min(WIDTH, columns[-1] + 5)
    y0, y1 = max(0, rows[0] - 4), rows[-1] + 1
    cut = np.s_[y0:y1, x0:x1]
    frames = [_premultiplied(p[cut], m[cut], room[cut], how) for p, m in zip(pictures, masks)]
    return frames, (int(x0), int(y0), int(x1), int(y1))


def _read(path: Path) -> list[U8]:
    capture = cv2.VideoCapture(str(path))
    frames: list[U8] = []
    while True:
        ok, frame = capture.read()
        if not ok:
            break
        frames.append(np.asarray(frame if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR), np.uint8))
    capture.release()
    return frames


def _old_room(pictures: list[U8], masks: list[U8]) -> F32:
    """(720, 1280, 3): what the clip's room looks like behind the person; smooth guesses where it never shows."""
    far = np.ones((9, 9), np.uint8)
    chosen = range(0, len(pictures), LEARN_EVERY)
    room = np.zeros(pictures[0].shape, np.float32)
    times = np.zeros(room.shape[:2], np.float32)
    for number in chosen:
        seen = cv2.dilate(masks[number], far) == 0
        room[seen] += pictures[number][seen]
        times += seen
    room /= np.maximum(times, 1)[..., None]
    known = times >= 2
    for sigma in (6, 24, 96, 300):  # what is not seen: from near where that is possible, else from farther away
        filled = _spread(room, known, sigma)
        weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), sigma)
        new = ~known & (weight > 0.02)
        room[new] = filled[new]
        known = known | new
    return room


def _spread(values: F32, weight: F32, sigma: float) -> F32:
    """Mean of `values` (H, W, 3) around each pixel, weighed by `weight` (H, W); on a small copy for a wide blur."""
    w = np.asarray(weight, np.float32)
    step = max(1, int(sigma // 6))
    small = (-(-w.shape[1] // step), -(-w.shape[0] // step))
    both = np.dstack([values * w[..., None], w])
    both = cv2.GaussianBlur(cv2.resize(both, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
    both = cv2.resize(both, (w.shape[1], w.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(both[..., :3] / np.maximum(both[..., 3:], 1e-4), np.float32)


def _premultiplied(picture: U8, mask: U8, room: F32, clip: Clip) -> U8:
    rim_px = clip.rim_px
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), SMOOTH_PX), np.uint8)
    alpha = mask.astype(np.float32) / 255
    a = alpha[..., None]
    image = picture.astype(np.float32)
    side = 2 * rim_px + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    framed = cv2.copyMakeBorder((alpha > 0.97).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    inside = cv2.erode(framed, disk)[1:-1, 1:-1].astype(np.float32)
    colour = _spread(image, inside + 1e-3 * alpha + 1e-6, 4 * rim_px)
    for sigma in (rim_px * 1.5, rim_px * 0.7):  # from afar to near, as far as what is inside reaches
        reach = np.clip(cv2.GaussianBlur(inside, (0, 0), sigma) * 12, 0, 1)[..., None]
        colour = reach * _spread(image, inside + 1e-6, sigma) + (1 - reach) * colour
    fused = colour + a * (image - a * colour - (1 - a) * room)
    depth = cv2.GaussianBlur(inside, (0, 0), rim_px / 3)[..., None]  # 0 in the rim, 1 inside
    colour = np.clip(depth * image + (1 - depth) * (0.25 * fused + 0.75 * colour), 0, 255)
    colour = np.minimum(colour * np.array(clip.light, np.float32), 255)
    return np.dstack([np.rint(colour * a), mask]).astype(np.uint8)
