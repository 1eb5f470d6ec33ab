"""Everything that can break, broken on purpose while real OBS records, as a table.

    python -m tests.benchmarks.fault_table [--kills 50] [--times 5] [--only TEXT]

The camera is the one of tests/engine/fail_closed.py: a person before a room of a colour that exists nowhere else. OBS
records its program; afterwards every recorded frame is searched for the room. "Recovery" is from the fault to the
engine's "all is well" in OBS's log: the person live again, for good. "Lost" are OBS's own render-skipped frames, beside
those of an equally long stretch without faults.
"""

import argparse
import contextlib
import dataclasses
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from obs_bgremove.shared import installation
from tests.engine.fail_closed import SIZE, Camera, Count, room_pixels
from tests.fakes import portrait_clip, videos
from tests.real_obs.conftest import make_home
from tests.real_obs.driver import START_S, Display, Obs, engine_pids
from tests.waiting import wait_for

LIVE = "all is well"
# An engine that has been well for 5 s is started again at once; sooner the back-off steps in.
STEADY_S = 5.5
LASTING_S = 1.0  # an engine that has a fault from its start may be well for a moment before that

# The engine's Python of this home: does as told by a file, else is the real one.
WRAPPER = """#!/bin/sh
fault=$(cat '{folder}/fault' 2>/dev/null)
rm -f '{folder}/fault'
case "$fault" in
  exit) exit 3 ;;
  garbage) printf 'no message\\n' ; exec sleep 5 ;;
  half) printf '{{"type":"frame","sequ' ; exit 0 ;;
  version) printf '{{"type":"hello","version":"0.0.1","pid":1}}\\n' ; exec sleep 5 ;;
  mute) exec sleep 60 ;;
  memory) ulimit -v 700000 ;;
  *:*) shift 4 ; exec '{python}' -m tests.fakes.faulty_engine "$fault" "$@" ;;
esac
exec '{python}' "$@"
"""


@dataclasses.dataclass
class Row:
    """One kind of fault."""

    times: int = 0
    survived: int = 0
    worst_ms: float = 0.0
    frames: int = 0
    room: int = 0
    lost: int = 0
    lost_without: int | None = None


class FaultTable:
    """One OBS with one source, and what is done to it."""

    def __init__(self, folder: Path, display: Display, seed: int, only: str = "") -> None:
        self.folder, self.only, self.rows = folder, only, dict[str, Row]()
        self.camera = Camera(folder, portrait_clip.make(folder))
        self.random = random.Random(seed)
        self.obs = Obs(folder / "obs", display, self._home())
        profile = self.obs.config / "basic/profiles/Test/basic.ini"
        text = profile.read_text()
        for name, value in (("CX", SIZE[0]), ("CY", SIZE[1])):
            for kind, standard in (("Base", {"CX": 1280, "CY": 720}), ("Output", {"CX": 1280, "CY": 720})):
                text = text.replace(f"{kind}{name}={standard[name]}", f"{kind}{name}={value}")
        profile.write_text(text)

    def _home(self) -> Path:
        home = make_home(self.folder)
        (home / "venv").unlink()
        (home / "venv/bin").mkdir(parents=True)
        wrapper = home / "venv/bin/python"
        wrapper.write_text(WRAPPER.format(folder=self.folder, python=installation.python_path()))
        wrapper.chmod(0o755)
        return home

    def start(self) -> None:
        """OBS with the source, the person live."""
        self.obs.start()
        self.obs.add(camera=str(self.camera.path), background_mode="color")
        self._live(0)

    def _live(self, since: int) -> float:
        """When the person was live again, for good; by time.monotonic."""
        while True:
            wait_for(
                lambda since=since: any(LIVE in line for line in self.obs.our_lines()[since:]), START_S, LIVE, 0.01
            )
            moment = time.monotonic()
            since = len(self.obs.our_lines())
            time.sleep(LASTING_S)
            if not any("Next start" in line for line in self.obs.our_lines()[since:]):
                return moment

    @contextlib.contextmanager
    def recording(self, name: str) -> Iterator[Row]:
        """Records meanwhile; afterwards looks for the room in every frame, and counts what OBS lost."""
        row = self.rows.setdefault(name, Row())
        before = self.obs.request("GetStats")["renderSkippedFrames"]
        self.obs.request("StartRecord")
        time.sleep(1)
        try:
            yield row
        finally:
            row.lost += self.obs.request("GetStats")["renderSkippedFrames"] - before
            path = wait_for(lambda: self.obs.request("StopRecord").get("outputPath"), 20, "the recording")
            wait_for(lambda: not self.obs.request("GetRecordStatus")["outputActive"], 20, "the recording's end")
            count = look_at(Path(path), self.camera)
            row.frames += count.frames
            row.room += count.leaks
            Path(path).unlink()

    def run(self, name: str, times: int, fault: Callable[[], None], wait_s: float = STEADY_S) -> None:
        """A fault several times, each after the engine has been well for a while; unless it is not asked for."""
        if self.only not in name:
            return
        with self.recording(name) as row:
            for _ in range(times):
                time.sleep(wait_s + self.random.uniform(0, 1))
                row.times += 1
                since, started = len(self.obs.our_lines()), time.monotonic()
                try:
                    fault()
                    live = self._live(since)
                except AssertionError as error:
                    print(f"NOT SURVIVED: {name}: {error}", flush=True)
                    continue
                row.survived += 1
                row.worst_ms = max(row.worst_ms, (live - started) * 1e3)
        print(f"{name}: {row}", flush=True)

    def without_faults(self, seconds: float) -> int:
        """Frames OBS loses in a stretch of this length, recording, with nothing broken."""
        with self.recording("nothing"):
            time.sleep(seconds)
        return self.rows.pop("nothing").lost

    # Faults.

    def kill(self, number: int = signal.SIGKILL) -> None:
        """A signal to the engine."""
        for pid in self.obs.engines() or self._children():
            os.kill(pid, number)

    def _children(self) -> list[int]:
        assert self.obs.process is not None
        found = subprocess.run(["pgrep", "-P", str(self.obs.process.pid)], capture_output=True, text=True).stdout
        return [int(pid) for pid in found.split()]

    def next_start(self, what: str) -> None:
        """The next engine has this fault from its start; then a good one follows."""
        (self.folder / "fault").write_text(what)
        self.kill()

    def camera_gone(self) -> None:
        """The camera is unplugged for two seconds."""
        away = self.camera.path.with_suffix(".away")
        self.camera.path.rename(away)
        self.obs.set(fps=30 if self.obs.settings().get("fps") == 0 else 0)  # opens it anew, so that the loss is seen
        time.sleep(2)
        away.rename(self.camera.path)

    def obs_killed(self) -> None:
        """SIGKILL of OBS: how long the engine lives on."""
        row = self.rows.setdefault("OBS killed (SIGKILL): the engine is gone", Row())
        row.times += 1
        engines, started = list(self.obs.engines()), time.monotonic()
        self.obs.kill()
        while engine_pids(self.obs.home) and time.monotonic() - started < 10:
            time.sleep(0.005)
        taken_ms = (time.monotonic() - started) * 1e3
        row.survived += bool(engines) and taken_ms <= 2000
        row.worst_ms = max(row.worst_ms, taken_ms)

    def table(self) -> str:
        """In Markdown."""
        lines = [
            "| Fault | Times | Survived | Worst recovery | Frames recorded | With the room | OBS frames lost |",
            "|---|---|---|---|---|---|---|",
        ]
        for name, row in self.rows.items():
            lost = f"{row.lost}" + ("" if row.lost_without is None else f" (without faults: {row.lost_without})")
            figures = (row.times, row.survived, f"{row.worst_ms:.0f} ms", row.frames, row.room, lost)
            lines.append(f"| {name} | {' | '.join(map(str, figures))} |")
        return "\n".join(lines)

    @property
    def well(self) -> bool:
        """Everything survived and nothing shown."""
        return all(row.survived == row.times and row.room == 0 for row in self.rows.values())


