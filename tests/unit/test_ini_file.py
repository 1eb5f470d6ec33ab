"""OBS's settings files: read as OBS reads them, and one line changed.

The files of OBS 30 and 31 in data/ are written by what those versions write (libobs/util/config-file.c, OBSApp.cpp);
the one of OBS 29 was recorded.
"""

from pathlib import Path

import pytest

from obs_bgremove.setup import ini_file

DATA = Path(__file__).parent / "data"
FILES = ["obs-29-global.ini", "obs-30-windows-global.ini", "obs-31-migrated/global.ini", "obs-31-migrated/user.ini"]


def text_of(name: str) -> str:
    return (DATA / name).read_bytes().decode("utf-8")


@pytest.mark.parametrize("name", FILES)
def test_a_value_is_set_and_nothing_else_changes(name: str) -> None:
    before = text_of(name)
    after = ini_file.with_value(before, "Python", "Path64bit", "C:/Python312")
    assert ini_file.value(after, "Python", "Path64bit") == "C:/Python312"
    kept = [line for line in after.split("\n") if "Path64bit" not in line and line.strip() != "[Python]"]
    assert [line for line in kept if line.strip()] == [
        line for line in before.split("\n") if line.strip() and "Path64bit" not in line and line.strip() != "[Python]"
    ]
    assert after.startswith("\ufeff") == before.startswith("\ufeff")
    assert ("\r\n" in after) == ("\r\n" in before) and after.count("\n") - after.count("\r\n") in (0, after.count("\n"))
    assert ini_file.with_value(after, "Python", "Path64bit", "C:/Python312") == after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "[Python]\nPath64bit=X\n"),
        ("\ufeff", "\ufeff[Python]\nPath64bit=X\n"),
        ("[A]\nb=1\n", "[A]\nb=1\n\n[Python]\nPath64bit=X\n"),
        ("[Python]\n\n[A]\nb=1\n", "[Python]\nPath64bit=X\n\n[A]\nb=1\n"),
        ("[Python]\nOther=1\n\n[A]\nb=1\n", "[Python]\nOther=1\nPath64bit=X\n\n[A]\nb=1\n"),
        ("[python]\npath64BIT = old\n", "[python]\nPath64bit=X\n"),
        ("[Python]\nPath64bit=\nPath64bit=old\n", "[Python]\nPath64bit=X\nPath64bit=old\n"),
        ("[Python]\nOther=1\n[A]\n[Python]\nPath64bit=old\n", "[Python]\nOther=1\n[A]\n[Python]\nPath64bit=X\n"),
        ("[Python]\nOther=1\n[A]\nb=1\n[Python]\nc=1\n", "[Python]\nOther=1\nPath64bit=X\n[A]\nb=1\n[Python]\nc=1\n"),
    ],
)
def test_the_line_that_obs_reads_is_the_one_that_changes(text: str, expected: str) -> None:
    after = ini_file.with_value(text, "Python", "Path64bit", "X")
    assert after == expected
    assert ini_file.value(after, "Python", "Path64bit") == "X"


def test_backslashes_are_escaped_as_obs_escapes_them() -> None:
    assert ini_file.value(text_of("obs-30-windows-global.ini"), "Python", "Path64bit") == "C:\\Python310\\gone"
    assert ini_file.with_value("", "A", "b", "C:\\x") == "[A]\nb=C:\\\\x\n"


def test_a_key_without_a_value_a_comment_and_another_section_do_not_count() -> None:
    text = "[Other]\nkey=other\n[Basic]\n#key=comment\nkey=\nKEY = found \nkey=later\n"
    assert ini_file.value(text, "basic", "key") == "found"
    assert ini_file.value(text, "Basic", "nothing") is None
    assert ini_file.value("no ini at all", "Basic", "key") is None
