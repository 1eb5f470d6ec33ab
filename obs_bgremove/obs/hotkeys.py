"""The hotkeys of a source: their names are stored by OBS with the source, so they are part of the contract.

Registered inside `create` (or on taking over a source that was created while no script was loaded). OBS unregisters
them with the source. The callbacks, held by registration.py, reach `Source.hotkey` by name.
"""

from typing import Any

from obs_bgremove.obs.registration import Immortal

SINGLE = (
    ("ai_background.next", "Next Background"),
    ("ai_background.previous", "Previous Background"),
    ("ai_background.random", "Random Background"),
)
PAIRS = (
    ("ai_background.removal_on", "Remove Background", "ai_background.removal_off", "Show Camera"),
    ("ai_background.privacy_on", "Privacy On (Background Only)", "ai_background.privacy_off", "Privacy Off"),
)


def register(lib: Any, holder: Immortal, serial: int, source: int) -> None:
    """Registers the set once per source. The pairs may share a key, which then toggles."""
    if serial in holder.with_hotkeys:
        return
    holder.with_hotkeys.add(serial)
    for name, description in SINGLE:
        lib.obs_hotkey_register_source(source, name.encode(), description.encode(), holder.callbacks["hotkey"], serial)
    pair = holder.callbacks["hotkey_pair"]
    for on_name, on_text, off_name, off_text in PAIRS:
        lib.obs_hotkey_pair_register_source(
            source, on_name.encode(), on_text.encode(), off_name.encode(), off_text.encode(), pair, pair, serial, serial
        )
