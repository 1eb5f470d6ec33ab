"""What a real V4L2 device has to do with our engine, inside the emulated machine that v4l2_device.sh boots.

    python -m tests.benchmarks.v4l2_cases [CASE …]      as root, with the module v4l2loopback at hand

Three devices: a webcam, its twin of the same name, and OBS's own virtual camera. ffmpeg writes to them; one real engine
process reads, driven as OBS drives it. Everything is slow in there (an emulated processor), so waits are long.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from obs_bgremove.shared import installation
from tests.engine.engine_client import EngineClient

START_S = 300.0  # a program's start from a cold disk
SOON_S = 120.0
WIDTH, HEIGHT, RATE = 320, 240, 10
SHOW: dict[str, object] = {"view": "camera", "mirror": False, "background_mode": "color", "resolution": "320x240"}


def load_module() -> None:
    """video0 and video1: webcams of one name; video2: OBS's. Two openers each: the writer and one reader."""
    words = ["video_nr=0,1,2", "exclusive_caps=1,1,1", "max_openers=2"]
    labels = "card_label=TestCam,TestCam,OBS\\ Virtual\\ Camera"
    subprocess.run(["modprobe", "videodev"], check=True)
    subprocess.run(["modprobe", "v4l2loopback", *words, labels.replace("\\", "")], check=True)


def plug_in_again() -> None:
    """New devices, once nobody has the old ones open. v4l2loopback 0.12.7 does not notice the end of a writer that uses
    write(), as ffmpeg does (it takes STREAMON alone for a writer): asked for its capabilities after that, it says that
    it has none, and takes no other writer any more."""
    end = time.monotonic() + SOON_S
    while subprocess.run(["modprobe", "-r", "v4l2loopback"], capture_output=True).returncode:
        if time.monotonic() > end:
            held = [_holders(f"/dev/video{number}") for number in range(3)]
            raise AssertionError(f"the devices are held by {held}")
        time.sleep(0.5)
    load_module()


@contextlib.contextmanager
def feed(device: str, codec: str = "rawvideo", size: tuple[int, int] = (WIDTH, HEIGHT)) -> Iterator[None]:
    """A writer: a picture that is red on its left half, at RATE frames a second."""
    picture = f"color=red:size={size[0] // 2}x{size[1]}:rate={RATE},pad={size[0]}:{size[1]}:0:0:blue"
    folder = Path(tempfile.mkdtemp())
    progress, words = folder / "progress", folder / "words"
    command = ["ffmpeg", "-v", "error", "-nostats", "-progress", str(progress), "-re", "-f", "lavfi", "-i", picture]
    command += ["-c:v", "mjpeg", "-q:v", "3"] if codec == "mjpeg" else ["-pix_fmt", "yuyv422"]
    command += ["-f", "v4l2", device]
    # v4l2loopback fixes the format while a reader of earlier pictures has not noticed yet that they have ended (OpenCV
    # waits for 10 s), and counts every opener, also one that only asks for the name: ffmpeg then gives up.
    end = time.monotonic() + START_S  # ffmpeg needs 60 s to start where this machine is busy as well
    writer = _start(command, words)
    try:
        while not (progress.exists() and _written(progress.read_text()) >= 2):
            if time.monotonic() > end:
                said = f"{words.read_text()[-300:]!r}, ended with {writer.poll()}; held by {_holders(device)}"
                raise AssertionError(f"ffmpeg could not write to {device}: {said}")
            if writer.poll() is not None:
                progress.unlink(missing_ok=True)
                writer = _start(command, words)
            time.sleep(0.3)
        yield
        assert writer.poll() is None, f"ffmpeg has left {device} with {writer.returncode}"
    finally:
        writer.terminate()
        writer.wait()


def _start(command: list[str], words: Path) -> "subprocess.Popen[bytes]":
    """ffmpeg; what it complains of goes to a file."""
    with words.open("ab") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=file)


def _holders(device: str) -> list[str]:
    """The command lines of all processes that have the device open."""
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and any(str(link.readlink()) == device for link in (process / "fd").iterdir()):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:100])
    return found


def _written(progress: str) -> int:
    """How many frames ffmpeg says it has written."""
    counts = [line.partition("=")[2] for line in progress.splitlines() if line.startswith("frame=")]
    return int(counts[-1] or 0) if counts else 0


def devices() -> list[dict[str, Any]]:
    """What `--list-cameras` prints."""
    command = [str(installation.python_path()), "-m", "obs_bgremove.engine", "--list-cameras"]
    run = subprocess.run(command, capture_output=True, check=True, timeout=START_S)
    return list(json.loads(run.stdout))


