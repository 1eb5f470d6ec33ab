"""Presets: valid values, the same settings in each, and words that say what differs."""

import pytest

from obs_bgremove.shared import options, presets


@pytest.mark.parametrize("name", list(presets.PRESETS))
def test_each_preset_holds_valid_values_of_the_same_settings(name: str) -> None:
    values = presets.PRESETS[name].values
    assert values.keys() == presets.PRESETS["balanced"].values.keys()
    for key, value in values.items():
        parsed = options.BY_KEY[key].parse(value)
        assert parsed == value and type(parsed) is type(value)


def test_balanced_is_how_it_came() -> None:
    assert all(options.BY_KEY[key].default == value for key, value in presets.PRESETS["balanced"].values.items())


def test_the_words_name_what_differs() -> None:
    assert presets.in_words(presets.PRESETS["low_cpu"]) == "Resolution 640x360, Frame Rate 15 fps, Model Landscape"
    assert presets.in_words(presets.PRESETS["balanced"]) == "Resolution automatic, Frame Rate automatic, Model General"
