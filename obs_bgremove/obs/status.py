"""What a person should know now about one source: one line that sums up its engine and settings.

Set by the source's threads (worker, supervisor, pump), read by the panel on the UI thread; plain attribute writes.
"""

import dataclasses
import html
import time
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
    last_problem: str = ""  # with the time of day it was at

    def remember(self, text: str) -> None:
        """A problem came up: it stays to be read when it is over."""
        self.last_problem = f"{time.strftime('%H:%M:%S')} {text}"

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
        text = f"All is well: {size}, {self.stats['fps']:.0f} frames a second."
        if self.stats["camera_kind"] == "device":
            text += f" Sync Offset for your microphone: {sum(self._delays()):.0f} ms."
        return self._line("info", text)

    def _delays(self) -> tuple[float, float]:
        """Milliseconds from light to OBS: what was measured, and what has to be estimated. A camera does not say when
        it took a frame: exposing and sending it takes about as long as a frame lasts."""
        assert self.stats is not None
        rate = self.stats["fps_in"] or self.stats["camera_fps"]
        return self.stats["latency_ms"], (1000 / rate if rate and self.stats["camera_kind"] == "device" else 0.0)

    def figures(self) -> str:
        """All that is known of the last second, as rich text of some lines."""
        lines = []
        if self.stats is not None:
            said = f"{self.stats['camera_fps']:g}" if self.stats["camera_fps"] else "an unknown number of"
            measured, estimated = self._delays()
            lines += [
                f"Camera: {self.stats['camera']}, {self.stats['width']}×{self.stats['height']}, "
                f"promises {said} frames a second",
                f"Frames a second: {self.stats['fps_in']:.1f} in, {self.stats['fps']:.1f} out; "
                f"{self.stats['work_ms']:.0f} ms of work on one",
                f"From the frame's arrival to OBS: {measured:.0f} ms (measured; decoding and waiting included)",
            ]
            if estimated:
                lines += [
                    f"From light to arrival: about {estimated:.0f} ms (an estimate: no camera says; exposing and "
                    "sending a frame takes about as long as one lasts)",
                    f"Sync Offset for your microphone: {measured + estimated:.0f} ms, at least {measured:.0f} ms",
                ]
        lines.append(f"Last problem: {self.last_problem or 'none'}")
        return "<br>".join(html.escape(redact(line)) for line in lines)

    def kind(self) -> tuple[str, ...]:
        """Changes when the panel is worth rebuilding: not with every new figure."""
        line = self.line()
        if self.stats is not None and f"{self.stats['width']}×" in line.text and line.level == "info":
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
            f"Last problem: {redact(self.last_problem) or 'none'}",
            f"Settings: {shown}",
        ]
        return "\n".join(lines)

    @staticmethod
    def _line(level: str, text: str) -> Line:
        return Line(level, redact(text))
