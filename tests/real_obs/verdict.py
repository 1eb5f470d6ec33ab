"""Which lines of an OBS complain, and which of those are ours to answer for.

No list of other people's messages: what an OBS without us says on the same machine is not ours, whatever it is. All
else that complains is, also without our name in it: a line of libobs may be about our source and not say so.
"""

import re
from typing import Callable, Optional

LEVEL = re.compile(r"^(debug|info|warning|error): ")
TIME = re.compile(r"^\d\d:\d\d:\d\d\.\d{3}: ")
BAD = re.compile(r"\berror\b|\bERROR\b|[Ff]ailed|already exists|Duplicate")
# Python runs for us alone.
PYTHON = re.compile(r"Traceback|Python failure|Fatal Python error|Exception ignored")
OUR_LOG = "[AI Background]"
OUR_BAD = re.compile(r"internal error|Error in ")
OURS = re.compile(r"AI Background|ai[_-]background|obs_bgremove")
LEAKS = re.compile(r"Number of memory leaks: (\d+)")
# The bare OBS runs for so long at least: some complaints come late (a server that does not answer). And at most.
LEAST_S, MOST_S = 8.0, 90.0


class BareObs:
    """What an OBS of the same configuration without us complains of. `run` starts one for so many seconds and gives
    what it wrote; `known` is what all of them together have said.

    It is started only when something is to be compared, and once more, for longer, before a complaint is held to be
    ours: what did not come in a short run may come in one as long as ours was.
    """

    def __init__(self, run: Callable[[float], str], known: set[str]) -> None:
        self._run, self._known = run, known
        self._lasted_s = 0.0
        self._leaks = 0

    def says(self, line: str, within_s: float) -> bool:
        """Whether it says this as well, in a run of up to so many seconds."""
        for seconds in (LEAST_S, min(max(within_s, LEAST_S), MOST_S)):
            if _keys(line) & self._known:
                return True
            if seconds > self._lasted_s:
                self._learn(seconds)
        return bool(_keys(line) & self._known)

    def leaks(self) -> int:
        """How many leaks it counts itself."""
        if not self._lasted_s:
            self._learn(LEAST_S)
        return self._leaks

    def _learn(self, seconds: float) -> None:
        output = self._run(seconds)
        self._lasted_s = seconds
        for line in filter(suspicious, output.splitlines()):
            self._known |= _keys(line)
        self._leaks = max(self._leaks, leaks(output) or 0)


def leaks(output: str) -> Optional[int]:
    """What OBS counted at its exit; None: it did not come to that."""
    found = LEAKS.findall(output)
    return int(found[-1]) if found else None


def suspicious(line: str) -> bool:
    """Whether a line complains, of whatever it is."""
    text = LEVEL.sub("", line)
    bad = BAD.search(text) or PYTHON.search(text)
    if OUR_LOG in line:  # our own log: that a camera or a picture is missing is an error for people, and none of ours
        return bool(bad or OUR_BAD.search(text))
    if not (LEVEL.match(line) or TIME.match(line) or PYTHON.search(line) or OURS.search(line)):
        return False  # OBS's log writes no such line: Qt and the graphics driver speak for themselves on stderr
    about_us = line.startswith("warning: ") and OURS.search(line)
    return bool(about_us or line.startswith("error: ") or bad)


def ours(output: str, bare: BareObs, lasted_s: float) -> list[str]:
    """The complaints in what an OBS with us wrote in so many seconds that an OBS without us does not make."""
    found = {TIME.sub("", LEVEL.sub("", line)): line for line in output.splitlines() if suspicious(line)}
    return [
        line for line in found.values() if OURS.search(line) or PYTHON.search(line) or not bare.says(line, lasted_s)
    ]


def _keys(line: str) -> set[str]:
    """By what two lines are the same complaint: without times, numbers and addresses; nor need the reason be the same
    that follows "failed" ("... failed: no such host", "... failed: timed out")."""
    text = re.sub(r"0x[0-9a-f]+|\d+", "#", TIME.sub("", LEVEL.sub("", line)).strip())
    head = text.partition(": ")[0]
    return {text, head} if head.endswith("failed") else {text}
