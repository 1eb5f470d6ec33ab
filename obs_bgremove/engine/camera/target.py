"""Which camera the settings ask for, and what OpenCV has to open for it.

`find` is called on the capture thread, each time the camera is opened: it asks the system for its devices.
"""

import dataclasses
import os
import re

from obs_bgremove.engine.camera import devices
from obs_bgremove.engine.camera.decoder import fitted
from obs_bgremove.engine.camera.devices import CameraDevice, Opening
from obs_bgremove.shared import redaction
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr
from obs_bgremove.shared.options import SAMPLE

# What "automatic" stands for.
DEFAULT_SIZE = (1280, 720)
DEFAULT_FPS = 30.0
# What is asked of a camera for parts to be sharp: 1080p in place of 720p. Not more: decoding 4K takes a core.
FINER, FINEST_HEIGHT = 1.5, 1080
# How Windows's own names of devices begin. Such a name is never looked up as a file: that would open the device.
_DEVICE_ID_PREFIXES = ("\\\\?\\", "@device")
_LIKE_A_FILE = re.compile(r"\.\w{2,4}$")


@dataclasses.dataclass(frozen=True)
class CameraSetting:
    """The settings that need the camera to be opened anew when they change.

    `camera` as stored; `size` (width, height) in px or None for automatic; `fps` or 0 for the camera's own. `finer`:
    frames may have more pixels than are shown, because parts of them will be shown enlarged.
    """

    camera: str
    size: tuple[int, int] | None = None
    fps: int = 0
    finer: bool = False

    def asked(self, kind: str) -> tuple[int, int] | None:
        """The size to ask of a source of this kind."""
        if not self.finer or kind == "sample":  # the portrait has no more to show
            return self.size
        if kind != "device":
            return None  # as it is
        width, height = self.size or DEFAULT_SIZE
        scale = min(FINER, max(1.0, FINEST_HEIGHT / height))
        return round(width * scale), round(height * scale)

    def shown(self, kind: str, width: int, height: int) -> tuple[int, int]:
        """(width, height) at which a frame of this size is shown: as it would have come without `finer`."""
        if not self.finer or kind == "sample":
            return width, height
        if kind != "device":
            return fitted(width, height, self.size)
        wide, high = self.size or DEFAULT_SIZE
        return fitted(width, height, (wide, high)) if width > wide or height > high else (width, height)


@dataclasses.dataclass(frozen=True)
class CameraTarget:
    """What OpenCV opens. `kind` is sample, device, file or stream; `target` is a device's name, a path or a URL.

    `openings` belong to a device: (index, backend) pairs that lead to it, in the order to be tried.
    """

    kind: str
    target: str
    openings: tuple[Opening, ...] = ()

    @property
    def label(self) -> str:
        """The target without a URL's user and password, for logs and the panel."""
        return without_credentials(self.target)


def without_credentials(url: str) -> str:
    """A camera setting as it may be shown and logged: see redaction.py."""
    return redaction.redact_setting(url)


def find(camera: str) -> CameraTarget:
    """What to open for a camera setting; empty is the first camera. Raises UserError when what it names is missing."""
    if camera == SAMPLE:
        return CameraTarget("sample", SAMPLE)
    if "://" in camera:
        return CameraTarget("stream", camera)
    if not _names_a_device(camera) and os.path.isfile(camera):
        return CameraTarget("file", camera)
    cameras = devices.list_cameras()
    if camera:
        device = _matching(cameras, camera)
    else:
        device = next((one for one in cameras if not one.virtual), None)
        if device is None:
            return CameraTarget("sample", SAMPLE)
    if device is not None:
        return CameraTarget("device", device.name, device.openings)
    if camera.startswith("/dev/") and os.path.exists(camera):
        return CameraTarget("file", camera)
    if _LIKE_A_FILE.search(camera) and not _names_a_device(camera):
        missing = tr("The file {file} is not there.", file=camera)
    else:
        missing = tr("The camera {camera} is not there.", camera=camera)
    raise UserError(missing, tr("Plug it in, or choose another one under Camera: it is picked up by itself."))


def _names_a_device(camera: str) -> bool:
    return not camera or camera.isdecimal() or camera.startswith(("/dev/", *_DEVICE_ID_PREFIXES))


def _matching(cameras: list[CameraDevice], camera: str) -> CameraDevice | None:
    """The device with this id, path or number."""
    if camera.isdecimal():
        return devices.by_number(cameras, int(camera))
    key = devices.key_of_path(camera)
    for device in cameras:
        same_node = camera.startswith("/dev/") and os.path.realpath(camera) == os.path.realpath(device.id)
        if device.id in (camera, key) or same_node:
            return device
    return None
