"""The two ways in which tests wait do fail when they should."""

import time

import numpy as np
import pytest

from tests.waiting import never, wait_for


def test_waiting_gives_the_first_true_value() -> None:
    values = iter([None, 0, [], np.bool_(False), "", 7, 8])
    assert wait_for(lambda: next(values), interval_s=0) == 7
    assert not wait_for(lambda: np.zeros(3)).any(), "an array is a value, whatever is in it"


def test_waiting_in_vain_fails_with_what_was_waited_for() -> None:
    started = time.monotonic()
    with pytest.raises(AssertionError, match=r"not within 0\.1 s: the parcel"):
        wait_for(lambda: False, 0.1, "the parcel")
    assert time.monotonic() - started >= 0.1
    with pytest.raises(AssertionError, match="3 parcels"):
        wait_for(lambda: False, 0, lambda: f"{1 + 2} parcels")


def test_a_value_that_came_while_the_waiting_thread_slept_counts() -> None:
    started = time.monotonic()
    assert wait_for(lambda: time.monotonic() - started > 0.2, 0.1, interval_s=0.3)


def test_what_must_not_happen_fails_when_it_does_and_is_watched_to_the_end() -> None:
    started = time.monotonic()
    with pytest.raises(AssertionError, match="the leak"):
        never(lambda: time.monotonic() - started > 0.1, 5, "the leak")
    assert time.monotonic() - started < 4
    started = time.monotonic()
    never(lambda: False, 0.1)
    assert time.monotonic() - started >= 0.1
