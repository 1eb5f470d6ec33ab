"""OBS's life with the source in it, many times over: `python -m tests.benchmarks.life [--times 200] [--reloads 50]`.

Prints what was done how often and the slowest of each; then OBS's threads, descriptors and memory before and after, its
exit code and leaks. Exit code 1 when something did not work, OBS complained, or threads or descriptors stayed behind.
"""

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Callable

from tests.benchmarks import one_obs
from tests.benchmarks.soak import memory_mb
from tests.real_obs.conftest import COLOURS
from tests.real_obs.driver import SCRIPT, START_S, Obs
from tests.waiting import wait_for

RED = COLOURS["1 red.png"]
SCENES = ("Second", "Third")
# OBS 29's window corrupts its memory when sources are renamed and removed faster than it follows: with an image source
# and no script at all it crashed in its own slots after 73 such rounds, twice of two.
WINDOW_S = 0.4


class Life:
    """What was done, how often, and how long the slowest took."""

    def __init__(self, obs: Obs, pictures: Path) -> None:
        self.obs, self.pictures = obs, pictures
        self.rows: dict[str, list[float]] = {}

    def do(self, name: str, what: Callable[[], object]) -> None:
        """Runs and times it; any exception ends the run."""
        started = time.monotonic()
        what()
        self.rows.setdefault(name, []).append(time.monotonic() - started)

    def add(self, name: str = "Me") -> None:
        """Returns when OBS's window has it: see test_life.py."""
        before = self.obs.log().count(f"User added source '{name}'")
        self.obs.add(name, camera="sample", backgrounds_folder=str(self.pictures))
        wait_for(lambda: self.obs.log().count(f"User added source '{name}'") > before, 15, "the window has it")

    def shows(self, name: str = "Me") -> None:
        """Waits for the picture."""
        wait_for(lambda: self.obs.shows(RED, name), START_S, f"the picture of {name}")

    def engines(self, count: int) -> None:
        """Waits until there are so many."""
        wait_for(lambda: len(self.obs.engines()) == count, 15, f"{count} engines")

    def run(self, sources: int, reloads: int) -> tuple[tuple[int, int, float], tuple[int, int, float]]:
        """All of it: threads, descriptors and memory of OBS before and after."""
        for scene in SCENES:
            self.obs.request("CreateScene", sceneName=scene)
        self.obs.request("SetCurrentProgramScene", sceneName="Scene")
        self.four()  # first, so that what OBS keeps for good is there before it is counted
        self.reloads(1)
        self.recording(1)
        before = self.usage()
        for number in range(sources):
            self.one_source(number)
        self.reloads(reloads)
        self.recording(10)
        self.four()
        return before, self.usage()

    def one_source(self, number: int) -> None:
        """Added, put into three scenes, hidden, shown, renamed, removed."""
        obs = self.obs
        self.do("added", self.add)
        for scene in SCENES:
            self.do(
                "duplicated into a scene",
                lambda scene=scene: obs.request("CreateSceneItem", sceneName=scene, sourceName="Me"),
            )
        for scene in (*SCENES, "Scene"):
            self.do("scene switched", lambda scene=scene: obs.request("SetCurrentProgramScene", sceneName=scene))
        if number % 10 == 9:
            self.do("picture awaited", self.shows)
        for scene in SCENES:  # OBS keeps a removed source alive while a scene that is not on show holds it
            copy = obs.request("GetSceneItemId", sceneName=scene, sourceName="Me")["sceneItemId"]
            obs.request("RemoveSceneItem", sceneName=scene, sceneItemId=copy)
        item = obs.request("GetSceneItemId", sceneName="Scene", sourceName="Me")["sceneItemId"]
        for enabled in (False, True):
            self.do(
                "hidden or shown",
                lambda enabled=enabled: obs.request(
                    "SetSceneItemEnabled", sceneName="Scene", sceneItemId=item, sceneItemEnabled=enabled
                ),
            )
        self.do("renamed", lambda: obs.request("SetInputName", inputName="Me", newInputName="%s <b> 😀"))
        time.sleep(WINDOW_S)
        self.do("removed", lambda: obs.remove("%s <b> 😀"))
        time.sleep(WINDOW_S)

    def reloads(self, times: int) -> None:
        """Tools, Scripts, Reload Scripts, with a running source."""
        self.add()
        self.shows()
        reload_scripts = self.obs.open_scripts_window()

        def count() -> int:
            return self.obs.log().count(f"loaded from {SCRIPT}")

        def once() -> None:
            before = count()
            for _ in range(3):  # a busy OBS misses a click now and then
                reload_scripts()
                with contextlib.suppress(AssertionError):
                    wait_for(lambda: count() > before, 10, "the reload")
                    break
            wait_for(lambda: count() > before, 15, "the reload")
            self.engines(1)

        for _ in range(times):
            self.do("scripts reloaded", once)
        self.do("picture awaited", self.shows)

    def recording(self, times: int) -> None:
        """Studio mode and recording on and off, with the source running."""
        for _ in range(times):
            self.do("studio mode on", lambda: self.obs.request("SetStudioModeEnabled", studioModeEnabled=True))
            self.do("recording started", lambda: self._record("Start"))
            time.sleep(1)
            self.do("recording stopped", lambda: self._record("Stop"))
            self.do("studio mode off", lambda: self.obs.request("SetStudioModeEnabled", studioModeEnabled=False))
            time.sleep(1)
        self.do("picture awaited", self.shows)
        self.obs.remove()

    def _record(self, what: str) -> None:
        self.obs.request(f"{what}Record")
        on = what == "Start"
        wait_for(lambda: self.obs.request("GetRecordStatus")["outputActive"] == on, START_S, f"{what} of the recording")

    def four(self) -> None:
        """Four sources at once."""
        names = [f"Number {number}" for number in range(4)]
        for name in names:
            self.do("added", lambda name=name: self.add(name))
        for name in names:
            self.do("picture awaited, four sources", lambda name=name: self.shows(name))
        self.engines(4)
        for name in names:
            self.do("removed", lambda name=name: self.obs.remove(name))

    def usage(self) -> tuple[int, int, float]:
        """OBS's threads, descriptors and memory in MB, with no source."""
        self.engines(0)
        time.sleep(3)
        assert self.obs.process is not None
        pid = self.obs.process.pid
        return self.obs.threads(), len(os.listdir(f"/proc/{pid}/fd")), memory_mb(pid)


def main() -> int:
    """All of it; prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--reloads", type=int, default=50)
    arguments = parser.parse_args()
    with one_obs.started() as (obs, pictures):
        life = Life(obs, pictures)
        try:
            before, after = life.run(arguments.times, arguments.reloads)
            code = obs.stop()
        finally:
            print("| what | times | slowest |\n|---|---|---|")
            for name, times in life.rows.items():
                print(f"| {name} | {len(times)} | {max(times):.2f} s |")
        complaints = obs.complaints()
    print("OBS before: {} threads, {} descriptors, {:.1f} MB".format(*before))
    print("OBS after:  {} threads, {} descriptors, {:.1f} MB".format(*after))
    print(f"exit code {code}, complaints: {complaints or 'none'}")
    return 0 if not complaints and after[0] <= before[0] and after[1] <= before[1] else 1


if __name__ == "__main__":
    sys.exit(main())
