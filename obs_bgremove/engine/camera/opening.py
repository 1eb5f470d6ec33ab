"""Opening a camera, stream or file with OpenCV: the only place in the engine that makes a cv2.VideoCapture.

Called on the capture thread. Each of OpenCV's camera backends has habits of its own; what is done about them stands
here, with the source that shows it.
"""

import time

import cv2

from obs_bgremove.engine.camera import permission
from obs_bgremove.engine.camera.target import DEFAULT_SIZE, CameraTarget
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import sentences, tr

# Pictures of up to so many pixels are decoded by one thread (1080p: 11 ms a frame). One for each core took 5 to 9 %
# more processor time, measured in turns; and each holds back a frame (FFmpeg's documentation of frame threads).
ONE_THREAD_PIXELS = 1920 * 1088
# How long a camera that could be opened in another way may take to its first frame.
FIRST_FRAME_S = 5.0
GRAB_AGAIN_S = 0.02  # a grab may also fail at once
# Uncompressed USB cameras reach 720p at 5 to 10 fps only; Motion JPEG is what they all offer for more.
_MOTION_JPEG = cv2.VideoWriter.fourcc(*"MJPG")

Properties = list[tuple[int, float]]


def open_capture(target: str | int, backend: int, parameters: list[int], failure: UserError) -> cv2.VideoCapture:
    """An open capture. Raises `failure` when there is none."""
    try:
        capture = cv2.VideoCapture(target, backend, parameters)
    except cv2.error as error:
        raise failure from error
    if not capture.isOpened():
        capture.release()
        raise failure
    return capture


def open_with_one_thread(target: str, parameters: list[int], failure: UserError) -> cv2.VideoCapture | None:
    """By FFmpeg, decoding on one thread; None when the pictures are too large for that. Raises `failure`."""
    capture = open_capture(target, cv2.CAP_FFMPEG, [*parameters, cv2.CAP_PROP_N_THREADS, 1], failure)
    if capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT) <= ONE_THREAD_PIXELS:
        return capture
    capture.release()
    return None


def open_camera(target: CameraTarget, size: tuple[int, int] | None, fps: int) -> tuple[cv2.VideoCapture, int]:
    """The camera, set to this size (width, height) and rate, and the backend it was opened with.

    `target.openings` are tried in turn, each but the last one only counting when it gives a frame. Raises UserError.
    """
    refusal = permission.refusal()
    if refusal is not None:
        raise refusal
    failure = UserError(
        tr(
            "The camera {camera} cannot be opened: another program, or another source, may be using it.",
            camera=target.label,
        ),
        sentences(
            tr("Close the other program, or hide or remove the other source; it is tried again by itself."),
            permission.hint(),
        ),
    )
    for number, (index, backend) in enumerate(target.openings, 1):
        try:
            capture = open_capture(index, backend, [], failure)
        except UserError:
            continue
        _set_up(capture, backend, size or DEFAULT_SIZE, fps)
        if number == len(target.openings) or _gives_a_frame(capture):
            return capture, backend
        capture.release()
    raise failure


def _gives_a_frame(capture: cv2.VideoCapture) -> bool:
    until_s = now_s() + FIRST_FRAME_S
    while now_s() < until_s:
        if capture.grab():
            return True
        time.sleep(GRAB_AGAIN_S)
    return False


def _set_up(capture: cv2.VideoCapture, backend: int, size: tuple[int, int], fps: int) -> None:
    """Asks for size and rate in the order that the backend needs; a camera takes what comes nearest."""
    picture: Properties = [(cv2.CAP_PROP_FRAME_WIDTH, size[0]), (cv2.CAP_PROP_FRAME_HEIGHT, size[1])]
    rate: Properties = [(cv2.CAP_PROP_FPS, fps)] if fps else []
    compressed: Properties = [(cv2.CAP_PROP_FOURCC, _MOTION_JPEG)]
    wishes = [*compressed, *picture, *rate]
    if backend == cv2.CAP_DSHOW:
        # FPS, and WIDTH with HEIGHT, each start the camera anew without the FOURCC that was set before (cap_dshow.cpp,
        # opencv#5847): it would stay uncompressed.
        wishes = [*rate, *picture, *compressed]
    for key, value in wishes:
        # Media Foundation takes up to 3.7 s for each property set (opencv#17687), even to what it was.
        if backend != cv2.CAP_MSMF or capture.get(key) != value:
            capture.set(key, value)
    if backend == cv2.CAP_V4L2:
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
