"""Shows a folder in the system's file browser. Called on a source's worker thread."""

import os
import subprocess
import sys
from pathlib import Path

from obs_bgremove.shared.errors import UserError


def open_folder(path: Path) -> None:
    """Shows a folder in the system's file browser. Raises UserError."""
    if not path.is_dir():
        raise UserError(f"The folder {path} is not there.", "Choose another one under Folder.")
    if sys.platform == "win32":
        os.startfile(str(path))
        return
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen(
            [opener, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise UserError(f"{opener} could not be started ({error.strerror}).", f"The folder is {path}.") from error
