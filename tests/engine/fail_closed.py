"""The room is never shown by accident: every frame that leaves a real engine is looked at, while things go wrong.

    python -m tests.engine.fail_closed                 all scenarios; prints frames checked and leaks
    python -m tests.engine.fail_closed --plant-leak    with a mistake planted: must end with exit code 1

The camera shows a person (of a clip with true alpha: the one that the tests make, and the real one where it is there)
before a room of checks in a colour that exists nowhere else (blurred, the checks become another colour). A pixel of it
outside the person is a leak, from the first frame on: at start, while a stage of the pipeline throws, blocks or answers
nonsense, on changes of camera, size, mode, view and model, and after a crash. Frames in which the user chose to see the
camera are left out until 0.25 s after the choice has ended.
"""

import argparse
import contextlib
import dataclasses
import itertools
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from tests.colours import ROOM_BGR
from tests.conftest import REAL_CLIP
from tests.engine.engine_client import EngineClient
from tests.fakes import portrait_clip, videos
from tests.waiting import wait_for

SIZE = (320, 180)
FPS = 60
CHECK_PX = 4
# Nearer than this to the room's colour (largest difference of a channel) is the room, not a mixture at the edge.
NEAR = 48
SETTLE_S = 0.25

MODES = ("color", "blur", "transparent", "file")
FAULTS = {
    "advance": ("exception", "timeout"),
    "frame": ("exception", "timeout", "shape"),
    "deliver": ("exception", "timeout"),
    "network": ("exception", "timeout", "shape", "nan", "abort"),
    "matte": ("exception", "timeout", "shape"),
    "cut": ("exception", "timeout"),
    "composite": ("exception", "timeout"),
    "cutout": ("exception", "timeout"),
    "mask": ("exception", "timeout"),
    "blur": ("exception", "timeout", "shape"),
    "background": ("exception", "timeout", "shape"),
    "allocate": ("exception", "timeout"),
    "publish": ("exception", "timeout"),
}
MODE_OF = {"cutout": "transparent", "blur": "blur", "background": "file"}


@dataclasses.dataclass
class Count:
    """What was looked at and what was found."""

    frames: int = 0
    leaks: int = 0
    worst_px: int = 0

    def add(self, pixels: int) -> None:
        """A frame with so many pixels of the room."""
        self.frames += 1
        self.leaks += pixels > 0
        self.worst_px = max(self.worst_px, pixels)


class Camera:
    """A room of one colour with a person in it, as a lossless video, and where no person ever is."""

    def __init__(self, folder: Path, clip: Path) -> None:
        person = np.zeros((SIZE[1], SIZE[0]), np.uint8)
        rows, columns = np.indices((SIZE[1], SIZE[0])) // CHECK_PX
        room = np.where(((rows + columns) % 2 == 0)[..., None], np.array(ROOM_BGR), 0)
        pictures = []
        for picture, alpha in _people(clip):
            pictures.append((picture * alpha + room * (1 - alpha)).round().astype(np.uint8))
            person |= (alpha[..., 0] > 0.02).astype(np.uint8)
        self.path = videos.write(folder / "room.mkv", pictures, FPS)
        reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (25, 25))
        # Mirrored or not, and at any moment of the loop.
        self.outside = cv2.dilate(person | person[:, ::-1], reach) == 0


