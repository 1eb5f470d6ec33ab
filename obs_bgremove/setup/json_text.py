"""One array or value of a JSON text is changed; every other character, order, numbers and spaces, stays as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def with_array(text: str, keys: tuple[str, ...], new: list[Any]) -> str:
    """The text with other items in the array at `keys`; a number stands for the item that is there at that place.

    The text must be an object that json.loads takes. Objects and the array are made where they are missing; of a key
    that comes twice the last one counts, as for json.loads.
    """
    start = _start(text)
    for depth, key in enumerate(keys):
        places = [value for name, value, _ in _members(text, start) if name == key]
        if not places:
            return _with_member(text, start, keys[depth:], new)
        start = places[-1]
    spans = list(_items(text, start))
    end = spans[-1][1] if spans else start + 1
    close = text.index("]", end)
    before, after = _style(text, start, spans[0][0] if spans else None, text[end:close])
    result, last = "", None
    for item in new:
        if last is not None:  # neighbours stay apart as they were
            kept = isinstance(item, int) and item - 1 == last
            result += text[spans[last][1] : spans[item][0]] if kept else f",{before}"
        result += text[slice(*spans[item])] if isinstance(item, int) else _dumped(item, before)
        last = item if isinstance(item, int) else -2
    return text[: start + 1] + (before + result + after if new else "") + text[close:]


def with_value(text: str, keys: tuple[str, ...], new: Any) -> str:
    """The text with another value at `keys`; the objects on the way and the member are made where they are missing."""
    start, end = _start(text), 0
    for depth, key in enumerate(keys):
        places = [(value, value_end) for name, value, value_end in _members(text, start) if name == key]
        if not places:
            return _with_member(text, start, keys[depth:], new)
        start, end = places[-1]
    return text[:start] + _dumped(new, "") + text[end:]


def span(text: str, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Where the value at `path` (keys of objects, places in arrays) starts and ends. Raises KeyError, IndexError."""
    start, end = _start(text), len(text)
    for step in path:
        if isinstance(step, int):
            start, end = list(_items(text, start))[step]
        else:
            start, end = {name: (value, value_end) for name, value, value_end in _members(text, start)}[step]
    return start, end


def _start(text: str) -> int:
    """Where the object starts."""
    return _skip(text.lstrip("\ufeff"), 0) + len(text) - len(text.lstrip("\ufeff"))


def _style(text: str, start: int, first: int | None, after: str) -> tuple[str, str]:
    """What stands before each item and after the last one: as it is, or for an empty array as in its surroundings."""
    if first is not None:
        return text[start + 1 : first], after
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if "\n" not in text.strip():
        return "", ""
    indent = line[: len(line) - len(line.lstrip())]
    return f"\n{indent}    ", f"\n{indent}"


def _dumped(item: Any, before: str) -> str:
    if "\n" not in before:
        return json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(item, ensure_ascii=False, indent=4).replace("\n", before[before.rindex("\n") :])


def _with_member(text: str, start: int, keys: tuple[str, ...], new: Any) -> str:
    """A new last member of the object, with the objects between."""
    value = new
    for key in reversed(keys[1:]):
        value = {key: value}
    ends = [end for _, _, end in _members(text, start)]
    position = ends[-1] if ends else start + 1
    before = text[start + 1 : _skip(text, start + 1)] if ends else ""
    member = f"{before}{json.dumps(keys[0])}:{' ' if before else ''}{_dumped(value, before)}"
    return text[:position] + ("," if ends else "") + member + text[position:]


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    assert found is not None
    return found.end()


def _members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """(key, where its value starts, where it ends) of the object at `start`."""
    position = _skip(text, start + 1)
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        value = _skip(text, _skip(text, position) + 1)
        end = _DECODER.raw_decode(text, value)[1]
        yield key, value, end
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _items(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Where each item of the array at `start` starts and ends."""
    position = _skip(text, start + 1)
    while text[position] != "]":
        end = _DECODER.raw_decode(text, position)[1]
        yield position, end
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)
