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
from obs_bgremove.shared.language import NOTHING, Text, sentences, tr
from obs_bgremove.shared.redaction import redact, redact_setting

INFO_TYPES = {"info": 0, "warning": 1, "error": 2}


class Line(NamedTuple):
    """Level (as in protocol.LEVELS) and what is to be said."""

    level: str
    text: Text

    @property
    def rich_text(self) -> str:
        """For OBS_TEXT_INFO, which takes HTML when it looks like it: a file called <b>.jpg must read like that."""
        return f"<span>{html.escape(redact(self.text.local()))}</span>"


@dataclasses.dataclass
class Status:
    """The parts; the most serious one is shown."""

    problem: Optional[UserError] = None  # the engine does not run
    settings_problems: tuple[Text, ...] = ()
    note: Text = NOTHING  # about what a hotkey has switched
    engine: Line = dataclasses.field(default_factory=lambda: Line("info", NOTHING))
    stats: Optional[dict[str, Any]] = None
    pid: Optional[int] = None
    last_problem: Text = NOTHING  # with the time of day it was at

    def remember(self, text: Text) -> None:
        """A problem came up: it stays to be read when it is over."""
        self.last_problem = Text("{time} {problem}", time=time.strftime("%H:%M:%S"), problem=text)

    def line(self) -> Line:
        """The line for the panel."""
        if self.problem is not None:
            return Line("error", self.problem.text)
        if self.engine.level == "error" and self.engine.text:
            return self.engine
        if self.settings_problems:
            return Line("warning", sentences(*self.settings_problems))
        if self.engine.text:
            return self.engine
        if self.note:
            return Line("info", self.note)
        if self.stats is None:
            return Line("info", tr("Starting…"))
        size = f"{self.stats['width']}×{self.stats['height']}"
        if self.stats["fps"] <= 0:
            return Line("info", tr("{size}, nothing to do while no scene shows this source.", size=size))
        text = tr("All is well: {size}, {fps:.0f} frames a second.", size=size, fps=self.stats["fps"])
        if self.stats["camera_kind"] == "sample":
            return Line("info", sentences(text, tr("The sample portrait plays: choose your camera below.")))
        if self.stats["camera_kind"] == "device":
            offset = tr("Sync Offset for your microphone: {delay:.0f} ms.", delay=sum(self._delays()))
            return Line("info", sentences(text, offset))
        return Line("info", text)

    def _delays(self) -> tuple[float, float]:
        """Milliseconds from light to OBS: what was measured, and what has to be estimated. A camera does not say when
        it took a frame: exposing and sending it takes about as long as a frame lasts."""
        assert self.stats is not None
        rate = self.stats["fps_in"] or self.stats["camera_fps"]
        return self.stats["latency_ms"], (1000 / rate if rate and self.stats["camera_kind"] == "device" else 0.0)

    def figures(self) -> str:
        """All that is known of the last second, as rich text of some lines in the language in use."""
        lines = []
        if self.stats is not None:
            measured, estimated = self._delays()
            lines += [
                self._camera(self.stats),
                tr(
                    "Frames a second: {fps_in:.1f} in, {fps:.1f} out; {work:.0f} ms of work on one",
                    fps_in=float(self.stats["fps_in"]),
                    fps=float(self.stats["fps"]),
                    work=self.stats["work_ms"],
                ),
                tr(
                    "From the decoded frame to OBS: at least {delay:.0f} ms (measured, waiting included; network and "
                    "decoding come before)",
                    delay=measured,
                )
                if self.stats["camera_kind"] == "stream"
                else tr(
                    "From the frame's arrival to OBS: {delay:.0f} ms (measured; decoding and waiting included)",
                    delay=measured,
                ),
            ]
            if estimated:
                lines += [
                    tr(
                        "From light to arrival: about {delay:.0f} ms (an estimate: no camera says; exposing and "
                        "sending a frame takes about as long as one lasts)",
                        delay=estimated,
                    ),
                    tr(
                        "Sync Offset for your microphone: {delay:.0f} ms, at least {least:.0f} ms",
                        delay=measured + estimated,
                        least=measured,
                    ),
                ]
        lines.append(tr("Last problem: {problem}", problem=self.last_problem or tr("none")))
        return "<br>".join(html.escape(redact(line.local())) for line in lines)

    @staticmethod
    def _camera(stats: Mapping[str, Any]) -> Text:
        name = tr("Sample portrait") if stats["camera_kind"] == "sample" else stats["camera"]
        size = f"{stats['width']}×{stats['height']}"
        if not stats["camera_fps"]:
            return tr("Camera: {camera}, {size}, does not say how many frames a second", camera=name, size=size)
        return tr(
            "Camera: {camera}, {size}, promises {fps:g} frames a second",
            camera=name,
            size=size,
            fps=float(stats["camera_fps"]),
        )

    def kind(self) -> tuple[str, ...]:
        """Changes when the panel is worth rebuilding: not with every new figure."""
        level, text = self.line().level, str(self.line().text)
        if self.stats is not None and f"{self.stats['width']}×" in text and level == "info":
            return (level, str(self.stats["width"]), str(self.stats["fps"] > 0))
        return (level, text)

    def details(self, source: str, obs_version: str, settings: Mapping[str, Any], python: str) -> str:
        """A text to copy into a bug report, with nothing secret in it; in English, for those who read it."""
        stats = self.stats or {}
        shown = {key: redact_setting(value) if isinstance(value, str) else value for key, value in settings.items()}
        lines = [
            f"AI Background {__version__}, OBS {obs_version}, Python {python}",
            f"Source: {redact(source)}, engine process: {self.pid or 'none'}",
            f"Status: {self.line().level}: {redact(str(self.line().text))}",
            "Figures: " + ", ".join(f"{key}={redact(str(value))}" for key, value in stats.items() if key != "type"),
            f"Last problem: {redact(str(self.last_problem)) or 'none'}",
            f"Settings: {shown}",
        ]
        return "\n".join(lines)
