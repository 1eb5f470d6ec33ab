"""Things in rooms that networks take for people: portraits, stand-ups, screens, rocks, coats, wooden furniture.

All paint into a room of made_rooms.py in place. A portrait is a frame of a person who is not in the picture, frozen; it
is background. Each returns its area (x0, y0, x1, y1), for the report's check of what of it is shown.
"""

import cv2
import numpy as np

from tests.benchmarks.made_people import Person
from tests.benchmarks.made_rooms import F32, HEIGHT, U8, WIDTH, Colour, Rng, box, cast, noise, shadow

Area = tuple[int, int, int, int]
SKIN_WOOD: Colour = (120, 160, 205)  # varnished pine or beech, about as red as skin


def portrait(
    room: F32, rng: Rng, who: Person, number: int, area: Area, zoom: float = 1.0, frame: int = 12, backdrop: bool = True
) -> Area:
    """Who hangs on the wall within `area`: a photograph with a frame, or (frame=0) a print without one."""
    x0, y0, x1, y1 = area
    wide, tall = x1 - x0, y1 - y0
    picture = np.ones((tall, wide, 3), np.float32) * rng.uniform(70, 200, 3).astype(np.float32)
    picture *= (1 + 0.12 * noise(rng, (wide, tall), 2, (tall, wide)))[..., None]
    still = who.frames[who.number(number)].astype(np.float32)
    height, width = still.shape[:2]
    scale = zoom * max(wide / width, tall / height) * (0.92 if backdrop else 1)
    top = 0.06 * tall if zoom > 1 else tall - scale * height  # a detail shows the head, all else ends at the frame
    matrix = np.array([[scale, 0, wide / 2 - scale * width / 2], [0, scale, top]], np.float32)
    put = cv2.warpAffine(_softened(still, scale), matrix, (wide, tall), flags=cv2.INTER_LINEAR)
    picture = picture * (1 - put[..., 3:] / 255) + put[..., :3] * 0.93
    shadow(room, x0 + 4, y0 + 6, x1 + 8, y1 + 12, 0.4, 9)
    if frame:
        tone = tuple(rng.uniform(20, 110) * np.array((0.7, 0.9, 1.0)))
        box(room, x0 - frame, y0 - frame, x1 + frame, y1 + frame, tone, 0.2)
        box(room, x0 - 3, y0 - 3, x1 + 3, y1 + 3, tuple(0.6 * c for c in tone))
    paste(room, picture, x0, y0)
    return area


