"""The hotkeys of a source: their names are stored by OBS with the source, so they are part of the contract.

Registered inside `create` (or on taking over a source that was created while no script was loaded). OBS unregisters
them with the source. The callbacks, held by source_type.py, reach `Source.hotkey` by name.
"""

import time
from typing import Any

from obs_bgremove.obs.source_type import Immortal
from obs_bgremove.shared.language import tr

SINGLE = (
    ("ai_background.next", tr("Next Background")),
    ("ai_background.previous", tr("Previous Background")),
    ("ai_background.random", tr("Random Background")),
    ("ai_background.cut", tr("Cut to Next Background (No Crossfade)")),
    ("ai_background.learn", tr("Learn Background")),
)
# Not obs_hotkey_pair_*: libobs takes a pair's first half as held down until it is released, but obs-websocket (stream
# decks, remote controls) only presses, so the second half would never work again.
SWITCHES = (
    ("ai_background.removal_on", tr("Remove Background")),
    ("ai_background.removal_off", tr("Show Camera")),
    ("ai_background.privacy_on", tr("Privacy On (Background Only)")),
    ("ai_background.privacy_off", tr("Privacy Off")),
    ("ai_background.framing_on", tr("Auto Framing On")),
    ("ai_background.framing_off", tr("Auto Framing Off")),
)
SAME_KEY_S = 0.05


def register(lib: Any, holder: Immortal, serial: int, source: int) -> None:
    """Registers the set, once per source."""
    if serial in holder.with_hotkeys:
        return
    holder.with_hotkeys.add(serial)
    for name, description in (*SINGLE, *SWITCHES):
        shown = description.local().encode()
        lib.obs_hotkey_register_source(source, name.encode(), shown, holder.callbacks["hotkey"], serial)


class Switch:
    """An on/off state with a hotkey for either. Both on the same key make it toggle.

    OBS then calls both, one right after the other: the second is part of the same press and is ignored.
    """

    def __init__(self, on: bool) -> None:
        self.on = on
        self._changed = float("-inf")

    def set(self, on: bool) -> bool:
        """True when that changed the state."""
        now = time.monotonic()
        if on == self.on or now - self._changed < SAME_KEY_S:
            return False
        self.on, self._changed = on, now
        return True
