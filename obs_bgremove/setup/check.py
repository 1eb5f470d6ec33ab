"""One line of `--check`, and how the engine's Python is asked for it."""

import subprocess
from dataclasses import dataclass
from typing import Union

from obs_bgremove.setup.runner import environment_for
from obs_bgremove.shared import installation
from obs_bgremove.shared.language import Text

TIMEOUT_S = 60
OK, NOTE, BAD = "ok", "note", "FAIL"


@dataclass(frozen=True)
class Check:
    """One line. NOTE is worth knowing but does not keep AI Background from working."""

    name: str
    level: str
    text: Union[Text, str]
    remedy: Union[Text, str] = ""

    def __str__(self) -> str:
        line = f"{self.level:4}  {self.name}: {self.text}"
        return f"{line}\n      what to do: {self.remedy}" if self.remedy else line


def ask_engine(*words: str, say: str = "") -> subprocess.CompletedProcess[str]:
    """Calls the engine's Python, with `say` on its stdin."""
    return subprocess.run(
        [str(installation.python_path()), *words],
        input=say,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=TIMEOUT_S,
        env=environment_for(installation.home()),
        cwd=installation.app_dir(),
        check=False,
    )
