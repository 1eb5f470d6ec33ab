"""The tests of a Windows or macOS runner: they load there, and what only Linux has is left out with a reason."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
# Libraries are loaded first, as they ask for the system as well; then ours see another one, without POSIX's modules.
COLLECT = """
import sys
import av, cv2, cv2_enumerate_cameras, mediapipe, numba, numpy, PIL.Image, pytest
import asyncio, concurrent.futures, ctypes.util, http.server, multiprocessing, platform, shutil, signal, tempfile

class OtherSystem:
    def pytest_sessionstart(self):
        import hypothesis.strategies
        sys.platform = sys.argv[1]
        for name in ("fcntl", "grp", "pwd", "resource", "termios") if sys.platform == "win32" else ():
            sys.modules[name] = None

    def pytest_collection_finish(self, session):
        for item in session.items:
            left_out = any(mark.args[0] for mark in item.iter_markers("skipif"))
            print(item.nodeid.partition("[")[0], "LEFT OUT" if left_out else "RUNS")

words = ["--collect-only", "-qqq", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
sys.exit(pytest.main([*words, "tests/unit", "tests/engine"], plugins=[OtherSystem()]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="plays the other systems")
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_every_test_loads_on_the_other_systems_and_linux_s_own_are_left_out(system: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", COLLECT, system], cwd=REPOSITORY, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    lines = [line.rpartition("::")[2].partition(" ") for line in run.stdout.splitlines() if "::" in line]
    found = {name: state for name, _, state in lines}
    assert found["test_it_opens_no_socket_to_the_outside"] == "LEFT OUT"
    assert found["test_permissions_and_links_stay"] == ("LEFT OUT" if system == "win32" else "RUNS")
    assert found["test_two_processes_never_tear_a_frame_or_a_spare_picture"] == "RUNS"
    left_out = sum(state == "LEFT OUT" for state in found.values())
    assert left_out < len(found) / 4, f"{left_out} of {len(found)} tests are left out on {system}"
