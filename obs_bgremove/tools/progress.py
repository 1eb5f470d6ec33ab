"""A progress bar with the time that is left, on a terminal; nothing elsewhere, where nobody watches."""

import sys
import time
from typing import IO

from obs_bgremove.shared.language import listed, tr

EVERY_S = 0.1
WIDTH = 30


class Progress:
    """`total` frames; 0 when that is not known."""

    def __init__(self, total: int, stream: IO[str] | None = None) -> None:
        self._total = total
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._started_s = self._shown_s = time.monotonic()
        self._shown = 0  # characters

    def show(self, count: int) -> None:
        """`count` frames are done."""
        now = time.monotonic()
        if not self._live or now - self._shown_s < EVERY_S:
            return
        self._shown_s = now
        self._write(line(count, max(count, self._total) if self._total else 0, now - self._started_s))

    def end(self) -> None:
        """Takes the line away: what was done is said by whoever did it."""
        if self._live and self._shown:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._shown))
        self._stream.flush()
        self._shown = len(text)


def line(count: int, total: int, passed_s: float) -> str:
    """What stands there: `[#####     ] 50/100 frames, 25 fps, 0:02 left`."""
    rate = count / passed_s if passed_s > 0 else 0.0
    if not total:
        return tr("{count} frames, {rate:.0f} fps", count=count, rate=rate).local()
    bar = "#" * (WIDTH * count // total)
    said = [tr("{count} frames, {rate:.0f} fps", count=f"{count}/{total}", rate=rate)]
    if rate:
        said.append(tr("{time} left", time=clock((total - count) / rate)))
    return f"[{bar:{WIDTH}}] {listed(said).local()}"


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours, minutes and seconds: 0:07, 12:34, 1:02:03."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
