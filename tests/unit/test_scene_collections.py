"""Our script in scene collections: nothing else changes, nothing broken is touched, a second time changes nothing."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obs_bgremove.setup import scene_collections
from tests.systems import needs_links

REAL = Path(__file__).parent / "data" / "obs-29-first-start.json"
SCRIPT = Path("/home/anna/.local/share/ai-background/app/obs_bgremove/script/ai_background.py")
OLD = "/old/checkout/obs_bgremove/script/ai_background.py"


def scripts(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["modules"]["scripts-tool"]
    return found


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    path = tmp_path / "Untitled.json"
    path.write_bytes(REAL.read_bytes())
    return path


def test_a_collection_of_obs_29_gets_the_script_and_stays_the_same_otherwise(collection: Path) -> None:
    outcome = scene_collections.change(collection, SCRIPT)
    before, after = json.loads(REAL.read_text()), json.loads(collection.read_text())
    assert outcome.state == "changed"
    assert after["modules"].pop("scripts-tool") == [{"settings": {}, "path": str(SCRIPT)}]
    before["modules"].pop("scripts-tool")
    assert after == before
    assert list(after) == list(before)
    assert "\n" not in collection.read_text().strip(), "OBS 29 writes one line; so do we"


def test_a_backup_holds_the_old_bytes_and_obs_does_not_take_it_for_a_collection(collection: Path) -> None:
    outcome = scene_collections.change(collection, SCRIPT)
    assert outcome.backup is not None
    assert outcome.backup.read_bytes() == REAL.read_bytes()
    assert list(collection.parent.glob("*.json")) == [collection]


def test_a_second_time_changes_no_byte_and_makes_no_backup(collection: Path) -> None:
    scene_collections.change(collection, SCRIPT)
    listing = {path.name: path.read_bytes() for path in collection.parent.iterdir()}
    assert scene_collections.change(collection, SCRIPT).state == "same"
    assert {path.name: path.read_bytes() for path in collection.parent.iterdir()} == listing


def test_taking_it_out_gives_what_was_there_before(collection: Path) -> None:
    scene_collections.change(collection, SCRIPT)
    assert scene_collections.change(collection, None).state == "changed"
    assert json.loads(collection.read_text()) == json.loads(REAL.read_text())
    assert scene_collections.change(collection, None).state == "same"


def test_two_backups_within_a_second_do_not_overwrite_each_other(collection: Path) -> None:
    first = scene_collections.change(collection, SCRIPT).backup
    second = scene_collections.change(collection, None).backup
    assert first is not None and second is not None and first != second


def test_earlier_copies_become_this_one_with_their_settings_and_other_scripts_keep_their_place() -> None:
    entries = [
        {"path": "/a/clock.lua", "settings": {"x": 1}},
        {"path": OLD, "settings": {"kept": True}},
        {"path": "/b/other.py", "settings": {}},
        {"path": "C:\\x\\obs_bgremove\\script\\ai_background.py", "settings": {}},
    ]
    text = scene_collections.edited(json.dumps({"modules": {"scripts-tool": entries}}), SCRIPT)
    assert text is not None
    assert scripts(text) == [entries[0], {"path": str(SCRIPT), "settings": {"kept": True}}, entries[2]]


def test_a_collection_without_scripts_or_modules_gets_them() -> None:
    text = scene_collections.edited('{"name": "x"}', SCRIPT)
    assert text is not None and len(scripts(text)) == 1


def test_indented_collections_stay_indented_and_names_readable() -> None:
    text = scene_collections.edited('{\n    "name": "Größe 日本"\n}\n', SCRIPT)
    assert text is not None and text.startswith('{\n    "name": "Größe 日本",\n')


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b'{"modules": ',
        b"[]",
        b'"text"',
        b'{"modules": []}',
        b'{"modules": {"scripts-tool": {}}}',
        b'{"modules": {"scripts-tool": ["path"]}}',
        b'{"volume": NaN}',
        b'{"name": "\\ud800"}',
        b"\xff\xfe{}",
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:30]),
)
def test_a_collection_that_is_not_understood_is_never_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Broken.json"
    path.write_bytes(content)
    outcome = scene_collections.change(path, SCRIPT)
    assert outcome.state == "broken" and outcome.detail
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_collection_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    outcome = scene_collections.change(tmp_path / "absent.json", SCRIPT)
    assert outcome.state == "broken" and "cannot be read" in str(outcome.detail)


@needs_links
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_bytes(REAL.read_bytes())
    real.chmod(0o600)
    link = tmp_path / "Untitled.json"
    link.symlink_to(real)
    assert scene_collections.change(link, SCRIPT).state == "changed"
    assert link.is_symlink()
    assert stat.S_IMODE(os.stat(real).st_mode) == 0o600
    assert len(scripts(real.read_text())) == 1


def test_a_full_disk_leaves_the_collection_whole(collection: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = scene_collections.change(collection, SCRIPT)
    assert outcome.state == "broken" and "No space left" in str(outcome.detail)
    assert collection.read_bytes() == REAL.read_bytes()
    assert not list(collection.parent.glob(".ai-background-*"))


def test_a_dry_run_tells_and_writes_nothing(collection: Path) -> None:
    assert scene_collections.change(collection, SCRIPT, dry=True).state == "changed"
    assert [path.name for path in collection.parent.iterdir()] == [collection.name]
    assert collection.read_bytes() == REAL.read_bytes()


def test_the_first_collection_has_a_scene_and_the_script(tmp_path: Path) -> None:
    path = tmp_path / "basic" / "scenes" / "Untitled.json"
    assert scene_collections.create_first(path, SCRIPT).state == "changed"
    made = json.loads(path.read_text())
    assert made["current_scene"] == made["sources"][0]["name"] == "Scene"
    assert scene_collections.registered_script(path) == str(SCRIPT)
    assert scene_collections.create_first(path, SCRIPT).state == "broken", "never over an existing file"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3),
    max_leaves=8,
)
entries = st.lists(
    st.fixed_dictionaries(
        {"path": st.sampled_from([OLD, str(SCRIPT), "/x/other.py", ""]), "settings": st.just({})},
        optional={"more": json_values},
    ),
    max_size=5,
)


@given(
    rest=st.dictionaries(st.text(max_size=6), json_values, max_size=4),
    entries=entries,
    indent=st.sampled_from([None, 4]),
)
def test_any_collection_keeps_everything_else_and_a_second_edit_finds_nothing(
    rest: dict[str, Any], entries: list[dict[str, Any]], indent: int | None
) -> None:
    rest.pop("modules", None)
    text = json.dumps({**rest, "modules": {"other": 1, "scripts-tool": entries}}, indent=indent)
    new_text = scene_collections.edited(text, SCRIPT)
    after = json.loads(new_text or text)
    found = after.pop("modules")
    assert after == rest
    assert found["other"] == 1
    assert [entry["path"] for entry in found["scripts-tool"] if scene_collections.is_ours(entry["path"])] == [
        str(SCRIPT)
    ]
    others = [entry for entry in entries if not scene_collections.is_ours(entry["path"])]
    assert [entry for entry in found["scripts-tool"] if not scene_collections.is_ours(entry["path"])] == others
    assert scene_collections.edited(new_text or text, SCRIPT) is None
