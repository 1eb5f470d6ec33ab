"""The texts for people, and the language that they are shown in.

Code says what it has to say in English: `tr("The camera {camera} was lost.", camera=label)` makes a `Text`, which is
turned into words where it is shown, so that it can cross from the engine to OBS. `str(text)` is English, for logs and
bug reports; `text.local()` is the language in use. The English is the key of languages/*.json, one file a language;
a text that is not in there stays English. tests/unit/test_languages.py finds what is missing.

Standard library only; used on any thread.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Callable

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de", "fr", "es", "pt", "ru", "zh", "ja")
VARIABLE = "AI_BACKGROUND_LANGUAGE"  # overrides the system's language, for installer and command line
_COMMA = ("de", "fr", "es", "pt", "ru")  # write 0,5
_FOLDER = Path(__file__).with_name("languages")
_PLACEHOLDER = re.compile(r"\{(\w+)(?::([^{}]*))?\}")

_used = ENGLISH
_tables: dict[str, Mapping[str, str]] = {ENGLISH: {}}


class Text:
    """An English sentence or label with {placeholders}, and their values: numbers, strings, other texts.

    A placeholder may hold a format for a number: {seconds:.0f}. Immutable; equal when it says the same.
    """

    __slots__ = ("english", "values")

    def __init__(self, english: str, /, **values: object) -> None:
        self.english = english
        self.values = {
            name: value if isinstance(value, (Text, int, float)) else str(value) for name, value in values.items()
        }

    def __str__(self) -> str:
        return self._in(ENGLISH)

    def local(self) -> str:
        """In the language in use."""
        return self._in(_used)

    def _in(self, language: str) -> str:
        def filled(found: "re.Match[str]") -> str:
            value = self.values.get(found[1], found[0])
            if isinstance(value, Text):
                return value._in(language)
            if isinstance(value, float):
                number = format(value, found[2] or "g")
                return number.replace(".", ",") if language in _COMMA else number
            return format(value, found[2] or "")

        return _PLACEHOLDER.sub(filled, table(language).get(self.english, self.english))

    def __bool__(self) -> bool:
        return bool(self.english)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.english, self.values) == (other.english, other.values)

    def __hash__(self) -> int:
        return hash(self.english)

    def __repr__(self) -> str:
        return f"Text({str(self)!r})"

    def to_json(self) -> dict[str, Any]:
        """For a message between the processes."""
        values = {name: value.to_json() if isinstance(value, Text) else value for name, value in self.values.items()}
        return {"english": self.english, "values": values}

    @classmethod
    def from_json(cls, said: object) -> "Text":
        """From `to_json`. Raises ValueError for anything else."""
        if not (isinstance(said, dict) and isinstance(said.get("english"), str)):
            raise ValueError(f"not a text: {str(said)[:80]!r}")
        values = said.get("values")
        if not isinstance(values, dict) or not all(isinstance(one, (str, int, float, dict)) for one in values.values()):
            raise ValueError(f"values of a text: {str(values)[:80]!r}")
        text = cls(said["english"])
        text.values = {name: cls.from_json(one) if isinstance(one, dict) else one for name, one in values.items()}
        return text


NOTHING = Text("")
tr = Text
"""Marks a text for translation: its argument is a literal, which the tests collect from the source."""


def sentences(*texts: Text) -> Text:
    """Several in a row; empty ones are left out."""
    said = [text for text in texts if text]
    if not said:
        return NOTHING
    joined = said[0]
    for text in said[1:]:
        joined = tr("{sentence} {next}", sentence=joined, next=text)
    return joined


def listed(texts: Iterable[object]) -> Text:
    """Names or texts as a list with commas."""
    joined = NOTHING
    for text in texts:
        joined = tr("{list}, {next}", list=joined, next=text) if joined else Text("{only}", only=text)
    return joined


def table(language: str) -> Mapping[str, str]:
    """English to that language; empty for English. Raises nothing: an unreadable file leaves English."""
    found = _tables.get(language)
    if found is None:
        try:
            found = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = {}
        _tables[language] = found
    return found


def used() -> str:
    """The language in use: one of LANGUAGES."""
    return _used


def use(language: str) -> None:
    """From now on texts are shown in this one of LANGUAGES."""
    global _used
    _used = language


def match(locale: str) -> str:
    """Which of LANGUAGES comes nearest to a locale such as de-AT, pt_BR.UTF-8 or zh-Hans-CN; English where none does.

    Who reads traditional characters gets English, not simplified ones: OBS's own translations are apart as well.
    """
    parts = re.split(r"[-_.@]", locale.casefold())
    if parts[0] == "zh" and {"tw", "hk", "mo", "hant"}.intersection(parts):
        return ENGLISH
    return parts[0] if parts[0] in LANGUAGES else ENGLISH


def of_system(encoding: str = "utf-8") -> str:
    """The language that installer and command line speak: that of the variable, else the system's. English where the
    terminal's encoding has not the letters."""
    language = match(os.environ.get(VARIABLE) or _locale())
    letters = {letter for text in table(language).values() for letter in text if letter.isalpha()}
    try:
        "".join(letters).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return ENGLISH
    return language


def _locale() -> str:
    """The locale for messages, by the rules of gettext(3); on Windows, where shells set none, that of its windows."""
    in_use = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    if in_use.partition(".")[0] in ("C", "POSIX"):
        return in_use
    if in_use and (wished := os.environ.get("LANGUAGE")):
        known = [name for name in wished.split(":") if match(name) != ENGLISH or name.casefold().startswith(ENGLISH)]
        return known[0] if known else in_use
    if not in_use and sys.platform == "win32":
        return _of_windows()
    return in_use


def _of_windows() -> str:
    import ctypes
    import locale

    ask: Callable[[], int] = ctypes.windll.kernel32.GetUserDefaultUILanguage  # type: ignore[attr-defined,unused-ignore]
    return locale.windows_locale.get(ask(), "")
