"""The installer puts AI Background into OBS's scene: asked to, or offered at a terminal."""

import json
import sys
from pathlib import Path

import pytest

from obs_bgremove.setup import main, obs_places, scene_collections
from tests.fakes.obs_settings import contents

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a Linux is played, on a POSIX system")


def answers(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[str]:
    """A person at a terminal who answers each question like this; the questions."""
    asked: list[str] = []

    def reply(question: str) -> str:
        asked.append(question)
        return answer

    monkeypatch.setattr("builtins.input", reply)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    return asked


def test_add_source_puts_it_into_the_current_scene_as_large_as_the_canvas(
    person: Path, obs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = person / ".config/obs-studio/basic/profiles/Untitled"
    profile.mkdir(parents=True)
    (profile / "basic.ini").write_text("[Video]\nBaseCX=2560\nBaseCY=1440\n")
    assert main.main(["--add-source"]) == 0
    said = capsys.readouterr().out
    assert "Done. Start OBS: AI Background is in its scene “Scene”." in said and "backup: " in said
    made = json.loads((obs / "Untitled.json").read_text())
    [item] = made["sources"][0]["settings"]["items"]
    assert (item["name"], item["bounds"]) == ("AI Background", {"x": 2560, "y": 1440})
    before = contents(person)
    assert main.main(["--add-source"]) == 0
    assert "has AI Background already" in capsys.readouterr().out
    assert contents(person) == before


@pytest.mark.parametrize(("answer", "count"), [("", 1), ("y", 1), ("n", 0), ("what?", 0)])
def test_at_a_terminal_it_is_offered(
    person: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, answer: str, count: int
) -> None:
    asked = answers(monkeypatch, answer)
    assert main.main([]) == 0
    assert len(asked) == 1 and "into the scene “Scene” of OBS (Untitled)" in asked[0]
    assert len(scene_collections.our_sources(obs / "Untitled.json")) == count


def test_nothing_is_offered_without_a_terminal_or_while_obs_runs(
    person: Path, obs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([]) == 0
    assert scene_collections.our_sources(obs / "Untitled.json") == []
    asked = answers(monkeypatch, "y")
    monkeypatch.setattr(obs_places, "running", lambda place: True)
    assert main.main([]) == 0
    assert not asked
    before = (obs / "Untitled.json").read_bytes()
    capsys.readouterr()
    assert main.main(["--add-source"]) == 0
    said = capsys.readouterr().out
    assert "To do: OBS runs now. Close it and run `python3 " in said and 'install.py" --add-source`; or: In OBS' in said
    assert (obs / "Untitled.json").read_bytes() == before


def test_an_obs_that_was_never_started_gets_the_source_and_uninstalling_leaves_nothing(person: Path) -> None:
    assert main.main(["--add-source"]) == 0
    collection = person / ".config/obs-studio/basic/scenes/Untitled.json"
    assert [name for name, _ in scene_collections.our_sources(collection)] == ["AI Background"]
    assert main.main(["--uninstall"]) == 0
    assert not collection.exists() and not list(collection.parents[3].rglob("*.json"))
