"""A source's settings are used by its worker, the panel and hotkeys at once, and libobs guards them by nothing.

Here with the real functions of libobs, in a process of their own: it may die of it.
"""

import ctypes.util
import subprocess
import sys
import time

import pytest

from tests.real_obs.driver import REPOSITORY

SECONDS = 6  # before there was a lock, each of five runs failed: settings that were not stored, or "double free"


class _Source:
    """libobs with one source, that is its settings; what takes a running OBS is left out."""

    def __init__(self, lib: object) -> None:
        self._lib = lib
        self.settings = lib.obs_data_create()  # type: ignore[attr-defined]

    def obs_weak_source_get_source(self, weak: int) -> int:
        return 1

    def obs_source_release(self, source: int) -> None:
        pass

    def obs_source_get_name(self, source: int) -> bytes:
        return b"Me"

    def obs_source_get_settings(self, source: int) -> int:
        self._lib.obs_data_addref(self.settings)  # type: ignore[attr-defined]
        return self.settings  # type: ignore[no-any-return]

    def obs_source_update(self, source: int, data: int) -> None:
        self._lib.obs_data_apply(self.settings, data)  # type: ignore[attr-defined]

    def obs_source_update_properties(self, source: int) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        return getattr(self._lib, name)


def _use_from_all_sides(name: str) -> None:
    import threading

    from obs_bgremove.obs import libobs
    from obs_bgremove.obs.settings import StoredSettings

    ctypes.CDLL(name)
    lib = libobs.load()
    lib.obs_data_addref.restype, lib.obs_data_addref.argtypes = None, [ctypes.c_void_p]
    stored = StoredSettings(_Source(lib), 1)
    chosen = {f"key{number}": "chosen" for number in range(30)}
    stored.write(**chosen)
    end = time.monotonic() + SECONDS
    wrong: list[object] = []

    def read() -> None:
        while time.monotonic() < end:
            got = stored.read() or {}
            if any(got.get(key) != value for key, value in chosen.items()):
                wrong.append(got)

    def grow() -> None:
        length = 0
        while time.monotonic() < end:
            length += 7
            stored.set_defaults({"details": "x" * (length % 3000), "key3": "y" * (length % 500)})
            stored.write(background="z" * (length % 700))

    def ask() -> None:
        while time.monotonic() < end:
            text = stored.text("background")
            if text is None or text.strip("z"):
                wrong.append(text)

    threads = [threading.Thread(target=work) for work in (read, read, grow, ask)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:1]


def test_reading_and_writing_settings_at_once_leaves_obs_s_memory_whole() -> None:
    name = ctypes.util.find_library("obs")
    if name is None:
        pytest.skip("libobs is not installed")
    command = [sys.executable, "-c", f"from {__name__} import _use_from_all_sides as use; use({name!r})"]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, f"ended with {run.returncode}: {run.stderr[-500:]}"
