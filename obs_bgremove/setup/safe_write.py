"""Changing a file that is not ours: first a copy beside it, then the new content in its place, whole or not at all."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

# OBS finds scene collections as *.json, so a backup must not end like that.
BACKUP_SUFFIX = ".ai-background-backup"
# Windows: a virus scanner that looks at a new file keeps it from being moved for some milliseconds.
_TRIES, _WAIT_S = 5, 0.1


def backup(real: Path) -> Path:
    """Copies the file beside itself; returns the copy. Raises OSError."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    copy = real.with_name(f"{real.name}.{stamp}{BACKUP_SUFFIX}")
    number = 1
    while copy.exists():
        number += 1
        copy = real.with_name(f"{real.name}.{stamp}-{number}{BACKUP_SUFFIX}")
    shutil.copy2(real, copy)
    return copy


def backups(real: Path) -> list[Path]:
    """The copies of a file that `backup` has made, the oldest first."""
    return sorted(path for path in real.parent.glob(f"*{BACKUP_SUFFIX}") if path.name.startswith(f"{real.name}."))


def write(real: Path, text: str) -> None:
    """Puts the text in the file's place, with its permissions and owner. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(prefix=".ai-background-", dir=real.parent)
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(real, temporary)
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            os.chown(temporary, real.stat().st_uid, real.stat().st_gid)
        move(Path(temporary), real)
    except BaseException:
        os.unlink(temporary)
        raise


def move(source: Path, target: Path) -> None:
    """os.replace, tried again on Windows while a virus scanner holds the file. Raises OSError."""
    for left in reversed(range(_TRIES)):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if sys.platform != "win32" or not left:
                raise
            time.sleep(_WAIT_S)
