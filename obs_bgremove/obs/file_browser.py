"""Shows a folder in the system's file browser. Called on a source's worker thread."""

import os
import subprocess
import sys
from pathlib import Path

from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr


def open_folder(path: Path) -> None:
    """Shows a folder in the system's file browser. Raises UserError."""
    if not path.is_dir():
        raise UserError(tr("The folder {folder} is not there.", folder=path), tr("Choose another one under Folder."))
    if sys.platform == "win32":
        os.startfile(str(path))
        return
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen(
            [opener, str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise UserError(
            tr("{program} could not be started ({reason}).", program=opener, reason=error.strerror),
            tr("The folder is {folder}.", folder=path),
        ) from error
