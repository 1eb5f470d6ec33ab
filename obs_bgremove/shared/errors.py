"""The one error that reaches a person: what happened, and what to do about it.

Used by both halves. Raised anywhere, caught once per process, at its edge (command line, engine loop, OBS worker).
"""

import sys

from obs_bgremove.shared.language import NOTHING, Text, sentences, tr


def exit_in_words(exit_code: int) -> Text:
    """How a process ended, for people. Windows' codes of a crash are known in hexadecimal: 0xC0000005."""
    if exit_code > 0xFFFF or (exit_code < 0 and sys.platform == "win32"):
        return tr("exit code {code}", code=f"0x{exit_code & 0xFFFFFFFF:08X}")
    return tr("signal {number}", number=-exit_code) if exit_code < 0 else tr("exit code {code}", code=exit_code)


class UserError(Exception):
    """Something a person can understand and act on.

    `what_happened` and `what_to_do` are whole plain sentences, `text` is both; `str()` is the English, for logs.
    """

    def __init__(self, what_happened: Text, what_to_do: Text = NOTHING) -> None:
        super().__init__(what_happened, what_to_do)
        self.what_happened = what_happened
        self.what_to_do = what_to_do

    @property
    def text(self) -> Text:
        """All of it, for one line of status."""
        return sentences(self.what_happened, self.what_to_do)

    def __str__(self) -> str:
        return str(self.text)
