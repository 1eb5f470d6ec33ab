"""The one error that reaches a person: what happened, and what to do about it.

Used by both halves. Raised anywhere, caught once per process, at its edge (command line, engine loop, OBS worker).
"""

import sys


def exit_in_words(exit_code: int) -> str:
    """How a process ended, for people. Windows' codes of a crash are known in hexadecimal: 0xC0000005."""
    if exit_code > 0xFFFF or (exit_code < 0 and sys.platform == "win32"):
        return f"exit code 0x{exit_code & 0xFFFFFFFF:08X}"
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"


class UserError(Exception):
    """Something a person can understand and act on.

    `what_happened` and `what_to_do` are whole plain sentences; `str()` joins them for one line of log or status.
    """

    def __init__(self, what_happened: str, what_to_do: str = "") -> None:
        super().__init__(what_happened, what_to_do)
        self.what_happened = what_happened
        self.what_to_do = what_to_do

    def __str__(self) -> str:
        return f"{self.what_happened} {self.what_to_do}".strip()