def _is_fed(picture: Any) -> bool:
    height, width = picture.shape[:2]
    left, right = picture[height // 2, width // 4], picture[height // 2, 3 * width // 4]
    return bool(left[2] > 180 and left[0] < 80 and right[0] > 180 and right[2] < 80)


def _well(engine: EngineClient) -> None:
    """Waits until nothing is complained of. "Starting…": its network is still being compiled for this processor."""
    end = time.monotonic() + SOON_S
    said = "nothing"
    while time.monotonic() < end:
        said = [str(message["text"]) for message in list(engine.messages) if message["type"] == "status"][-1]
        if said in ("", "Starting…"):
            return
        time.sleep(0.1)
    raise AssertionError(f"still says: {said}")


def _shows(engine: EngineClient, camera: str, **more: object) -> Any:
    engine.say(camera=camera, **{**SHOW, **more})
    return engine.until(_is_fed, SOON_S)


def listed(engine: EngineClient) -> str:
    with feed("/dev/video0"), feed("/dev/video1"), feed("/dev/video2"):
        found = devices()
    names = [device["name"] for device in found]
    assert len(found) == 3 and len({device["id"] for device in found}) == 3, found
    assert all(name.startswith("TestCam") for name in names[:2]) and names[0] != names[1], names
    assert names[2] == "OBS Virtual Camera", "OBS's own camera is last"
    return ", ".join(names)


def one_webcam_has_its_plain_name(engine: EngineClient) -> str:
    with feed("/dev/video0"), feed("/dev/video2"):
        found = devices()
    assert [device["name"] for device in found] == ["TestCam", "OBS Virtual Camera"], found
    return str(found[0]["id"])


def by_id_and_by_number(engine: EngineClient) -> str:
    with feed("/dev/video0"):
        identity = str(devices()[0]["id"])
        for camera in (identity, "0", "/dev/video0"):
            picture = _shows(engine, camera)
            engine.say(camera="sample", **SHOW)
            engine.until(lambda picture: not _is_fed(picture), SOON_S)
    return f"{identity}, 0, /dev/video0: {picture.shape[1]}x{picture.shape[0]}"


def the_default_is_not_obs(engine: EngineClient) -> str:
    with feed("/dev/video2"):
        engine.say(camera="", **SHOW)
        _well(engine)
        engine.until(lambda picture: not _is_fed(picture), SOON_S)
        # Another camera in between, seen to be taken: the same setting again opens nothing.
        engine.say(camera="sample", privacy=True, **SHOW)
        engine.until(lambda picture: picture.std(axis=(0, 1)).max() < 1, SOON_S)
        with feed("/dev/video0"):
            picture = _shows(engine, "")
    return f"sample without a webcam, {picture.shape[1]}x{picture.shape[0]} with one"


def motion_jpeg(engine: EngineClient) -> str:
    with feed("/dev/video0", "mjpeg"):
        picture = _shows(engine, "0")
    return f"{picture.shape[1]}x{picture.shape[0]}"


def sizes_and_rates_that_are_not_offered(engine: EngineClient) -> str:
    said = []
    with feed("/dev/video0"):
        for resolution, fps in (("1920x1080", 60), ("640x360", 5), ("auto", 30)):
            picture = _shows(engine, "0", resolution=resolution, fps=fps)
            said.append(f"{resolution}@{fps}: {picture.shape[1]}x{picture.shape[0]}")
    return ", ".join(said)


def busy(engine: EngineClient) -> str:
    with feed("/dev/video0"):
        reader = subprocess.Popen(
            ["v4l2-ctl", "-d", "/dev/video0", "--stream-mmap", "--stream-to=/dev/null"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(3)
        engine.say(camera="0", **SHOW)
        text = engine.status("another program", SOON_S)
        reader.terminate()
        reader.wait()
        engine.until(_is_fed, SOON_S)
        _well(engine)
    return text


def writer_gone_and_back(engine: EngineClient) -> str:
    with feed("/dev/video0"):
        _shows(engine, "0")
    text = engine.status("camera", SOON_S)
    engine.until(lambda picture: not _is_fed(picture), SOON_S)
    plug_in_again()
    started = time.monotonic()
    with feed("/dev/video0"):
        engine.until(_is_fed, SOON_S)
        back_s = time.monotonic() - started
        _well(engine)
    return f"{text} Back {back_s:.0f} s after the writer's start."


CASES: tuple[Callable[[EngineClient], str], ...] = (
    listed,
    one_webcam_has_its_plain_name,
    by_id_and_by_number,
    the_default_is_not_obs,
    motion_jpeg,
    sizes_and_rates_that_are_not_offered,
    busy,
    writer_gone_and_back,
)


def main() -> int:
    """Runs every case, or those that are named; the last line counts them."""
    known = {case.__name__: case for case in CASES}
    names = sys.argv[1:] or list(known)
    if unknown := sorted(set(names) - set(known)):
        print(f"no such case: {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    load_module()
    # Compiled for this emulated processor now: beside a running engine it would take all of its time.
    command = [str(installation.python_path()), "-m", "obs_bgremove.engine", "--warm-up"]
    subprocess.run(command, check=True, timeout=2 * START_S)
    passed = 0
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(_running_engine())
        for case in map(known.__getitem__, names):
            name = case.__name__.replace("_", " ")
            if engine.process.poll() is not None:  # as OBS's side does
                print(f"note  the engine had ended with code {engine.process.returncode}: another one", flush=True)
                engine = stack.enter_context(_running_engine())
            try:
                engine.say(camera="sample", **SHOW)
                plug_in_again()
                print(f"ok    {name}: {case(engine)}", flush=True)
                passed += 1
            except (AssertionError, subprocess.SubprocessError, OSError):
                print(f"FAIL  {name}: {traceback.format_exc(limit=-4)}", flush=True)
                print(engine.stderr.decode(errors="replace")[-2000:], flush=True)
    print(f"{passed} passed, {len(names) - passed} failed", flush=True)
    return int(passed < len(names))


def _running_engine() -> EngineClient:
    """An engine whose network is loaded. Loading it from a cold disk takes an emulated processor so long that the
    engine's own watch may end it: then another is started, as OBS's side does."""
    for attempt in range(5):
        engine = EngineClient()
        engine.say(camera="sample", **SHOW)
        end = time.monotonic() + START_S
        while engine.process.poll() is None and time.monotonic() < end:
            said = [str(message["text"]) for message in list(engine.messages) if message["type"] == "status"]
            if said and said[-1] == "":
                return engine
            time.sleep(0.2)
        print(f"note  start {attempt + 1} of an engine: ended with code {engine.process.poll()}", flush=True)
        with contextlib.suppress(subprocess.SubprocessError):
            engine.__exit__()
    raise SystemExit("no engine could be started")


if __name__ == "__main__":
    sys.exit(main())
