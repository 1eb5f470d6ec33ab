"""OBS's settings files (global.ini, user.ini), read and changed by the rules of libobs/util/config-file.c.

Names of sections and keys know no case, a section may come twice, a key without a value counts as absent, a backslash
escapes, and the first value that is found counts. Only the one line is changed: mark, order and line ends stay.
"""

from __future__ import annotations

import re

_MARK = "\ufeff"


def _unescaped(value: str) -> str:
    return re.sub(r"\\([nr\\])", lambda found: {"n": "\n", "r": "\r"}.get(found[1], "\\"), value)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")


def value(text: str, section: str, key: str) -> str | None:
    """The value that OBS would read, or None."""
    inside = False
    for line in text.lstrip(_MARK).splitlines():
        line = line.strip()
        if line.startswith("["):
            inside = line[1:].partition("]")[0].strip().lower() == section.lower()
        elif inside and not line.startswith("#"):
            name, _, found = (part.strip() for part in line.partition("="))
            if name.lower() == key.lower() and found:
                return _unescaped(found)
    return None


def with_value(text: str, section: str, key: str, new: str) -> str:
    """The text with this value, in the line that OBS would read, else in a new one at the end of the section."""
    end = "\r\n" if "\r\n" in text else "\n"
    line = f"{key}={_escaped(new)}"
    lines = text.split(end)
    inside = first = False
    position: int | None = None
    for number, old in enumerate(lines):
        stripped = old.lstrip(_MARK).strip()
        if stripped.startswith("["):
            first = position is None
            inside = stripped[1:].partition("]")[0].strip().lower() == section.lower()
            position = number + 1 if inside and first else position
        elif inside and re.match(rf"{re.escape(key)}\s*=", stripped, re.IGNORECASE):
            lines[number] = line
            return end.join(lines)
        elif inside and first and stripped:
            position = number + 1
    if position is not None:
        lines.insert(position, line)
        return end.join(lines)
    body = text.rstrip("\r\n")
    gap = end * 2 if body.strip(_MARK) else ""
    return f"{body}{gap}[{section}]{end}{line}{end}"
