"""The file that OBS loads (Tools, Scripts). It forwards the script hooks to `obs_bgremove.obs.plugin`, nothing else.

Reload Scripts executes this file anew but keeps every other module: ours are dropped here, so that the new code runs.
What libobs holds pointers to lives outside them (obs/source_type.py).
"""

import sys
from pathlib import Path

# OBS loads Python 3.6 and newer; ours are written for 3.9. This file is understood by all, so that it can say so.
_TOO_OLD = "" if sys.version_info >= (3, 9) else "AI Background needs Python 3.9 or newer: see Python Settings, here."

if _TOO_OLD:
    sys.stderr.write(_TOO_OLD + "\n")  # OBS opens its script log for that
else:
    _ROOT = str(Path(__file__).resolve().parents[2])
    for _name in [name for name in sys.modules if name.partition(".")[0] == "obs_bgremove"]:
        del sys.modules[_name]
    # First only while ours is imported: OBS's scripts share one sys.path, and another folder may hold another copy.
    sys.path.insert(0, _ROOT)
    try:
        from obs_bgremove.obs import plugin as _plugin
    finally:
        sys.path.remove(_ROOT)


def script_description() -> str:
    """Shown beside the list of scripts."""
    return _TOO_OLD or _plugin.description()


def script_load(settings: object) -> None:
    """Also called after a switch of the scene collection, without the file being executed again."""
    if not _TOO_OLD:
        _plugin.load(__file__)


def script_unload() -> None:
    """Also at OBS's exit."""
    if not _TOO_OLD:
        _plugin.unload()
