"""A script for OBS that makes trouble on purpose, to see that the tests notice: libobs complains of our source type."""

import ctypes
import sys

import obspython


def script_load(settings: object) -> None:
    """Registers our type again; libobs says so in a line that is none of ours. Loaded after our own script."""
    holder = sys.modules["_ai_background_immortal"]
    ctypes.CDLL(None).obs_register_source_s(ctypes.byref(holder.info), ctypes.c_size_t(400))
    obspython.blog(obspython.LOG_ERROR, "a planted complaint without a name")
    obspython.blog(obspython.LOG_INFO, "no complaint")
