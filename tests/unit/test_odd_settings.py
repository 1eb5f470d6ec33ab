"""Whatever is stored, by obs-websocket, a script or by hand: there is a panel, and it says what is wrong."""

from typing import Any, Callable

import pytest

from obs_bgremove.obs import panel, plugin, source
from obs_bgremove.shared import options
from obs_bgremove.shared.errors import UserError
from tests.fakes.fake_libobs import FakeLibobs
from tests.waiting import wait_for

ODD: list[Any] = [
    None,
    "fast",
    "",
    True,
    -1,
    7.5,
    10**400,
    -(10**18),
    float("nan"),
    float("inf"),
    {"a": 1},
    ["a", 2],
    [],
    "choose:file",
    "\udcff.png",
    "x" * 100_000,
    "<b>",
]


def complete(shown: Any) -> bool:
    return all(shown.find(row.key) is not None for row in options.TABLE) and shown.find("status") is not None


@pytest.mark.parametrize("row", options.TABLE, ids=lambda row: row.key)
def test_no_stored_value_leaves_the_panel_empty(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], row: options.Row, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = load()
    made = lib.add_source(camera="sample")
    [held] = loaded._sources.values()
    for value in ODD:
        lib.set(made, **{row.key: value})
        shown = lib.panel(made)
        assert complete(shown), value
        if row.key == "camera" and not value:
            continue  # none: the worker pins the first one found
        try:
            row.parse(value)
        except UserError:
            assert any(f"Setting {row.key}" in str(problem) for problem in held.status.settings_problems)
            assert f"Setting {row.key}" in shown.find("status").label
    assert "internal error" not in caplog.text
    lib.set(made, **{row.key: row.default})


def test_an_odd_value_is_shown_as_what_is_used_instead(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    load()
    made = lib.add_source(camera="sample", fps="fast", backgrounds_folder=5)
    entries = lib.panel(made).find("fps").entries
    assert ("Automatic", 0, True) in entries and len(entries) == 7
    assert [name for name, _, _ in lib.panel(made).find("background").entries], "the pictures that come with it"


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"fps": 1' + b"0" * 5000 + b"}", b"\xff{", b"[1]", b""])
def test_settings_that_are_no_object_give_the_panel_of_the_defaults(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    load()
    made = lib.add_source(camera="sample")
    monkeypatch.setattr(lib, "obs_data_get_json", lambda data: text)
    assert complete(lib.panel(made))


@pytest.mark.parametrize("where", ["source", "panel"])
def test_a_mistake_of_ours_leaves_a_panel_with_a_message(
    lib: FakeLibobs,
    load: Callable[..., plugin.Plugin],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    where: str,
) -> None:
    load()
    made = lib.add_source(camera="sample")
    if where == "source":
        monkeypatch.setattr(source.Source, "panel_opens", lambda self, serial: 1 / 0)
    else:
        monkeypatch.setattr(panel.Panel, "_show_relevant", lambda self, *_: 1 / 0)
    before = sum(type(kept).__name__ == "Property" and kept.kind == "panel" for kept in lib.objects.values())
    [message] = lib.panel(made).rows
    assert "could not be built" in message.label and "log" in message.label
    assert "ZeroDivisionError" in caplog.text and "test_odd_settings.py" in caplog.text
    after = sum(type(kept).__name__ == "Property" and kept.kind == "panel" for kept in lib.objects.values())
    groups = 0 if where == "source" else len(options.GROUPS)  # libobs frees these with the panel they are in
    assert after - before == 1 + groups, "the half-built panel was not given back"


def test_what_is_wrong_is_gone_once_it_is_mended(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    loaded = load()
    made = lib.add_source(camera="sample", fps=[1])
    [held] = loaded._sources.values()
    assert "fps" in lib.panel(made).find("status").label
    lib.set(made, fps=30)
    wait_for(lambda: held.status.settings_problems == ())
    assert "fps" not in lib.panel(made).find("status").label


def test_a_panel_that_opens_on_an_odd_folder_changes_no_choice(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin]
) -> None:
    load()
    made = lib.add_source(camera="sample", backgrounds_folder=7, background="mine.png")
    lib.change(made, lib.panel(made), "backgrounds_folder", 7)  # libobs calls it right after the panel is built
    assert lib.settings(made)["background"] == "mine.png"
