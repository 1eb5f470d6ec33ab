"""A long run in real OBS with random changes and faults: `python -m tests.benchmarks.soak --minutes N [--seed N]`.

Prints a fault table (fault, times, survived, worst recovery), then memory, threads and descriptors of OBS and of the
engine from the second minute to the end. What OBS holds depends on the size of the frames at that moment; so every two
minutes the first settings are restored, and it is measured once all is settled. Exit code 1 when something was not
survived, OBS complained, or OBS's memory grew by more than 10 MB.
"""

import argparse
import dataclasses
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any, Callable

from obs_bgremove.shared import options
from tests.benchmarks import one_obs
from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import START_S, Obs
from tests.waiting import wait_for

SETTLE_S = 6.0  # between faults: an engine that has been well starts again without any wait
GROWTH_MB = 10.0
MEASURE_S = 118.0
RESTORED_S = 10.0  # longer than the old frames are kept: see obs/video_output.py
LIVE = "all is well"


@dataclasses.dataclass
class Tally:
    """One kind of fault."""

    times: int = 0
    survived: int = 0
    worst_s: float = 0.0


class Soak:
    """One OBS with one source, and what was done to it."""

    def __init__(self, obs: Obs, pictures: Path, seed: int) -> None:
        self.obs, self.pictures = obs, pictures
        self.random = random.Random(seed)
        self.tallies: dict[str, Tally] = {}
        self.changes = 0
        self.settings: dict[str, object] = {"camera": "sample", "backgrounds_folder": str(pictures)}
        self.usage: list[tuple[float, float, float, int, int]] = []
        self.faults: dict[str, Callable[[], None]] = {
            "engine: SIGKILL": lambda: self._signal(signal.SIGKILL),
            "engine: SIGSTOP": lambda: self._signal(signal.SIGSTOP),
            "engine: SIGSEGV": lambda: self._signal(signal.SIGSEGV),
            "engine: restart button": lambda: self.obs.press("restart_engine"),
            "source: removed and added": self._remove_and_add,
        }

    def run(self, minutes: float) -> None:
        start = last_fault = last_measured = time.monotonic()
        while time.monotonic() - start < minutes * 60:
            self._change_something()
            time.sleep(self.random.uniform(0.1, 0.6))
            if time.monotonic() - last_fault > SETTLE_S + self.random.uniform(0, 4):
                self._one_fault(self.random.choice(list(self.faults)))
                last_fault = time.monotonic()
            if time.monotonic() - last_measured > MEASURE_S:
                last_measured = time.monotonic()
                self._measure(last_measured - start)
        self._measure(time.monotonic() - start)

    def _change_something(self) -> None:
        self.changes += 1
        row = self.random.choice(options.TABLE)
        kinds: dict[str, Callable[[], Any]] = {
            "bool": lambda: self.random.random() < 0.5,
            "int": lambda: self.random.randint(int(row.minimum), int(row.maximum)),
            "float": lambda: self.random.uniform(row.minimum, row.maximum),
            "choice": lambda: self.random.choice(row.choices)[0],
            "colour": lambda: self.random.randint(0xFF000000, 0xFFFFFFFF),
            "picture": lambda: self.random.choice(list(COLOURS)),
        }
        if row.kind in kinds and row.key != "fps":
            self.obs.set(**{row.key: kinds[row.kind]()})
        self.obs.hotkey(f"ai_background.{self.random.choice(('next', 'previous', 'random'))}")

    def _one_fault(self, name: str) -> None:
        tally = self.tallies.setdefault(name, Tally())
        tally.times += 1
        since, start = len(self.obs.our_lines()), time.monotonic()
        try:
            self.faults[name]()
            wait_for(lambda: any(LIVE in line for line in self.obs.our_lines()[since:]), START_S, LIVE, 0.02)
        except Exception as error:
            print(f"NOT SURVIVED: {name}: {error!r}", flush=True)
            return
        tally.survived += 1
        tally.worst_s = max(tally.worst_s, time.monotonic() - start)

    def _signal(self, number: int) -> None:
        for pid in self.obs.engines():
            os.kill(pid, number)

    def _remove_and_add(self) -> None:
        self.obs.remove()
        self.obs.add(**self.settings)

    def _measure(self, at_s: float) -> None:
        self.obs.set(**{row.key: row.default for row in options.TABLE if row.kind != "text"} | self.settings)
        time.sleep(RESTORED_S)
        assert self.obs.process is not None
        pid = self.obs.process.pid
        engine = sum(memory_mb(engine) for engine in self.obs.engines())
        threads = self.obs.threads()
        self.usage.append((at_s, memory_mb(pid), engine, threads, len(os.listdir(f"/proc/{pid}/fd"))))
        line = "after {:.0f} s: OBS {:.1f} MB, engine {:.1f} MB, OBS threads {}, descriptors {}"
        print(line.format(*self.usage[-1]), flush=True)

    def report(self, complaints: list[str]) -> bool:
        """Prints all of it. True when all was well."""
        print("| fault | times | survived | worst recovery |\n|---|---|---|---|")
        for name, tally in sorted(self.tallies.items()):
            print(f"| {name} | {tally.times} | {tally.survived} | {tally.worst_s:.2f} s |")
        print(f"{self.changes} changes of settings and hotkeys; complaints of OBS: {complaints or 'none'}")
        growth = self.usage[-1][1] - self.usage[0][1]
        print(f"OBS grew by {growth:.1f} MB")
        survived = all(tally.survived == tally.times for tally in self.tallies.values())
        return survived and not complaints and growth <= GROWTH_MB


def memory_mb(pid: int) -> float:
    """Private and shared resident memory without what the ring maps: file pages of a memfd count as shmem."""
    try:
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
        )
        return int(fields["RssAnon"].split()[0]) / 1024
    except (OSError, KeyError):
        return 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with one_obs.started() as (obs, pictures):
        soak = Soak(obs, pictures, arguments.seed)
        obs.add(**soak.settings)
        wait_for(lambda: any(LIVE in line for line in obs.our_lines()), START_S, LIVE)
        soak.run(arguments.minutes)
        before = obs.request("GetStats")
        print(f"render-skipped {before['renderSkippedFrames']} of {before['renderTotalFrames']} frames")
        obs.stop()
        return 0 if soak.report(obs.complaints("AI Background")) else 1


if __name__ == "__main__":
    sys.exit(main())
