"""How all tests wait: until something is true, with a limit, or for a while in which something must not happen."""

import time
from typing import Any, Callable, Union

import numpy as np

What = Union[str, Callable[[], object]]


def wait_for(condition: Callable[[], Any], timeout_s: float = 20.0, what: What = "", interval_s: float = 0.02) -> Any:
    """The first value of `condition` that is true (of an array: that is not None), asked for every `interval_s`.

    Fails with `what`, or what calling it then gives, when the time is up. It is asked once more after that: on a busy
    machine a thread may sleep through its whole time.
    """
    end = time.monotonic() + timeout_s
    while True:
        late = time.monotonic() > end
        value = condition()
        if isinstance(value, np.ndarray) or value:
            return value
        if late:
            raise AssertionError(f"not within {timeout_s:g} s: {what() if callable(what) else what or 'it'}")
        time.sleep(interval_s)


def never(condition: Callable[[], Any], for_s: float, what: What = "", interval_s: float = 0.02) -> None:
    """Looks at `condition` for so long; fails as soon as it is true.

    The one way to check that something does not happen. It proves only what happens within that time, so the time must
    be long against the one in which the mistake would show.
    """
    end = time.monotonic() + for_s
    while True:
        late = time.monotonic() > end
        assert not condition(), f"within {for_s:g} s: {what() if callable(what) else what or 'it happened'}"
        if late:
            return
        time.sleep(interval_s)
