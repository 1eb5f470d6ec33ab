"""What a person should know now about one source: one line that sums up its engine and settings.

Set by the source's threads (worker, supervisor, pump), read by the panel on the UI thread; plain attribute writes.
"""

import dataclasses
import html
from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from obs_bgremove import __version__
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.redaction import redact, redact_setting

INFO_TYPES = {"info": 0, "warning": 1, "error": 2}


class Line(NamedTuple):
    """Level (as in protocol.LEVELS) and plain text."""

    level: str
    text: str

    @property
    def rich_text(self) -> str:
        """For OBS_TEXT_INFO, which takes HTML when it looks like it: a file called <b>.jpg must read like that."""
        return f"<span>{html.escape(self.text)}</span>"


@dataclasses.dataclass
class Status:
    """The parts; the most serious one is shown."""

    problem: Optional[UserError] = None  # the engine does not run
    settings_problems: tuple[str, ...] = ()
    note: str = ""  # about what a hotkey has switched
    engine: Line = dataclasses.field(default_factory=lambda: Line("info", ""))
    stats: Optional[dict[str, Any]] = None
    pid: Optional[int] = None

    def line(self) -> Line:
        """The line for the panel."""
        if self.problem is not None:
            return self._line("error", str(self.problem))
        if self.engine.level == "error" and self.engine.text:
            return self._line(*self.engine)
        if self.settings_problems:
            return self._line("warning", " ".join(self.settings_problems))
        if self.engine.text:
            return self._line(*self.engine)
        if self.note:
            return Line("info", self.note)
        if self.stats is None:
            return Line("info", "Starting…")
        size = f"{self.stats['width']}×{self.stats['height']}"
        if self.stats["fps"] <= 0:
            return Line("info", f"{size}, nothing to do while no scene shows this source.")
        return self._line(
            "info",
            f"{size}, {self.stats['fps']:.0f} fps, at least {self.stats['latency_ms']:.0f} ms from camera to OBS "
            f"(set your microphone's sync offset to that or a little more).",
        )

    def kind(self) -> tuple[str, ...]:
        """Changes when the panel is worth rebuilding: not with every new figure."""
        line = self.line()
        if self.stats is not None and line.text.startswith(f"{self.stats['width']}×"):
            return (line.level, str(self.stats["width"]), str(self.stats["fps"] > 0))
        return (line.level, line.text)

    def details(self, source: str, obs_version: str, settings: Mapping[str, Any], python: str) -> str:
        """A text to copy into a bug report, with nothing secret in it."""
        stats = self.stats or {}
        shown = {key: redact_setting(value) if isinstance(value, str) else value for key, value in settings.items()}
        lines = [
            f"AI Background {__version__}, OBS {obs_version}, Python {python}",
            f"Source: {redact(source)}, engine process: {self.pid or 'none'}",
            f"Status: {self.line().level}: {self.line().text}",
            "Figures: " + ", ".join(f"{key}={redact(str(value))}" for key, value in stats.items() if key != "type"),
            f"Settings: {shown}",
        ]
        return "\n".join(lines)

    @staticmethod
    def _line(level: str, text: str) -> Line:
        return Line(level, redact(text))
