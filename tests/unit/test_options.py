"""The table of settings: parsing, messages, and everything that is derived from it."""

import dataclasses
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_bgremove.shared import options
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.options import BY_KEY, TABLE, Options

CONTRACT = {
    "resolution": "auto",
    "fps": 0,
    "mirror": True,
    "framing": "off",
    "release_when_hidden": False,
    "background_mode": "file",
    "fit": "cover",
    "blur": 40,
    "picture_blur": 0,
    "blur_style": "soft",
    "crossfade_ms": 250,
    "slideshow_s": 0,
    "shuffle": False,
    "color": 0xFF40B100,
    "threshold": 0.5,
    "edge_softness": 0.5,
    "edge_shift": 0,
    "smoothing": 0.7,
    "ignore_small": 0.15,
    "decontaminate": 1,
    "light_wrap": 0,
    "match_light": 0,
    "track_person": True,
    "use_learned_background": True,
    "model": "general",
    "view": "output",
}


def test_the_defaults_are_those_of_the_contract() -> None:
    assert {key: value for key, value in Options().to_dict().items() if key in CONTRACT} == CONTRACT


def test_every_row_has_a_label_a_help_sentence_and_a_valid_default() -> None:
    for row in TABLE:
        assert row.label and str(row.help).endswith("."), row.key
        assert row.parse(row.default) == row.default
        assert row.group in options.GROUPS


def test_good_settings_are_taken_and_unknown_keys_are_ignored() -> None:
    parsed, problems = options.parse({"blur": 12, "mirror": False, "from_the_future": [1, 2]})
    assert (parsed.blur, parsed.mirror, problems) == (12, False, [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("blur", "40"),
        ("blur", 101),
        ("blur", -1),
        ("blur", 1.5),
        ("blur", True),
        ("blur", math.nan),
        ("threshold", math.inf),
        ("threshold", None),
        ("mirror", 1),
        ("mirror", "yes"),
        ("background_mode", "picture"),
        ("resolution", "big"),
        ("resolution", "0x0"),
        ("resolution", "1280x720; rm"),
        ("color", -1),
        ("color", 1 << 40),
        ("camera", 7),
        ("background", "a\0b"),
        ("view", []),
    ],
)
def test_a_bad_value_gives_the_default_and_one_message_with_got_and_expected(key: str, value: object) -> None:
    parsed, problems = options.parse({key: value})
    assert parsed == Options()
    assert len(problems) == 1
    assert all(word in str(problems[0]) for word in (key, "got", "expected"))


def test_command_line_words_become_typed_values() -> None:
    parsed = options.parse_assignments(
        ["blur=7", "threshold=0.25", "mirror=no", "color=#0080ff", "background=a=b.png", "resolution=640x360"]
    )
    assert (parsed.blur, parsed.threshold, parsed.mirror) == (7, 0.25, False)
    assert (parsed.color, parsed.background) == (0xFFFF8000, "a=b.png")
    assert parsed.requested_size == (640, 360)


@pytest.mark.parametrize("word", ["blur", "nonsense=1", "=1", "blur=abc", "mirror=perhaps", "color=#12"])
def test_a_wrong_command_line_word_is_refused_in_plain_words(word: str) -> None:
    with pytest.raises(UserError, match="got"):
        options.parse_assignments([word])


@given(st.dictionaries(st.sampled_from(sorted(BY_KEY)), st.one_of(st.none(), st.booleans(), st.floats(), st.text())))
def test_whatever_is_stored_gives_valid_options_and_one_message_per_replaced_value(stored: dict[str, object]) -> None:
    parsed, problems = options.parse(stored)
    for row in TABLE:
        row.parse(getattr(parsed, row.key))
    replaced = [key for key, value in stored.items() if not _same(getattr(parsed, key), value)]
    assert len(problems) >= len(replaced)
    assert json.loads(json.dumps(parsed.to_dict(), allow_nan=False)) == parsed.to_dict()


def _same(taken: object, stored: object) -> bool:
    return taken == stored and isinstance(taken, bool) == isinstance(stored, bool)


def test_options_survive_json_between_the_processes() -> None:
    changed = dataclasses.replace(Options(), blur=3, camera="Ünïcödé 📷", threshold=0.125, mirror=False)
    assert options.parse(json.loads(json.dumps(changed.to_dict()))) == (changed, [])


def test_the_readme_shows_the_table_as_it_is() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    assert options.markdown_table() in readme, "run python -m obs_bgremove.shared.options --write"


def test_the_readmes_table_is_renewed_in_place(tmp_path: Path) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    old = readme.replace("| `0.7` |", "| `0.6` |").replace("| Mirror |", "| Mirrored |")
    assert old != readme
    (tmp_path / "README.md").write_text(old, encoding="utf-8")
    options._renew(tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == readme
