"""Where OBS keeps its settings, and whether an OBS that uses them runs."""

import sys
from pathlib import Path

import pytest

from obs_bgremove.setup import obs_places
from obs_bgremove.setup.obs_places import Place
from obs_bgremove.shared.errors import UserError
from tests.systems import needs_shell, skip_if_linux_cannot_be_played

GLOBAL_INI = Path(__file__).parent / "data" / "obs-29-global.ini"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    skip_if_linux_cannot_be_played()
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


@needs_shell
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

    def test_an_obs_out_of_an_appimage_counts(self, proc: Path, tmp_path: Path) -> None:
        self.process(proc, "AppRun", f"HOME={tmp_path}")
        assert not obs_places.running(Place("OBS", tmp_path / ".config/obs-studio"), proc)
        (next(path for path in proc.iterdir() if path.name.isdigit()) / "exe").symlink_to("/tmp/.mount_x/usr/bin/obs")
        assert obs_places.running(Place("OBS", tmp_path / ".config/obs-studio"), proc)

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

    def test_tasklist_in_another_language_and_code_page_is_understood(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """0x81 stands for a letter in a German Windows's console, and for nothing in the code page Python expects."""
        monkeypatch.setattr(sys, "platform", "win32")
        monkeypatch.setenv("PATH", str(tmp_path))
        tasklist = tmp_path / "tasklist"
        for script, expected in (
            (r"printf 'ausgef\201hrt.'", False),
            (r"printf 'OBS64.EXE \201'", True),
            ("exit 1", False),
        ):
            tasklist.write_text(f"#!/bin/sh\n{script}\n")
            tasklist.chmod(0o755)
            assert obs_places.running(Place("OBS", tmp_path)) is expected
        tasklist.unlink()
        assert obs_places.running(Place("OBS", tmp_path)) is False


class TestMovedAndPortable:
    """OBS 31 and newer keep parts of their settings where [Locations] of global.ini says."""

    def test_moved_scenes_and_settings_are_found(self, tmp_path: Path) -> None:
        place = started(tmp_path / "obs-studio")
        scenes, settings = tmp_path / "scenes", tmp_path / "settings"
        (scenes / "obs-studio/basic/scenes").mkdir(parents=True)
        (settings / "obs-studio").mkdir(parents=True)
        (settings / "obs-studio/user.ini").write_text("[Basic]\nSceneCollectionFile=Show.json\n")
        (tmp_path / "obs-studio/global.ini").write_text(
            f"[General]\n[Locations]\nSceneCollections={scenes}\nConfiguration={settings}\nProfiles=/x\n"
        )
        assert place.scenes == scenes / "obs-studio/basic/scenes"
        assert place.user_settings() == settings / "obs-studio/user.ini"
        assert place.active_collection() == place.scenes / "Show.json"

    def test_a_location_that_is_gone_or_belongs_to_a_portable_copy_does_not_count(self, tmp_path: Path) -> None:
        place = started(tmp_path / "obs-studio")
        (tmp_path / "obs-studio/global.ini").write_text("[Locations]\nSceneCollections=/gone\nConfiguration=/gone\n")
        assert place.scenes == tmp_path / "obs-studio/basic/scenes"
        assert place.user_settings() == tmp_path / "obs-studio/global.ini"
        (tmp_path / "obs-studio/global.ini").write_text(f"[Locations]\nSceneCollections={tmp_path}\n")
        portable = Place("OBS", place.config, portable=True)
        assert portable.scenes == place.config / "basic/scenes"

    def test_a_portable_copy_is_found_by_its_folder_or_anything_in_it(self, home: Path) -> None:
        root = home / "Games/OBS"
        started(root / "config/obs-studio")
        (root / "bin/64bit").mkdir(parents=True)
        for named in (root, root / "bin/64bit/obs64.exe", root / "config/obs-studio"):
            assert obs_places.portable_folder(str(named)) == str(root)
        assert [place.config for place in obs_places.known_places([str(root)])] == [root / "config/obs-studio"]
        with pytest.raises(UserError, match="no portable OBS"):
            obs_places.portable_folder(str(home))


@needs_shell
def test_an_obs_of_the_snap_store_is_no_obs_that_can_be_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = home / "snap/bin/obs"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    assert obs_places.obs_program() is None
    started(home / "snap/obs-studio/current/.config/obs-studio")
    assert [place.supported for place in obs_places.known_places()] == [False]


def test_a_flatpak_that_was_never_started_is_installed(home: Path) -> None:
    assert not obs_places.installed() or Path("/var/lib/flatpak/app/com.obsproject.Studio").exists()
    (home / ".local/share/flatpak/app/com.obsproject.Studio").mkdir(parents=True)
    assert obs_places.installed()
