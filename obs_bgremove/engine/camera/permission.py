"""Whether the system lets us use a camera, and what to say when it does not. Called on the capture thread.

macOS asks the person once for each program; a process counts as part of the program that started it, which is OBS.
Windows has one switch for all desktop programs and cannot be asked.
"""

import sys

from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import NOTHING, Text, tr

# AVAuthorizationStatus. 0 is "not asked yet": then opening the camera asks.
_RESTRICTED, _DENIED = 1, 2


def refusal() -> UserError | None:
    """What to say when the system is known to refuse the camera, else None. Cheap, and opens nothing."""
    if sys.platform != "darwin":
        return None
    try:
        import AVFoundation  # pyobjc, which cv2-enumerate-cameras needs there

        status = AVFoundation.AVCaptureDevice.authorizationStatusForMediaType_(AVFoundation.AVMediaTypeVideo)
    except (ImportError, AttributeError):
        return None
    if status not in (_RESTRICTED, _DENIED):
        return None
    return UserError(
        tr("macOS does not let OBS use the camera."),
        tr("Allow the camera for OBS: System Settings, Privacy & Security, Camera. Then restart OBS."),
    )


def hint() -> Text:
    """Another possible reason why a camera does not open: a sentence to add, or nothing."""
    if sys.platform == "win32":
        return tr("Also look at Settings, Privacy, Camera: let desktop apps access your camera.")
    if sys.platform == "darwin":
        return tr("Also look at System Settings, Privacy & Security, Camera: OBS must be allowed.")
    return NOTHING
