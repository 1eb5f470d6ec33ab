"""A script for OBS that tells tests what obs-websocket cannot: the texts of the panel of the source "Me".

Every half second it writes them, as JSON by name, to the file that the variable PANEL_TEXTS names.
"""

import json
import os

import obspython

NAMES = (
    "status",
    "camera",
    "mirror",
    "background_mode",
    "gallery",
    "next_background",
    "group_matte_more",
    "figures",
    "preset_info",
)


def _tell() -> None:
    source = obspython.obs_get_source_by_name("Me")
    if source is None:
        return
    panel = obspython.obs_source_properties(source)
    rows = {name: obspython.obs_properties_get(panel, name) for name in NAMES}
    texts = {
        name: [obspython.obs_property_description(row), obspython.obs_property_long_description(row)]
        for name, row in rows.items()
        if row is not None
    }
    obspython.obs_properties_destroy(panel)
    obspython.obs_source_release(source)
    path = os.environ["PANEL_TEXTS"]
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(texts, file)
    os.replace(path + ".new", path)


def script_load(settings: object) -> None:
    """Begins to write."""
    obspython.timer_add(_tell, 500)
