"""What may be shown of a text that holds addresses: of each URL its scheme, its host and whether a path follows.

Users, passwords, queries and fragments are secrets, and so are paths (many cameras take the password there). Where a
text can be read in two ways, the one that shows less counts: passwords hold `@`, `/` and spaces, and an address may
be half typed. Redact before a text is cut short: half an address cannot be told from a name.

Used by both processes for everything that is logged, shown or copied into a bug report; any thread.
"""

import re
from typing import Optional

_HIDDEN = "…"
# The scheme is limited in length so that searching stays linear; `%3A%2F%2F` and `:\/\/` are the same, encoded.
_START = re.compile(r"([a-z][a-z0-9+.-]{0,11})?(?::|%3a)(?:\\*/|%2f){2}", re.IGNORECASE)
_HOST = re.compile(
    r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?=(?::[0-9]*)?[.,;:!?'\"<>)\]}]*$)", re.IGNORECASE
)
_LOGIN = re.compile(r"[^\s:@]+:\S*@\S*")
_NAMED = re.compile(r"((?:password|passwd|pwd?|token|secret)=)\S+", re.IGNORECASE)
_DELIMITER = re.compile(r"[/?#\\]")
_SPACE = re.compile(r"\s")


def redact(text: str) -> str:
    """Any text, with every address in it redacted."""
    shown, at = [], 0
    while (start := _START.search(text, at)) is not None:
        shown.append(_without_logins(text[at : start.start()]))
        at = _end(text, start.end())
        shown.append(_address(start[1], text[start.end() : at]))
    return "".join([*shown, _without_logins(text[at:])])


def redact_setting(value: str) -> str:
    """A camera setting: an address is redacted as a whole, spaces included; all else like any text."""
    start = _START.match(value.strip())
    return redact(value) if start is None else _address(start[1], value.strip()[start.end() :])


def _end(text: str, at: int) -> int:
    """Where the address whose scheme ends at `at` ends: at a space, but not before the last `@` of it."""
    space = _SPACE.search(text, at)
    if space is None:
        return len(text)
    following = _START.search(text, space.start())
    last_at = text.rfind("@", space.start(), None if following is None else following.start())
    if last_at < 0:
        return space.start()
    space = _SPACE.search(text, last_at)
    return len(text) if space is None else space.start()


def _address(scheme: Optional[str], rest: str) -> str:
    """What is shown of scheme://rest."""
    delimiter = _DELIMITER.search(rest)
    authority, path = (rest, "") if delimiter is None else (rest[: delimiter.start()], rest[delimiter.start() :])
    host = _HOST.match(authority.rpartition("@")[2])
    sure = host is not None and "@" not in path and _SPACE.search(rest) is None
    shown = f"{host[0]}/{_HIDDEN}" if sure and host and path.strip("/") else host[0] if sure and host else _HIDDEN
    return f"{scheme or ''}://{shown}"


def _without_logins(text: str) -> str:
    """Text without addresses: user:password@host and password=… on their own."""
    return _NAMED.sub(rf"\1{_HIDDEN}", _LOGIN.sub(_HIDDEN, text) if "@" in text else text)
