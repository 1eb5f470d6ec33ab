"""The one error that reaches a person: what happened, and what to do about it.

Used by both halves. Raised anywhere, caught once per process, at its edge (command line, engine loop, OBS worker).
"""


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
