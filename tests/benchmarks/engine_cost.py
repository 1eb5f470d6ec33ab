"""What a running engine costs, against the tutorial's loop on the same file at the same rate, side by side.

    python -m tests.benchmarks.engine_cost VIDEO [--seconds 60]             CPU time: showing, hidden, camera freed
    python -m tests.benchmarks.engine_cost VIDEO --memory --seconds 600     memory over time, frames a second

CPU time is user + system of the whole process, all threads, from /proc. Both processes decode the file themselves, in
real time, and run at the same moment and niceness, so that they see the same machine; the ratio is of CPU time a frame
that came out. The engine's frames are read from the ring and thrown away, as OBS would take them.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from tests.engine.engine_client import EngineClient

TICKS = os.sysconf("SC_CLK_TCK")
WARM_UP_S = 5.0


def cpu_s(pid: int) -> float:
    """User and system seconds a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    """Private memory plus what the process has touched of the shared ring, in MB (proportional set size)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def tutorial(video: str) -> None:
    """The tutorial's loop as a process of its own, at the file's rate, until it is ended."""
    import cv2

    from obs_bgremove.engine.__main__ import NICENESS
    from obs_bgremove.shared import installation
    from obs_bgremove.shared.options import Options
    from obs_bgremove.tools.bench import Tutorial

    installation.prepare_process()
    os.nice(NICENESS)
    loop = Tutorial(Options())
    capture = cv2.VideoCapture(video)
    rate, started, count = capture.get(cv2.CAP_PROP_FPS), time.monotonic(), 0
    while True:
        ok, frame = capture.read()
        if not ok:
            capture = cv2.VideoCapture(video)
            continue
        loop.run(frame)
        count += 1
        print(count, flush=True)
        time.sleep(max(0.0, started + count / rate - time.monotonic()))


class Counted:
    """The last number that a process printed."""

    def __init__(self, lines: "IO[str] | None") -> None:
        assert lines is not None
        self._lines, self.last = lines, 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(ValueError):  # it is closed at the end
            for line in self._lines:
                self.last = int(line)


def compare(video: str, seconds: float) -> dict[str, float]:
    """CPU seconds a second: ours showing, hidden, released, and the tutorial's loop beside each; frames a second."""
    results: dict[str, float] = {}
    loop = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.engine_cost", video, "--tutorial"], stdout=subprocess.PIPE, text=True
    )
    with loop, EngineClient() as client:
        counted = Counted(loop.stdout)
        try:
            client.say(camera=video)
            client.until(lambda picture: True)
            client.status("", 60)
            while not counted.last:
                time.sleep(0.1)
            for name, state in (
                ("showing", {"showing": True}),
                ("hidden", {"showing": False}),
                ("released", {"showing": False, "release_when_hidden": True}),
            ):
                client.say(camera=video, **state)  # type: ignore[arg-type]
                time.sleep(WARM_UP_S)
                before, tutorial_before, first = cpu_s(client.process.pid), cpu_s(loop.pid), _sequence(client)
                started, frames = time.monotonic(), counted.last
                _let_run(client, seconds)
                passed = time.monotonic() - started
                results[name] = (cpu_s(client.process.pid) - before) / passed
                results[f"tutorial_beside_{name}"] = (cpu_s(loop.pid) - tutorial_before) / passed
                results[f"fps_{name}"] = (_sequence(client) - first) / passed
                results[f"tutorial_fps_beside_{name}"] = (counted.last - frames) / passed
        finally:
            loop.kill()
        back_ms = [_hide_and_show(client, video, 1 + 0.013 * number) for number in range(20)]
    results["back_after_hidden_p50_ms"], results["back_after_hidden_worst_ms"] = sorted(back_ms)[10], max(back_ms)
    ours = results["showing"] / results["fps_showing"]
    results["ratio_to_tutorial"] = ours / (results["tutorial_beside_showing"] / results["tutorial_fps_beside_showing"])
    results["ratio_hidden_to_showing"] = results["hidden"] / results["showing"]
    return {name: round(value, 3) for name, value in results.items()}


def _hide_and_show(client: EngineClient, video: str, hidden_s: float) -> float:
    """Milliseconds until the first new frame, with nothing else running."""
    client.say(camera=video)
    time.sleep(0.7)
    client.say(camera=video, showing=False)
    time.sleep(hidden_s)
    number, started = _sequence(client), time.monotonic()
    client.say(camera=video)
    while _sequence(client) == number:
        time.sleep(0.001)
    return (time.monotonic() - started) * 1e3


def memory(video: str, seconds: float) -> dict[str, float]:
    """Memory after the first minute (or a tenth of the time), the most and the last after it; frames a second."""
    with EngineClient() as client:
        client.say(camera=video)
        client.until(lambda picture: True)
        client.status("", 60)
        settled_s = min(60.0, seconds / 10)
        _let_run(client, settled_s)
        first, number, started = memory_mb(client.process.pid), _sequence(client), time.monotonic()
        seen = [first]
        while time.monotonic() - started < seconds - settled_s:
            _let_run(client, 5.0)
            seen.append(memory_mb(client.process.pid))
        fps = (_sequence(client) - number) / (time.monotonic() - started)
    figures = {"after_first_minute_mb": first, "most_mb": max(seen), "last_mb": seen[-1], "fps": fps}
    return {name: round(value, 2) for name, value in figures.items()}


def _sequence(client: EngineClient) -> int:
    found = client.ring.acquire()
    client.ring.release()
    return found.sequence if found else 0


def _let_run(client: EngineClient, seconds: float) -> None:
    """Takes frames as OBS does, without copying them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _sequence(client)
        time.sleep(0.03)


def main() -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--tutorial", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.tutorial:
        tutorial(arguments.video)
    else:
        measure = memory if arguments.memory else compare
        print(json.dumps(measure(arguments.video, arguments.seconds)))


if __name__ == "__main__":
    main()
