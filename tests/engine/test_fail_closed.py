"""The fail-closed suite in short, and that it notices a leak. In full: `python -m tests.engine.fail_closed`."""

from pathlib import Path

import pytest

from tests.engine.fail_closed import run

pytestmark = pytest.mark.usefixtures("assets")


def test_the_room_is_never_shown_whatever_fails(clip: Path) -> None:
    count = run(clip, plant_leak=False, quick=True)
    assert count.frames > 300
    assert count.leaks == 0, f"{count.leaks} of {count.frames} frames showed the room, worst {count.worst_px} px"


def test_the_suite_notices_a_leak(clip: Path) -> None:
    count = run(clip, plant_leak=True, quick=True)
    assert count.leaks > 0