def _people(clip: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Picture (H, W, 3) and alpha (H, W, 1) of 0 to 1 of the first frames."""
    for pair in itertools.islice(zip(videos.read(clip), videos.read(videos.alpha_of(clip))), 60):
        picture, alpha = (cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA) for image in pair)
        yield picture, alpha[..., :1] / 255


class Watcher:
    """A thread that takes every frame that leaves an engine and looks for the room."""

    def __init__(self, client: EngineClient, camera: Camera, count: Count) -> None:
        self._client, self._camera, self._count = client, camera, count
        self._exempt_until_ns = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def exempt(self, until_ns: int) -> None:
        """The user has chosen to see the camera until then."""
        self._exempt_until_ns = until_ns

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, *exception: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        last = 0
        while not self._end.is_set():
            found = self._client.frame(last)
            if found is None:
                time.sleep(0.001)
                continue
            info, picture = found
            last = info.sequence
            if time.monotonic_ns() >= self._exempt_until_ns:
                self._count.add(room_pixels(picture, self._camera.outside))


def room_pixels(picture: np.ndarray, outside: np.ndarray) -> int:
    """How many visible pixels where no person ever is have the room's colour. picture (H, W, 3 or 4) uint8."""
    if picture.shape[:2] != outside.shape:
        size = (picture.shape[1], picture.shape[0])
        outside = cv2.resize(outside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    near = np.abs(picture[..., :3].astype(np.int16) - ROOM_BGR).max(axis=2) < NEAR
    if picture.shape[2] == 4:
        near &= picture[..., 3] > 0
    return int((near & outside).sum())


def _scenario(camera: Camera, count: Count, fault: str, seconds: float, mode: str, view: str = "output") -> None:
    """An engine from its start, one fault on the way."""
    with EngineClient(("tests.fakes.faulty_engine", fault)) as client, Watcher(client, camera, count):
        client.say(camera=str(camera.path), background_mode=mode, view=view)
        _wait(client, seconds)


def _wait(client: EngineClient, seconds: float) -> None:
    """Until all is well, and for so long after that; or until the engine has died.

    A fault that comes before the network is loaded may keep it from being well for half a minute: enough is seen then.
    """
    with contextlib.suppress(AssertionError):
        wait_for(lambda: client.process.poll() is not None or client.statuses()[-1:] == [""], 15)
    with contextlib.suppress(subprocess.TimeoutExpired):
        client.process.wait(seconds)


def _changes(camera: Camera, count: Count, rounds: int) -> None:
    """Everything a user can change, one after the other, on one engine."""
    with EngineClient() as client, Watcher(client, camera, count) as watcher:
        base: dict[str, object] = {"camera": str(camera.path)}
        client.say(**base)
        _wait(client, 0.5)
        for _ in range(rounds):
            for change in (
                {"background_mode": "blur"},
                {"background_mode": "color", "resolution": "640x360"},
                {"background_mode": "transparent"},
                {"model": "landscape"},
                {"view": "mask"},
                {"camera": "/gone.mp4"},
                {"background_mode": "blur", "mirror": False},
                {"background": "gone.png"},
                {"privacy": True, "background_mode": "blur"},
                {"privacy": True, "view": "camera"},
                {"showing": False},
                {"showing": False, "release_when_hidden": True},
                {},
            ):
                client.say(**{**base, **change})  # type: ignore[arg-type]
                time.sleep(0.4)
            for shown in ({"view": "camera"}, {"background_mode": "off"}, {"removal": False}):
                watcher.exempt(time.monotonic_ns() + 10**12)
                client.say(**{**base, **shown})  # type: ignore[arg-type]
                time.sleep(0.2)
                client.say(**base)
                watcher.exempt(time.monotonic_ns() + int(SETTLE_S * 1e9))
                time.sleep(0.5)


def _crashes(camera: Camera, count: Count, times: int) -> None:
    """Killed while delivering, and started again."""
    for number in range(times):
        with EngineClient() as client, Watcher(client, camera, count):
            client.say(camera=str(camera.path), background_mode=MODES[number % len(MODES)])
            _wait(client, 0.3)
            client.process.kill()
            time.sleep(0.1)


def run(clip: Path, plant_leak: bool, quick: bool) -> Count:
    """All scenarios, or a few of each kind, with the person of this clip."""
    count = Count()
    with tempfile.TemporaryDirectory() as folder:
        camera = Camera(Path(folder), clip)
        if plant_leak:
            _scenario(camera, count, "cut:leak", 1.5, "color")
            return count
        for mode in MODES[:1] if quick else MODES:
            _scenario(camera, count, "none:", 2.0, mode)
        for stage, kinds in FAULTS.items():
            for kind in kinds[:1] if quick else kinds:
                view = "mask" if stage == "mask" else "output"
                _scenario(camera, count, f"{stage}:{kind}", 1.0 if quick else 2.0, MODE_OF.get(stage, "color"), view)
        _changes(camera, count, 1 if quick else 4)
        _crashes(camera, count, 1 if quick else 6)
    return count


def main() -> int:
    """Prints the figures; exit code 1 when the room was shown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plant-leak", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    well = True
    with tempfile.TemporaryDirectory() as folder:
        for clip in (portrait_clip.make(Path(folder)), *([REAL_CLIP] if REAL_CLIP.exists() else [])):
            started = time.monotonic()
            count = run(clip, arguments.plant_leak, arguments.quick)
            print(
                f"{clip.stem}: frames checked {count.frames}, frames with the room {count.leaks}, worst "
                f"{count.worst_px} px, {time.monotonic() - started:.0f} s"
            )
            well &= bool(count.frames) and not count.leaks
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
