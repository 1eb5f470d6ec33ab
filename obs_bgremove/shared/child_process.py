"""What starting a program of ours needs wherever we run: a clean environment, the way out of a sandbox.

Used by OBS's side, the installer and the command line. Any thread.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

# Flatpak puts this file into every sandbox.
FLATPAK_INFO = Path("/.flatpak-info")
_ALLOW = "flatpak override --user --talk-name=org.freedesktop.Flatpak com.obsproject.Studio"
FLATPAK_REMEDY = tr("Allow it: run `{command}`, restart OBS.", command=_ALLOW)
_SPAWN_TIMEOUT_S = 10.0


def clean_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Our environment without what was meant for the program that we run in.

    OBS's embedded Python and macOS's launcher set PYTHON… and __PYVENV_LAUNCHER__, and an AppImage or a Snap points at
    the libraries that it brings: another Python must follow none of these.
    """
    bundle = any(name in ours for name in ("APPIMAGE", "APPDIR", "SNAP"))
    return {
        name: value
        for name, value in ours.items()
        if not name.startswith("PYTHON")
        and name != "__PYVENV_LAUNCHER__"
        and not (bundle and (name == "LD_LIBRARY_PATH" or name.startswith("GIO_")))
    }


def in_flatpak() -> bool:
    """Whether we run inside OBS's Flatpak, where the engine's Python, the host's, is not to be seen."""
    return FLATPAK_INFO.exists()


def host_command(command: list[str], folder: str, descriptor: Optional[int]) -> list[str]:
    """The command as Flatpak starts it on the host: with our pipes and the ring's descriptor, ended when we end.

    flatpak-spawn(1): file descriptors 0 to 2 are always forwarded; `--watch-bus` ends the command with flatpak-spawn.
    The host gives it the session's environment, so what we want to hand on is named.
    """
    words = ["flatpak-spawn", "--host", "--watch-bus", f"--directory={folder}"]
    if descriptor is not None:
        words.append(f"--forward-fd={descriptor}")
    if "AI_BACKGROUND_HOME" in os.environ:
        words.append(f"--env=AI_BACKGROUND_HOME={os.environ['AI_BACKGROUND_HOME']}")
    return [*words, *command]


def check_host() -> None:
    """Raises UserError when the sandbox does not let us start programs on the host. Starts one."""
    try:
        run = subprocess.run(
            ["flatpak-spawn", "--host", "true"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SPAWN_TIMEOUT_S,
            check=False,
        )
        failed = run.returncode != 0
    except (OSError, subprocess.TimeoutExpired):
        failed = True
    if failed:
        raise UserError(tr("OBS's Flatpak sandbox does not let AI Background start its engine."), FLATPAK_REMEDY)


def is_crash(exit_code: int) -> bool:
    """Whether a program was ended by a signal or, on Windows, by an exception."""
    return exit_code < 0 or exit_code > 128