def stand_up(room: F32, who: Person, number: int, at: tuple[float, float], scale: float, mirror: bool = False) -> Area:
    """A life-size cardboard figure of `who` (no frame), its lowest row's middle at `at`."""
    still = who.frames[who.number(number)].astype(np.float32)
    if mirror:
        still = np.ascontiguousarray(still[:, ::-1])
    height, width = still.shape[:2]
    x, y = at[0] - scale * width / 2, at[1] - scale * height
    matrix = np.array([[scale, 0, x], [0, scale, y]], np.float32)
    put = cv2.warpAffine(_softened(still, scale), matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    room *= 1 - 0.35 * cast(put[..., 3], 16, 8, 10)[..., None] / 255
    room[...] = room * (1 - put[..., 3:] / 255) + put[..., :3] * 0.92
    return (max(0, round(x)), max(0, round(y)), min(WIDTH, round(x + scale * width)), min(HEIGHT, round(at[1])))


def screen(room: F32, picture: F32, area: Area) -> Area:
    """A television on the wall that shows `picture` (any size, BGR)."""
    x0, y0, x1, y1 = area
    box(room, x0 - 10, y0 - 10, x1 + 10, y1 + 12, (18, 18, 20))
    paste(room, cv2.resize(picture, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA), x0, y0)
    return area


def face_picture(who: Person, number: int, rng: Rng) -> F32:
    """What a television shows of a speaker: (360, 640, 3), the person before a blue-grey studio."""
    picture = np.ones((360, 640, 3), np.float32) * np.array((150, 120, 90), np.float32)
    picture *= np.linspace(1.2, 0.7, 360, dtype=np.float32)[:, None, None]
    picture += 6 * noise(rng, (80, 300), 2, (360, 640))[..., None]
    still = who.frames[who.number(number)].astype(np.float32)
    scale = 330 / still.shape[0]
    matrix = np.array([[scale, 0, 320 - scale * still.shape[1] / 2], [0, scale, 30]], np.float32)
    put = cv2.warpAffine(_softened(still, scale), matrix, (640, 360), flags=cv2.INTER_LINEAR)
    return np.asarray(picture * (1 - put[..., 3:] / 255) + put[..., :3], np.float32)


def film_picture(time_s: float, seed: int) -> F32:
    """A film without people, (180, 320, 3): hills that pan by, a sun, a cut every 1.5 s."""
    shot = int(time_s / 1.5)
    rng = np.random.default_rng((seed, shot))
    y, x = np.mgrid[0:180, 0:320].astype(np.float32)
    picture = np.ones((180, 320, 3), np.float32) * rng.uniform(90, 230, 3).astype(np.float32)
    for layer in range(4):
        hill = 60 + 30 * layer + 22 * np.sin((x + 40 * time_s * (layer + 1)) / rng.uniform(25, 70) + rng.uniform(0, 6))
        picture[y > hill] = rng.uniform(20, 200, 3)
    cv2.circle(picture, (int(160 + 60 * np.sin(time_s)), 45), 20, (190, 240, 255), -1, cv2.LINE_AA)
    return picture


def rock(room: F32, rng: Rng, centre: tuple[int, int], size: tuple[int, int]) -> Area:
    """A boulder of about a sitting person's size, lit from above left, with cracks."""
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    waves = sum(rng.normal(0, 0.09 / k) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(1, 9))
    radius = 1 + waves
    outline = np.array(centre) + np.stack([np.cos(angle) * size[0], np.sin(angle) * size[1]], 1) * radius[:, None]
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], 1.0, cv2.LINE_AA)
    dome = cv2.GaussianBlur(mask, (0, 0), min(size) * 0.35)
    relief = 90 * dome + 5 * noise(rng, (110, 110), 4) + 0.5 * noise(rng, (9, 9), 2)
    slope = -(cv2.Sobel(relief, cv2.CV_32F, 1, 0) + 1.4 * cv2.Sobel(relief, cv2.CV_32F, 0, 1)) / 8
    tone = np.clip(0.75 - 0.25 * slope, 0.2, 1.4) * (1 + 0.06 * noise(rng, (6, 6), 2))
    colour = np.array((105, 130, 155), np.float32) * rng.uniform(0.85, 1.1, 3).astype(np.float32)
    room *= 1 - 0.4 * cast(mask, 14, 12, 16)[..., None]
    room[...] = room * (1 - mask[..., None]) + mask[..., None] * tone[..., None] * colour
    return _bounds(mask)


def coat_stand(room: F32, rng: Rng, x: int, top: int, colour: Colour) -> Area:
    """A long coat and a hat on a stand: head, shoulders and no person."""
    box(room, x - 5, top - 10, x + 5, HEIGHT, (45, 65, 95))
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    coat = np.array([(x - 30, top + 60), (x - 95, top + 100), (x - 120, top + 330), (x - 100, top + 460),
                     (x + 105, top + 460), (x + 118, top + 320), (x + 92, top + 98), (x + 32, top + 60)])  # fmt: skip
    cv2.fillPoly(mask, [coat], 1.0, cv2.LINE_AA)
    mask = cv2.GaussianBlur(mask, (0, 0), 5)
    mask = np.clip((mask - 0.4) * 5, 0, 1)
    folds = 1 + 0.2 * noise(rng, (26, 260), 3) + 0.05 * noise(rng, (5, 5), 1)
    room *= 1 - 0.35 * cast(mask, 14, 8, 12)[..., None]
    room[...] = room * (1 - mask[..., None]) + (mask * folds)[..., None] * np.array(colour, np.float32)
    cv2.line(room, (x, top + 70), (x - 4, top + 455), tuple(0.5 * c for c in colour), 3, cv2.LINE_AA)
    cv2.ellipse(room, (x, top + 20), (46, 52), 0, 0, 360, (96, 130, 165), -1, cv2.LINE_AA)  # a hat block of wood
    cv2.ellipse(room, (x, top - 4), (74, 17), 0, 0, 360, (40, 50, 60), -1, cv2.LINE_AA)
    cv2.ellipse(room, (x, top - 20), (46, 42), 0, 180, 360, (44, 55, 66), -1, cv2.LINE_AA)
    return (x - 122, top - 62, x + 122, min(HEIGHT, top + 460))


