"""The worker's spare picture is made anew when, and only when, something changes that it depends on."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.canvas import Canvas
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.engine.worker import _look
from obs_bgremove.shared.options import BY_KEY, Options
from obs_bgremove.shared.protocol import DesiredState

STATE = DesiredState(Options(background_mode="file"))
MATTERS = {"background_mode", "backgrounds_folder", "background", "color", "view", "fit", "slideshow_s", "shuffle"}
MATTERS |= {"picture_blur"}
OTHER: dict[str, object] = {"camera": "other", "background_mode": "color", "background": "c-blue.png"}


def _other_value(key: str, value: object) -> object:
    """Any other value of a setting."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return f"{value}x"


def _changed(key: str) -> DesiredState:
    value = OTHER.get(key, _other_value(key, getattr(STATE.options, key)))
    return dataclasses.replace(STATE, options=dataclasses.replace(STATE.options, **{key: value}))


@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_the_spare_picture_is_made_anew_for_the_settings_it_depends_on_and_no_other(key: str) -> None:
    assert (_look(_changed(key)) != _look(STATE)) == (key in MATTERS)


@pytest.mark.parametrize("key", sorted(BY_KEY.keys() - MATTERS))
@pytest.mark.parametrize("mode", ["file", "blur", "color", "transparent", "off"])
def test_no_other_setting_changes_the_picture_of_the_background_alone(pictures: Path, mode: str, key: str) -> None:
    pipeline = Pipeline(Backgrounds(wait=True))
    shown = []
    for state in (STATE, _changed(key)):
        options = dataclasses.replace(state.options, background_mode=mode, backgrounds_folder=str(pictures))
        canvas = pipeline.background_alone(dataclasses.replace(state, options=options), 160, 90, Canvas)
        shown.append(canvas.pixels.copy())
    assert np.array_equal(*shown)


@pytest.mark.parametrize("switch", ["removal", "privacy"])
def test_the_switches_change_the_spare_picture(switch: str) -> None:
    assert _look(dataclasses.replace(STATE, **{switch: not getattr(STATE, switch)})) != _look(STATE)
