"""A 1080p video behind the person in real OBS: does it keep its own rate, and the source its 30 frames a second?

    python -m tests.benchmarks.video_rate [--seconds 30]

The video's frames are grey, each 8 levels brighter than the one before, 25 a second; the corner of OBS's output is read
at every tick of OBS (tests/real_obs/reading_script.py), the source's rates are those of its status, second by second.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import numpy

from tests.real_obs.conftest import make_home
from tests.real_obs.display import Display
from tests.real_obs.driver import SCRIPT, START_S, Obs
from tests.waiting import wait_for

READER = Path(__file__).parents[1] / "real_obs/reading_script.py"
FPS, LEVELS = 25, 25  # a turn is a second
SIZE = (1920, 1080)


def _video(path: Path) -> None:
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=FPS, options={"crf": "10", "g": "25"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(LEVELS):
            picture = numpy.full((SIZE[1], SIZE[0], 3), 24 + 8 * number, numpy.uint8)
            picture[300:, :, :] = numpy.random.default_rng(number).integers(0, 60, (SIZE[1] - 300, 1, 3))
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        output.mux(stream.encode())


def run(seconds: float) -> dict[str, Any]:
    """The figures."""
    folder = Path(tempfile.mkdtemp())
    (folder / "backgrounds").mkdir()
    _video(folder / "backgrounds/counting.mp4")
    display = Display(folder)
    obs = Obs(folder, display, make_home(folder), [SCRIPT, READER])
    try:
        obs.start(READING=str(folder / "reading"), READING_AT="8,8")
        obs.add(camera="sample", backgrounds_folder=str(folder / "backgrounds"), mirror=False)
        wait_for(lambda: any("all is well" in line for line in obs.our_lines()), START_S, "the person")
        time.sleep(5)
        begin = len((folder / "reading").read_text())
        time.sleep(seconds)
        lines = (folder / "reading").read_text()[begin:].splitlines()[1:-1]
        obs.stop()
    finally:
        if obs.process is not None:
            obs.kill()
        display.close()
    stats = [json.loads(line) for line in lines if line.startswith("{")]
    seen = [tuple(map(int, line.split())) for line in lines if not line.startswith("{")]
    # Luma is of limited range: 16 + level * 219 / 255.
    frames = [round(((luma - 16) * 255 / 219 - 24) / 8) for _, _, luma in seen]
    turned = numpy.cumsum([0, *((after - before) % LEVELS for before, after in zip(frames, frames[1:]))])
    times = numpy.array([tick for tick, _, _ in seen]) / 1e9
    rate = float(numpy.polyfit(times - times[0], turned, 1)[0])
    return {
        "video_fps": round(rate, 2),
        "video_fps_wanted": FPS,
        "fps_out": round(sum(one["fps"] for one in stats) / len(stats), 2),
        "fps_in": round(sum(one["fps_in"] for one in stats) / len(stats), 2),
        "fps_out_worst_second": min(one["fps"] for one in stats),
        "work_ms": numpy.median([one["work_ms"] for one in stats]).item(),
        "seconds": len(stats),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    print(json.dumps(run(parser.parse_args().seconds), indent=1))


if __name__ == "__main__":
    main()