def wardrobe(room: F32, rng: Rng, x0: int, y0: int, x1: int, colour: Colour = SKIN_WOOD) -> Area:
    """Furniture the colour of skin with rounded doors."""
    shadow(room, x0 - 10, y0, x1 + 20, HEIGHT, 0.35)
    grain = 1 + 0.07 * noise(rng, (18, 300), 4)
    box(room, x0, y0, x1, HEIGHT, colour, 0.25)
    room[y0:, x0:x1] *= grain[y0:, x0:x1, None]
    for side in range(2):
        a = x0 + 16 + side * (x1 - x0) // 2
        corners = ((a, y0 + 24), (a + (x1 - x0) // 2 - 32, HEIGHT + 40))
        cv2.rectangle(room, *corners, tuple(0.72 * c for c in colour), 4)
    return (x0, y0, x1, HEIGHT)


def table(rng: Rng, x0: int, x1: int, y0: int, colour: Colour = SKIN_WOOD, slant: int = 60) -> F32:
    """A table in front, premultiplied BGRA (720, 1280, 4) float32: its far edge at y0, from x0 to x1."""
    layer = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    top = np.array([(x0, y0), (x1, y0), (x1 + slant, HEIGHT + 5), (x0 - slant, HEIGHT + 5)])
    cv2.fillPoly(mask, [top], 1.0, cv2.LINE_AA)
    y = np.arange(HEIGHT, dtype=np.float32)[:, None]
    tone = (1 + 0.06 * noise(rng, (420, 12), 4)) * (1.12 - 0.3 * np.clip((y - y0) / 200, 0, 1))
    layer[..., :3] = (mask * tone)[..., None] * np.array(colour, np.float32)
    layer[..., 3] = mask
    return layer


def sofa(room: F32, rng: Rng, x0: int, x1: int, y0: int, colour: Colour) -> Area:
    """A chair's or sofa's back behind a person: rounded, padded."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.rectangle(mask, (x0, y0), (x1, HEIGHT + 50), 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), 26)
    mask = np.clip((soft - 0.48) * 18, 0, 1)
    tone = np.clip(0.45 + 0.75 * soft, 0, 1.15) * (1 + 0.05 * noise(rng, (7, 7), 2) + 0.06 * noise(rng, (120, 120), 3))
    room *= 1 - 0.3 * cast(mask, 14, 0, 18)[..., None]
    room[...] = room * (1 - mask[..., None]) + (mask * tone)[..., None] * np.array(colour, np.float32)
    return _bounds(mask)


def paste(room: F32, picture: F32, x0: int, y0: int) -> None:
    """Put a picture at (x0, y0), cut off at the room's edges."""
    a, b = max(0, -x0), max(0, -y0)
    part = room[max(0, y0) : y0 + picture.shape[0], max(0, x0) : x0 + picture.shape[1]]
    part[...] = picture[b : b + part.shape[0], a : a + part.shape[1]]


def _softened(still: F32, scale: float) -> F32:
    return still if scale > 0.75 else cv2.GaussianBlur(still, (0, 0), 0.42 / scale)


def _bounds(mask: F32) -> Area:
    rows, columns = np.flatnonzero(mask.max(1) > 0.5), np.flatnonzero(mask.max(0) > 0.5)
    return (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


__all__ = ["U8", "coat_stand", "face_picture", "film_picture", "portrait", "rock", "screen", "sofa", "stand_up",
           "table", "wardrobe"]  # fmt: skip
