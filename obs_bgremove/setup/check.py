"""One line of `--check`, and how the engine's Python is asked for it."""

import subprocess
from dataclasses import dataclass

from obs_bgremove.setup.runner import environment_for
from obs_bgremove.shared import installation
from obs_bgremove.shared.language import NOTHING, Text, tr

TIMEOUT_S = 60
OK, NOTE, BAD = "ok", "note", "FAIL"
_LEVELS = {OK: tr("ok"), NOTE: tr("note"), BAD: tr("FAIL")}


@dataclass(frozen=True)
class Check:
    """One line. NOTE is worth knowing but does not keep AI Background from working."""

    name: Text
    level: str
    text: Text
    remedy: Text = NOTHING

    def local(self) -> str:
        """The line, in the language in use, with its remedy below it."""
        words = {level: text.local() for level, text in _LEVELS.items()}
        width = max(map(len, words.values()))
        line = f"{words[self.level]:{width}}  {tr('{name}: {finding}', name=self.name, finding=self.text).local()}"
        if not self.remedy:
            return line
        return f"{line}\n{' ' * (width + 2)}{tr('what to do: {remedy}', remedy=self.remedy).local()}"


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
