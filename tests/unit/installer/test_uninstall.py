"""What an update keeps and what an uninstall leaves."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

from obs_bgremove.setup import main, obs_places, safe_write, scene_collections
from tests.fakes.fake_pip import home_of
from tests.fakes.obs_settings import REAL, contents

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a Linux is played, on a POSIX system")


def test_uninstall_removes_all_but_the_backups_and_the_users_pictures(
    person: Path, obs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main.main([])
    mine = home_of(person) / "app/backgrounds/mine.jpg"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    assert main.main(["--uninstall"]) == 0
    assert f"kept, because it is yours: {mine}" in capsys.readouterr().out
    assert [path for path in home_of(person).rglob("*") if path.is_file()] == [mine]
    assert json.loads((obs / "Untitled.json").read_text()) == json.loads(REAL.read_text())
    assert list(obs.glob(f"*{safe_write.BACKUP_SUFFIX}"))
    assert (Path(__file__).parents[3] / "install.py").is_file()
    mine.unlink()
    assert main.main([]) == 0
    assert main.main(["--uninstall"]) == 0
    assert not home_of(person).exists()
    assert main.main(["--uninstall"]) == 0


def test_uninstall_leaves_collections_as_they_were_to_the_byte(person: Path, obs: Path) -> None:
    """Also numbers and escapes that Python would write otherwise than OBS."""
    odd = '{\n    "volume": 0.10000000000000001,\n    "a": "C:\\/x",\n    "modules": {"scripts-tool": []},  "z":1E-3\n}'
    others = '{"modules":{"scripts-tool":[{"path":"/a.lua","settings":{"v":1.0e2}} , {"path":"/b.py"}],"x":{}}}'
    texts = {"Odd": odd, "Others": others, "Marked": "\ufeff" + others, "Lines": odd.replace("\n", "\r\n")}
    for name, text in texts.items():
        (obs / f"{name}.json").write_bytes(text.encode())
    before = contents(obs)
    assert main.main([]) == 0
    assert all(scene_collections.registered_script(obs / name) for name in before)
    assert main.main(["--uninstall"]) == 0
    assert {name: data for name, data in contents(obs).items() if name.endswith(".json")} == before


def test_uninstall_removes_the_first_collection_of_an_obs_that_was_never_started(
    person: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([]) == 0
    assert (person / ".config/obs-studio/basic/scenes/Untitled.json").exists()
    assert main.main(["--uninstall"]) == 0
    assert "never started since" in capsys.readouterr().out
    assert not list(person.rglob("*.json")) and not (person / ".config/obs-studio").exists()


def test_uninstall_says_which_backups_stay(person: Path, obs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.main([])
    main.main(["--uninstall"])
    assert f"kept: backups of OBS's files (2), {obs}" in capsys.readouterr().out


def test_a_newer_version_keeps_settings_and_pictures_of_the_user(person: Path, obs: Path) -> None:
    main.main([])
    home, collection = home_of(person), obs / "Untitled.json"
    # As an older version would have left it: a file that is gone since, one that differs, both known as ours.
    stored = json.loads((home / "installed.json").read_text())
    for name in ("obs_bgremove/gone.py", "obs_bgremove/__init__.py", "backgrounds/old-wall.jpg"):
        (home / "app" / name).write_text("older")
        stored["files"][name] = hashlib.sha256(b"older").hexdigest()
    (home / "installed.json").write_text(json.dumps(stored))
    (home / "app/backgrounds/mine.jpg").write_text("mine")
    data = json.loads(collection.read_text())
    data["sources"].append({"id": "ai_background", "name": "Me", "settings": {"blur": 73}})
    data["modules"]["scripts-tool"][0]["settings"] = {"kept": True}
    collection.write_text(json.dumps(data))
    before = collection.read_bytes()
    assert main.main([]) == 0
    assert collection.read_bytes() == before, "the source's settings and the script's are OBS's"
    assert not (home / "app/obs_bgremove/gone.py").exists() and not (home / "app/backgrounds/old-wall.jpg").exists()
    assert "__version__" in (home / "app/obs_bgremove/__init__.py").read_text()
    assert (home / "app/backgrounds/mine.jpg").read_text() == "mine"


def test_uninstall_waits_for_obs_to_be_closed(
    person: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main.main([])
    before = contents(person)
    monkeypatch.setattr(obs_places, "running", lambda place: True)
    assert main.main(["--uninstall"]) == 1
    assert "Close it, then run this again" in capsys.readouterr().out
    assert contents(person) == before
