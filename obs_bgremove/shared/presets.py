"""Presets: several settings at once, for a wish. Standard library only; any thread."""

import dataclasses
from collections.abc import Mapping

from obs_bgremove.shared.language import Text, listed, tr
from obs_bgremove.shared.options import BY_KEY, Value

KEY = "preset"  # the panel's row. It is no setting: its value is carried out and then emptied.


@dataclasses.dataclass(frozen=True)
class Preset:
    """A name for people, and what it sets: all presets set the same settings."""

    label: Text
    values: Mapping[str, Value]


_ALL_ON: Mapping[str, Value] = {"track_person": True, "use_learned_background": True, "decontaminate": 1.0}
PRESETS: Mapping[str, Preset] = {
    "balanced": Preset(tr("Balanced"), {"resolution": "auto", "fps": 0, "model": "general", **_ALL_ON}),
    "best_edges": Preset(tr("Best edges"), {"resolution": "1920x1080", "fps": 0, "model": "general", **_ALL_ON}),
    "low_cpu": Preset(tr("Low CPU"), {"resolution": "640x360", "fps": 15, "model": "landscape", **_ALL_ON}),
}


def in_words(preset: Preset) -> str:
    """What it sets apart from the others, in the language in use."""
    parts = []
    for key, value in preset.values.items():
        if len({other.values[key] for other in PRESETS.values()}) > 1:
            row = BY_KEY[key]
            choice = dict(row.choices).get(str(value), Text(str(value)))
            said = tr("automatic") if value in ("auto", 0) else Text(choice.local().partition(" (")[0])
            parts.append(tr("{setting} {value}", setting=row.label, value=said))
    return listed(parts).local()
