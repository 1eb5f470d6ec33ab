"""The status's delay is that of a time written into the pixels of a stream and read back from OBS's output."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import timed_stream
from tests.real_obs import delay
from tests.real_obs.driver import Obs

# Sending, receiving and taking the stream apart come before the status's clock begins, and may only add.
WITHIN_MS = 5.0


def test_a_time_written_into_pixels_is_read_back_and_half_of_one_is_not() -> None:
    picture = np.full((360, 640, 3), 90, np.uint8)
    timed_stream.write(picture, 123_456_789_000_000)
    levels = [int(picture[y, x, 0]) for x, y in timed_stream.centres(timed_stream.WHOLE, 640, 360)]
    assert timed_stream.read(levels) == 123_456_789_000_000 // 100_000 % 2**24
    levels[10] = 255 - levels[10]
    assert timed_stream.read(levels) is None


def test_the_status_says_how_late_a_picture_comes(new_obs: Callable[..., Obs], tmp_path: Path) -> None:
    picture = np.full((360, 640, 3), 90, np.uint8)
    found = delay.measure(new_obs, tmp_path, lambda: picture, timed_stream.WHOLE, 20, view="camera")
    print(found)
    assert found.frames > 50
    assert found.status_ms == pytest.approx(found.pixels_ms, abs=WITHIN_MS + 3 * found.standard_error_ms)


def test_it_does_so_with_the_person_cut_out_as_well(new_obs: Callable[..., Obs], tmp_path: Path) -> None:
    found = delay.measure(new_obs, tmp_path, delay.portrait(), delay.CHEST, 20, background_mode="color")
    print(found)
    assert found.frames > 50
    assert found.status_ms == pytest.approx(found.pixels_ms, abs=WITHIN_MS + 3 * found.standard_error_ms)
