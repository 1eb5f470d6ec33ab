"""Which cameras there are, by a stable id and a name a person knows; and which kind of thing a camera setting names.

Called on the capture thread and by `--list-cameras`. A camera's id outlives re-plugging and reboots where the system
offers such a name (Linux: /dev/v4l/by-id), else it is the device's path, else vendor, product and name.
"""

import dataclasses
import os
import re
from pathlib import Path

import cv2
from cv2_enumerate_cameras import enumerate_cameras

from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import SAMPLE

_BY_ID = Path("/dev/v4l/by-id")
_SYSFS = Path("/sys/class/video4linux")


@dataclasses.dataclass(frozen=True)
class CameraDevice:
    """A camera found: `id` for the settings, `name` for people, `index` and `backend` for OpenCV."""

    id: str
    name: str
    index: int
    backend: int


def list_cameras() -> list[CameraDevice]:
    """The cameras of this machine, in the system's order. Names that occur twice get their id's end in brackets."""
    found = []
    for info in enumerate_cameras():
        if not _delivers_pictures(info.path or ""):
            continue
        fallback = f"{info.vid or 0:04x}:{info.pid or 0:04x}:{info.name}"
        found.append(CameraDevice(_stable_id(info.path or "") or fallback, info.name, info.index, info.backend))
    names = [device.name for device in found]
    unique = {device.id: device for device in found}  # one camera may be listed by several backends: the first wins
    return [
        dataclasses.replace(device, name=f"{device.name} ({os.path.basename(device.id)[-24:]})")
        if names.count(device.name) > 1
        else device
        for device in unique.values()
    ]


def _delivers_pictures(path: str) -> bool:
    """False for Linux's metadata nodes, which stand beside each camera's own node and never give a picture."""
    if not path.startswith("/dev/video"):
        return True
    try:
        return (_SYSFS / Path(path).name / "index").read_text().strip() == "0"
    except OSError:
        return True


def _stable_id(path: str) -> str:
    if path.startswith("/dev/video") and _BY_ID.is_dir():
        for link in sorted(_BY_ID.iterdir()):
            if link.resolve() == Path(path).resolve():
                return str(link)
    return path


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a camera setting names. `kind` is sample, device, file or stream; `target` is what OpenCV opens."""

    kind: str
    target: str
    index: int = -1
    backend: int = cv2.CAP_ANY

    @property
    def label(self) -> str:
        """The target without a URL's user and password, for logs and the panel."""
        return without_credentials(self.target)


def without_credentials(url: str) -> str:
    """The URL (or any text) with `user:password@` and the query taken out, so that no secret reaches a log."""
    return re.sub(r"(?<=://)[^/@\s]*@", "", url).split("?")[0] if "://" in url else url


def find(camera: str) -> Wanted:
    """What to open for a camera setting. Raises UserError when it names nothing that is there."""
    if camera == SAMPLE:
        return Wanted("sample", SAMPLE)
    if "://" in camera:
        return Wanted("stream", camera)
    if not camera or camera.isdecimal() or camera.startswith("/dev/") or not Path(camera).is_file():
        devices = list_cameras()
        if not camera:
            if not devices:
                return Wanted("sample", SAMPLE)
            return Wanted("device", devices[0].name, devices[0].index, devices[0].backend)
        for device in devices:
            same_node = camera.startswith("/dev/") and os.path.realpath(camera) == os.path.realpath(device.id)
            if camera in (device.id, str(device.index)) or same_node:
                return Wanted("device", device.name, device.index, device.backend)
        if camera.startswith("/dev/") and Path(camera).exists():
            return Wanted("file", camera)
        what = "file" if re.search(r"\.\w{2,4}$", camera) else "camera"
        raise UserError(
            f"The {what} {camera} is not there.",
            "Plug it in, or choose another one under Camera: it is picked up by itself.",
        )
    return Wanted("file", camera)
