"""Which cameras there are: one entry for each, by a stable id and a name that a person knows.

Called on the capture thread and by `--list-cameras`. Each backend of OpenCV is asked by name. Asked for all of them at
once, cv2_enumerate_cameras lists every camera once for each backend, numbered index + backend.

A camera's id outlives re-plugging and reboots where the system offers such a name (Linux: /dev/v4l/by-id), else it is
the device's path, else vendor, product and name. On macOS it is AVFoundation's uniqueID.
"""

import collections
import dataclasses
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
from cv2_enumerate_cameras import enumerate_cameras

from obs_bgremove.engine.camera import v4l2_modes

_BY_ID = Path("/dev/v4l/by-id")
_SYSFS = Path("/sys/class/video4linux")
# OBS's own virtual camera: on Windows, as macOS's extension, as v4l2loopback's label; and those of its predecessors.
_OBS_VIRTUAL_CAMERA = re.compile(r"obs[ -](virtual )?cam", re.IGNORECASE)
# OpenCV's backends are multiples of this; "index + backend" is how it and old settings write both in one number.
_BACKEND_STEP = 100

# OpenCV's index of a camera within one of its backends, and that backend.
Opening = tuple[int, int]


@dataclasses.dataclass(frozen=True)
class CameraDevice:
    """A camera found: `id` for the settings, `name` for people, `openings` for OpenCV, the preferred one first.

    `virtual`: it shows what OBS itself sends, so it is never chosen unasked.
    """

    id: str
    name: str
    openings: tuple[Opening, ...]
    virtual: bool = False

    def to_dict(self) -> dict[str, object]:
        """For OBS's side. `modes`: what it offers, lists of format, width, height, rate; empty: not known."""
        on_linux = sys.platform.startswith("linux")
        modes = v4l2_modes.list_modes(f"/dev/video{self.openings[0][0]}") if on_linux else []
        return {"id": self.id, "name": self.name, "virtual": self.virtual, "modes": modes}


def backends() -> tuple[int, ...]:
    """OpenCV's backends for this system's cameras, in the order to be tried.

    Windows: Media Foundation first, whose `grab` waits for a frame and which needs no care about the order of
    settings; DirectShow for what that one cannot open, and for virtual cameras, which it alone knows.
    """
    if sys.platform == "win32":
        return (cv2.CAP_MSMF, cv2.CAP_DSHOW)
    return (cv2.CAP_AVFOUNDATION,) if sys.platform == "darwin" else (cv2.CAP_V4L2,)


def list_cameras() -> list[CameraDevice]:
    """The cameras of this machine, in the system's order, OBS's own virtual camera last. No two have the same name."""
    found: dict[str, CameraDevice] = {}
    models: dict[str, str] = {}
    for backend in backends():
        counts: collections.Counter[str] = collections.Counter()
        for info in sorted(enumerate_cameras(backend), key=lambda info: int(info.index)):
            path = info.path or ""
            if not _delivers_pictures(path):
                continue
            name = _plain_name(info.name or os.path.basename(path) or "Camera")
            model = f"{info.vid or 0:04x}:{info.pid or 0:04x}"
            key = key_of_path(path) or f"{model}:{name}"
            counts[key] += 1
            if counts[key] > 1:  # twins that the system does not tell apart
                key = f"{key} {counts[key]}"
            if key in found:
                openings = (*found[key].openings, (int(info.index), backend))
                found[key] = dataclasses.replace(found[key], openings=openings)
            else:
                virtual = _OBS_VIRTUAL_CAMERA.match(name) is not None
                found[key] = CameraDevice(key, name, ((int(info.index), backend),), virtual)
                models[key] = model
    return sorted(_told_apart(list(found.values()), models), key=lambda device: device.virtual)


def by_number(cameras: Iterable[CameraDevice], number: int) -> CameraDevice | None:
    """The camera of an index (2: the preferred backend's third) or of an index + backend (202, 1402)."""
    backend, index = number // _BACKEND_STEP * _BACKEND_STEP, number % _BACKEND_STEP
    cameras = list(cameras)
    for wanted in (backend, *backends()):
        for device in cameras:
            if (index, wanted) in device.openings:
                return device
    return None


def key_of_path(path: str) -> str:
    """The stable id of a device path.

    Windows writes `\\\\?\\usb#vid_046d&pid_0825&mi_00#7&1a2b3c&0&0000#{interface}\\global`. The end differs between
    MSMF and DSHOW and so does the case: what stands before the last # is the device.
    """
    if path.startswith("\\\\?\\"):
        return path.rpartition("#")[0].lower() or path.lower()
    if path.startswith("/dev/video") and _BY_ID.is_dir():
        for link in sorted(_BY_ID.iterdir()):
            if link.resolve() == Path(path).resolve():
                return str(link)
    return path


def _told_apart(devices: list[CameraDevice], models: dict[str, str]) -> list[CameraDevice]:
    """Cameras of one name get their vendor and product in brackets, or a number if those are the same as well."""
    named = collections.defaultdict(list)
    for device in devices:
        named[device.name].append(models[device.id])
    counts: collections.Counter[str] = collections.Counter()
    result = []
    for device in devices:
        twins = named[device.name]
        counts[device.name] += 1
        if len(twins) > 1:
            differ = len(set(twins)) == len(twins)
            suffix = models[device.id] if differ else str(counts[device.name])
            device = dataclasses.replace(device, name=f"{device.name} ({suffix})")
        result.append(device)
    return result


def _plain_name(name: str) -> str:
    """Linux's driver writes "Integrated Camera: Integrated C": once is enough."""
    head, _, tail = name.partition(": ")
    return head if tail and head.startswith(tail) else name


def _delivers_pictures(path: str) -> bool:
    """False for Linux's metadata nodes, which stand beside each camera's own node and never give a picture."""
    if not path.startswith("/dev/video"):
        return True
    try:
        return (_SYSFS / Path(path).name / "index").read_text().strip() == "0"
    except OSError:
        return True