def look_at(path: Path, camera: Camera) -> Count:
    """Every frame of a recording, searched for the room."""
    count = Count()
    for frame in videos.read(path):
        count.add(room_pixels(frame, camera.outside))
    return count


def main() -> int:
    """Prints the table; exit code 1 when something was not survived or the room was shown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--only", metavar="TEXT", default="", help="the faults with this in their name")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        display = Display(Path(name))
        table = FaultTable(Path(name), display, arguments.seed, arguments.only)
        try:
            complaints = _everything(table, arguments.kills, arguments.times)
        finally:
            if table.obs.process is not None:
                table.obs.kill()
            display.close()
    print(table.table())
    print(f"complaints of OBS at its end: {complaints or 'none'}")
    return 0 if table.well and not complaints else 1


def _everything(table: FaultTable, kills: int, times: int) -> list[str]:
    table.start()
    started = time.monotonic()
    table.run("engine killed (SIGKILL)", kills, table.kill)
    passed_s = time.monotonic() - started
    if "engine killed (SIGKILL)" in table.rows:
        table.rows["engine killed (SIGKILL)"].lost_without = table.without_faults(passed_s)
    table.run("engine hangs (SIGSTOP)", times, lambda: table.kill(signal.SIGSTOP))
    table.run("engine crashes (SIGSEGV)", times, lambda: table.kill(signal.SIGSEGV))
    for name, what in (
        ("native abort inside the network", "network:abort"),
        ("exception in the network", "network:exception"),
        ("network blocks", "network:timeout"),
        ("network answers nonsense", "network:shape"),
        ("exception in the composite", "composite:exception"),
        ("engine exits at its start", "exit"),
        ("out of memory (700 MB)", "memory"),
        ("rubbish on the pipe", "garbage"),
        ("half a message, then the end", "half"),
        ("engine of another version", "version"),
    ):
        table.run(name, times, lambda what=what: table.next_start(what))
    table.run("camera unplugged for 2 s", times, table.camera_gone)
    table.obs.stop()
    complaints = table.obs.complaints("AI Background|xdg-screensaver")
    for _ in range(0 if table.only else min(3, times)):
        table.obs.start()
        wait_for(lambda: bool(table.obs.engines()), START_S, "an engine")
        time.sleep(3)
        table.obs_killed()
    return complaints


if __name__ == "__main__":
    sys.exit(main())
