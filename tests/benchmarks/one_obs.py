"""The real OBS of a benchmark, from its start to its end."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.real_obs.conftest import make_home, plain_pictures
from tests.real_obs.display import Display
from tests.real_obs.driver import Obs


@contextlib.contextmanager
def started() -> Iterator[tuple[Obs, Path]]:
    """A started OBS and a folder of plain pictures. It is stopped in the end if it still runs; the folder is left."""
    folder = Path(tempfile.mkdtemp())
    pictures, display = plain_pictures(folder), Display(folder)
    obs = Obs(folder, display, make_home(folder))
    try:
        yield obs.start(), pictures
    finally:
        if obs.process is not None:
            obs.stop()
        display.close()
