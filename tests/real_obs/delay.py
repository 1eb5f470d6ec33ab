"""How long a picture takes from its being sent to OBS, by the time written into its pixels (timed_stream.py).

OBS shows at each tick the newest frame that it has been handed. A frame that is first seen at tick T was handed over
between T and the tick before; over frames whose phase drifts against OBS's ticks, that is in the middle on average. So

    delay = median(middle of the ticks - time in the pixels)

is the time from sending to handing over: sending, receiving, decoding, waiting, all the work. (The median, as the
status gives that; its standard error is 1.25 times the mean's.) What the status calls
`latency_ms` begins when the decoder gives the frame: it leaves out what happens before, and says "at least" for it.
"""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from obs_bgremove.engine.camera.sample_source import SampleSource
from tests.fakes import timed_stream
from tests.fakes.timed_stream import Area, TimedStream
from tests.real_obs.driver import SCRIPT, START_S, Obs
from tests.waiting import wait_for

READER = Path(__file__).with_name("reading_script.py")
CANVAS, TICK_MS, IN_TIME_MS = (1280, 720), 1000 / 30, 3.0
SOURCE_FPS = 19.7  # against 30 ticks a second its phase drifts through all


class Delay(NamedTuple):
    """Milliseconds: what pixels say and what the status says (its median of each second, the median of those)."""

    pixels_ms: float
    status_ms: float
    frames: int
    standard_error_ms: float


def measure(
    new_obs: Callable[..., Obs], folder: Path, picture: Callable[[], Any], area: Area, seconds: float, **settings: Any
) -> Delay:
    """A started and stopped OBS that shows the stream for so long."""
    stream = TimedStream(picture, SOURCE_FPS, area)
    obs = new_obs(scripts=[SCRIPT, READER])
    at = " ".join(f"{x},{y}" for x, y in timed_stream.centres(area, *CANVAS))
    try:
        obs.start(READING=str(folder / "reading"), READING_AT=at)
        obs.add(camera=stream.url, mirror=False, **settings)
        item = obs.request("GetSceneItemId", sceneName="Scene", sourceName="Me")["sceneItemId"]
        bounds = {"boundsType": "OBS_BOUNDS_STRETCH", "boundsWidth": CANVAS[0], "boundsHeight": CANVAS[1]}
        obs.request("SetSceneItemTransform", sceneName="Scene", sceneItemId=item, sceneItemTransform=bounds)
        wait_for(lambda: any("all is well" in line for line in obs.our_lines()), START_S, "the picture of the stream")
        time.sleep(5)  # what was waiting at the beginning has been caught up with
        begin = len((folder / "reading").read_text())
        time.sleep(seconds)
        lines = (folder / "reading").read_text()[begin:].splitlines()[1:-1]
        obs.stop()
    finally:
        stream.stop()
    return _delay(lines)


def _delay(lines: list[str]) -> Delay:
    stats = [json.loads(line) for line in lines if line.startswith("{")]
    delays_ms, last = [], None
    for line in lines:
        if line.startswith("{"):
            continue
        tick_ns, before_ns, *levels = map(int, line.split())
        number = timed_stream.read(levels)
        if number is None or number == last:
            continue
        # The first one may have been there for a while; and a tick that came late, or after a late one, is no measure.
        if last is not None and abs((tick_ns - before_ns) / 1e6 - TICK_MS) < IN_TIME_MS:
            delays_ms.append(timed_stream.since(number, (tick_ns + before_ns) // 2) / 1e6)
        last = number
    print(f"status, second by second: {[one['latency_ms'] for one in stats]}")
    return Delay(
        statistics.median(delays_ms),
        statistics.median(one["latency_ms"] for one in stats),
        len(delays_ms),
        1.25 * statistics.stdev(delays_ms) / len(delays_ms) ** 0.5,
    )


# Where the sample portrait's chest is in all its movements: well inside the person, so that it is kept as it is.
CHEST: Area = (0.44, 0.82, 0.58, 0.98)


def portrait() -> Callable[[], Any]:
    """Gives the sample as it is at the moment, (360, 640, 3) uint8 BGR: what does not move is not shown."""
    source = SampleSource((640, 360))
    return lambda: source.at(time.monotonic())
