"""The tests of the tests: a real OBS is judged by what it says with us in it and does not say without us."""

from pathlib import Path
from typing import Callable

from tests.real_obs import verdict
from tests.real_obs.driver import SCRIPT, START_S, Obs
from tests.waiting import wait_for


def test_planted_complaints_are_noticed_and_none_of_this_machines_own(new_obs: Callable[..., Obs]) -> None:
    script = Path(__file__).with_name("complaining_script.py")
    obs = new_obs(scripts=[SCRIPT, script], waived="planted complaint|already exists").start()
    obs.add(camera="sample")
    wait_for(lambda: obs.glimpse() is not None, START_S, "a picture")
    obs.stop()
    known = [line for line in obs.output().splitlines() if verdict.suspicious(line)]
    noticed = obs.complaints()
    print("suspicious lines:", *known, "held against us:", *noticed, sep="\n")
    assert sum("ai_background" in line and "already exists" in line for line in noticed) == 1
    assert sum("a planted complaint without a name" in line for line in noticed) == 1
    assert len(noticed) == 2
