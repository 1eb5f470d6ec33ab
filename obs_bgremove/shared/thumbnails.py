"""Small pictures of the backgrounds, for the panel: where they are kept, and which belongs to which file.

OBS's side shows them, the engine's Python makes them. A file that is replaced or changed gets another one. Standard
library only; any thread.
"""

import hashlib
import os
from pathlib import Path
from typing import Optional

from obs_bgremove.shared import installation

WIDTH, HEIGHT = 192, 108  # px: twice what is shown, for screens with small pixels


def folder() -> Path:
    """Where they are."""
    return installation.cache_dir() / "thumbnails"


def path_of(background: Path) -> Optional[Path]:
    """Where the thumbnail of this file is, or would be; None when the file is not there. Asks for the file's time and
    size, so it may take long on a network drive."""
    try:
        found = background.stat()
    except (OSError, ValueError):
        return None
    key = f"{background.absolute()}|{found.st_mtime_ns}|{found.st_size}"
    return folder() / f"{hashlib.sha256(os.fsencode(key)).hexdigest()[:32]}.png"
