"""Where OBS keeps its settings, and whether an OBS that uses them runs."""

import sys
from pathlib import Path

import pytest

from obs_bgremove.setup import obs_places
from obs_bgremove.setup.obs_places import Place

GLOBAL_INI = Path(__file__).parent / "data" / "obs-29-global.ini"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def started(config: Path) -> Place:
    config.mkdir(parents=True)
    (config / "global.ini").write_bytes(GLOBAL_INI.read_bytes())
    return Place("OBS", config)


def test_a_system_without_obs_has_no_known_place(home: Path) -> None:
    assert obs_places.known_places() == []
    assert obs_places.obs_program() is None


@pytest.mark.parametrize(
    "folder",
    [
        ".config/obs-studio",
        ".var/app/com.obsproject.Studio/config/obs-studio",
        "snap/obs-studio/current/.config/obs-studio",
    ],
)
def test_native_flatpak_and_snap_are_found(home: Path, folder: str) -> None:
    started(home / folder)
    assert [place.config for place in obs_places.known_places()] == [home / folder]


def test_xdg_config_home_is_followed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "elsewhere"))
    started(home / "elsewhere" / "obs-studio")
    assert [place.config for place in obs_places.known_places()] == [home / "elsewhere" / "obs-studio"]


def test_a_folder_with_plugins_only_is_an_obs_that_was_never_started(home: Path) -> None:
    (home / ".config/obs-studio/plugins").mkdir(parents=True)
    assert obs_places.known_places() == []


def test_the_other_systems_are_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path / "Roaming"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "win32")
    assert obs_places.all_places()[0].config == tmp_path / "Roaming" / "obs-studio"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert obs_places.all_places()[0].config == tmp_path / "Library/Application Support/obs-studio"


@pytest.mark.parametrize(
    ("ini", "expected"),
    [
        (GLOBAL_INI.read_text(), "Untitled.json"),
        ("[Basic]\nSceneCollectionFile=My_Show.json\n", "My_Show.json"),
        ("\ufeff[Basic]\nSceneCollection=Größe: 1%\nSceneCollectionFile=Groesse\n", "Groesse.json"),
        ("[Basic]\nProfile=x\n", None),
        ("not an ini file", None),
    ],
)
def test_the_active_collection_is_read(tmp_path: Path, ini: str, expected: str | None) -> None:
    place = Place("OBS", tmp_path)
    (tmp_path / "global.ini").write_text(ini, "utf-8")
    assert place.active_collection() == (None if expected is None else place.scenes / expected)


def test_user_ini_of_newer_obs_wins(tmp_path: Path) -> None:
    (tmp_path / "global.ini").write_text("[Basic]\nSceneCollectionFile=Old\n")
    (tmp_path / "user.ini").write_text("[Basic]\nSceneCollectionFile=New.json\n")
    place = Place("OBS", tmp_path)
    assert place.active_collection() == place.scenes / "New.json"


class TestRunning:
    """Against a /proc of our own."""

    @pytest.fixture
    def proc(self, tmp_path: Path) -> Path:
        (tmp_path / "proc" / "self").mkdir(parents=True)
        return tmp_path / "proc"

    @staticmethod
    def process(proc: Path, name: str, environ: str) -> None:
        folder = proc / str(100 + len(list(proc.iterdir())))
        folder.mkdir()
        (folder / "comm").write_text(name + "\n")
        (folder / "environ").write_bytes(environ.replace(" ", "\0").encode())

    def test_no_process_is_no_obs(self, proc: Path, tmp_path: Path) -> None:
        self.process(proc, "firefox", f"HOME={tmp_path}")
        assert not obs_places.running(Place("OBS", tmp_path / ".config/obs-studio"), proc)

    def test_an_obs_with_these_settings_counts(self, proc: Path, tmp_path: Path) -> None:
        self.process(proc, "obs", f"A=b HOME={tmp_path} C=d")
        assert obs_places.running(Place("OBS", tmp_path / ".config/obs-studio"), proc)

    def test_an_obs_with_other_settings_does_not(self, proc: Path, tmp_path: Path) -> None:
        self.process(proc, "obs", f"HOME={tmp_path} XDG_CONFIG_HOME={tmp_path}/isolated")
        assert not obs_places.running(Place("OBS", tmp_path / ".config/obs-studio"), proc)
        assert obs_places.running(Place("OBS", tmp_path / "isolated/obs-studio"), proc)

    def test_an_obs_that_can_not_be_asked_counts(self, proc: Path, tmp_path: Path) -> None:
        self.process(proc, "obs", "")
        assert obs_places.running(Place("OBS", tmp_path / ".config/obs-studio"), proc)
