"""Every text for people is marked, every table has every text, and nothing else is shown: see tests/languages.py."""

import ast
import contextlib
import io
import re
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from obs_bgremove import cli
from obs_bgremove.obs import plugin
from obs_bgremove.setup import main as setup_main
from obs_bgremove.setup.runner import Console
from obs_bgremove.shared import installation, language, options, presets
from obs_bgremove.shared.language import Text, tr
from tests import languages
from tests.fakes.fake_libobs import FakeLibobs

WORD = re.compile(r"[A-Za-z]{2,}")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
# What the window has room for that OBS opens, in widths of a Latin letter; seen on pictures of the panel. A label makes
# the left column wide, and the gallery is beside that of the first rows. A check box has its text in the wide column.
LABEL_WIDTH, FIRST_LABEL_WIDTH, CHECK_BOX_WIDTH, PRESET_WIDTH = 28, 17, 42, 74


@pytest.mark.parametrize("name", languages.TABLES)
def test_a_table_has_every_text_and_no_other(name: str) -> None:
    assert set(languages.stored(name)) == set(languages.marked())


@pytest.mark.parametrize("name", languages.TABLES)
def test_a_table_is_written_in_one_order(name: str) -> None:
    assert languages.TABLES[name].read_text(encoding="utf-8") == languages.as_json(languages.stored(name))


@pytest.mark.parametrize("name", languages.TABLES)
def test_a_translation_has_the_placeholders_and_commands_of_the_english(name: str) -> None:
    for english, local in languages.stored(name).items():
        assert languages.placeholders(local) == languages.placeholders(english), english
        assert sorted(re.findall("`[^`]*`", local)) == sorted(re.findall("`[^`]*`", english)), english
        assert local.strip() and (local == local.strip() or english != english.strip()), english


@pytest.mark.parametrize("name", languages.TABLES)
def test_a_sentence_is_not_left_in_english(name: str) -> None:
    for english, local in languages.stored(name).items():
        assert local != english or len(WORD.findall(PLACEHOLDER.sub("", english))) < 4, english


@pytest.mark.parametrize("name", languages.TABLES)
def test_labels_fit_into_the_panel(name: str) -> None:
    language.use(name)
    for row in options.TABLE:
        label, most = row.label.local(), FIRST_LABEL_WIDTH if row.basic else LABEL_WIDTH
        assert width_of(label) <= (CHECK_BOX_WIDTH if row.kind == "bool" else most), label


@pytest.mark.parametrize("name", language.LANGUAGES)
def test_a_preset_is_told_in_one_short_line(name: str) -> None:
    language.use(name)
    for preset in presets.PRESETS.values():
        line = f"{preset.label.local()}: {presets.in_words(preset)}"
        assert not re.search("[(\uff08]", line)
        assert width_of(line) <= PRESET_WIDTH, line


def width_of(text: str) -> int:
    """In widths of a Latin letter."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


@pytest.mark.parametrize("path", languages.SOURCES, ids=lambda path: path.stem)
def test_what_is_marked_is_a_literal_and_errors_are_marked(path: Path) -> None:
    if path.name == "language.py":
        return
    for node in languages.literals(path):
        assert isinstance(node, ast.Constant), f"{path.name}:{node.lineno}: tr() of something that cannot be collected"
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        where = f"{path.name}:{call.lineno}"
        if call.func.id == "UserError":
            assert not [one for one in call.args if isinstance(one, (ast.Constant, ast.JoinedStr))], where
        if call.func.id == "Text":
            assert not words_in(call.args) or "*." in ast.unparse(call.args[0]), where


def words_in(arguments: list[ast.expr]) -> list[str]:
    """The words of literals and f-strings, outside of placeholders; names of programs and flags are no words."""
    parts = [part for one in arguments for part in (one.values if isinstance(one, ast.JoinedStr) else [one])]
    said = " ".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
    return WORD.findall(re.sub(r"\b(OBS|Python|Flatpak|Snap|fps)\b|^--[a-z-]+$", "", PLACEHOLDER.sub("", said)))


@pytest.mark.parametrize("path", languages.SOURCES, ids=lambda path: path.stem)
def test_nothing_is_printed_or_offered_as_help_that_is_not_marked(path: Path) -> None:
    if path.name in ("lock.py", "release.py", "options.py", "__main__.py"):  # for developers, or for OBS's side
        return
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        helps = [word.value for word in call.keywords if word.arg in ("help", "description", "epilog")]
        assert not words_in(helps), f"{path.name}:{call.lineno}"
        if name in ("print", "say", "ask", "progress"):
            assert not words_in(call.args), f"{path.name}:{call.lineno}"


class Bracketed:
    """A language in which all that was marked stands in brackets: whatever is shown outside of them is hard-coded."""

    def __init__(self) -> None:
        self._marked = set(languages.marked())

    def get(self, english: str, default: str) -> str:
        if english not in self._marked:
            return default
        parts = re.split(r"(\{[^{}]*\}|%\(\w+\)[sr]|%[sr])", english)
        return "".join(part if part[0] in "{%" else f"\u27e6{part}\u27e7" for part in parts if part)

    def values(self) -> list[str]:
        return []


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(language._tables, "xx", Bracketed())  # type: ignore[arg-type]
    monkeypatch.setattr(language, "match", lambda locale: "xx")


def hard_coded(text: str, *values: str) -> list[str]:
    """The words of a shown text that are neither marked nor one of the values, nor HTML's."""
    bare = re.sub("\u27e6[^\u27e6\u27e7]*?(\u27e7|$|(?=<br>))", " ", re.sub(r"&\w+;", " ", text))
    bare = re.sub(r"<[^<>]*>", " ", bare)
    for value in (*values, "AI Background"):
        bare = bare.replace(value, " ")
    return WORD.findall(bare)


def shown(panel: Any) -> list[str]:
    """All texts of a panel: labels, tips, units, entries."""
    texts = []
    for row in panel.rows:
        texts += [row.label, row.tip, row.suffix, *(name for name, _, _ in row.entries)]
        texts += [more.decode() for more in row.more if isinstance(more, bytes) and b"*." in more]
        texts += shown(row)
    return texts


STATS = {
    "type": "stats",
    "camera": "Camera 0",
    "camera_kind": "device",
    "width": 1280,
    "height": 720,
    **dict.fromkeys(("fps", "fps_in", "work_ms", "latency_ms", "camera_fps"), 25.0),
}


@pytest.mark.parametrize("kind", ["device", "sample"])
@pytest.mark.parametrize("rate", [0, 25.0])
def test_the_panel_shows_no_word_that_is_not_marked(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], bracketed: None, tmp_path: Path, kind: str, rate: float
) -> None:
    (tmp_path / "a.png").touch()
    loaded = load("deaf")
    absent = {"camera": "gone0", "background": "gone.png", "model": "gone", "fps": 12}
    source = lib.add_source(**absent, backgrounds_folder=str(tmp_path))
    [held] = loaded._sources.values()
    held.status.stats = {**STATS, "camera_kind": kind, "camera_fps": rate, "fps_in": rate}
    texts = shown(lib.panel(source))
    assert len(texts) > 100
    values = ("Camera 0", "gone.png", "gone0", "gone", "a.png", "MJPG", "<br>", str(tmp_path))
    values += tuple(re.findall(r"\*\.\w+", " ".join(texts)))
    assert not [text for text in texts if hard_coded(text, *values)]
    assert all(text.startswith("\u27e6") for text in lib.hotkey_labels) and lib.hotkey_labels


@pytest.mark.parametrize("state", ["starting", "well", "hidden", "note", "settings", "engine"])
def test_the_status_says_no_word_that_is_not_marked(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], bracketed: None, state: str
) -> None:
    loaded = load("deaf")
    source = lib.add_source(camera="sample", **({"threshold": 7} if state == "settings" else {}))
    [held] = loaded._sources.values()
    status = held.status
    if state in ("well", "hidden"):
        status.stats = {**STATS, "fps": 25.0 if state == "well" else 0.0}
    if state == "note":
        status.note = tr("Privacy is switched on: only the background is shown.")
    if state == "engine":
        status.problem = options_error()
        status.remember(status.problem.text)
    panel = lib.panel(source)
    for name in ("status", "figures"):
        row = panel.find(name)
        assert row is not None and "\u27e6" in row.label
        assert not hard_coded(row.label, "threshold", "Camera 0"), row.label


def options_error() -> Any:
    from obs_bgremove.shared.errors import UserError, exit_in_words

    return UserError(tr("The engine stopped unexpectedly ({ending}).", ending=exit_in_words(-9)), tr("Restart OBS."))


def test_the_scripts_description_has_no_word_that_is_not_marked(
    lib: FakeLibobs, bracketed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin.libobs, "load", lambda: lib)
    text = plugin.description()
    from obs_bgremove import __version__
    from obs_bgremove.shared import installation

    assert text.count("\u27e6") >= 3
    assert not hard_coded(text, str(installation.logs_dir()), __version__)


@pytest.mark.parametrize("words", [["--help"], ["--dry-run"], ["--uninstall", "--dry-run"], ["--nonsense"]])
def test_the_installer_says_no_word_that_is_not_marked(
    bracketed: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    monkeypatch.setenv("AI_BACKGROUND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with contextlib.suppress(SystemExit):
        setup_main.main(words)
    spoken = capsys.readouterr()
    text = " ".join((spoken.out + spoken.err).split())
    assert "\u27e6" in text
    names = (
        "install.py",
        "FOLDER",
        "OBS",
        *installation.SHA256,
        str(tmp_path),
        "home",
        *re.findall(r"-h\b|--[a-z-]+", text),
    )
    assert not hard_coded(text, *sorted(names, key=len, reverse=True)), text


@pytest.mark.parametrize("verb", [[], ["render"], ["bench"], ["preview"], ["doctor"]])
def test_the_command_line_helps_with_no_word_that_is_not_marked(
    bracketed: None, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main([*verb, "--help"])
    text = " ".join(capsys.readouterr().out.split())
    names = re.findall(r"-h\b|--[a-z-]+|[A-Z]+(?:=[A-Z]+)?|\{[a-z,]+\}|-m obs_bgremove", text)
    names += ["python", "render", "bench", "preview", "doctor", "input", "output", *options.BY_KEY, "mkv", "frame"]
    names += [".mov", ".mp4", ".webm", ".png", "%05d"]
    assert not hard_coded(text, *sorted(names, key=len, reverse=True)), text


def test_a_question_takes_the_yes_of_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    language.use("fr")
    asked: list[str] = []
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    for answer, expected in (("", True), ("o", True), ("Oui", True), ("y", True), ("n", False), ("non", False)):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: asked.append(question) or answer)
        assert Console(terminal).ask(tr("Close OBS first.")) is expected, answer
    assert "Fermez d'abord OBS. [O/n]" in asked[0]


def test_panel_and_hotkeys_follow_obs_live(lib: FakeLibobs, load: Callable[..., plugin.Plugin]) -> None:
    lib.locale = b"de-DE"
    load("deaf")
    source = lib.add_source(camera="sample")
    assert "N\u00e4chster Hintergrund" in lib.hotkey_labels
    labels = {}
    for locale in ("de-DE", "ja-JP", "tlh-KX", "en-US"):
        lib.locale = locale.encode()
        row = lib.panel(source).find("mirror")
        assert row is not None
        labels[locale] = row.label
    assert labels == {
        "de-DE": "Spiegeln",
        "ja-JP": "\u5de6\u53f3\u53cd\u8ee2",
        "tlh-KX": "Mirror",
        "en-US": "Mirror",
    }


def test_the_log_of_obs_stays_english(
    lib: FakeLibobs, load: Callable[..., plugin.Plugin], caplog: pytest.LogCaptureFixture
) -> None:
    lib.locale = b"de-DE"
    loaded = load("deaf")
    source = lib.add_source(camera="sample", threshold=7)
    label = lib.panel(source).find("status").label  # type: ignore[union-attr]
    assert "Einstellung threshold" in label
    [held] = loaded._sources.values()
    held.close(5)
    assert "Setting threshold: got" in caplog.text and "Einstellung" not in caplog.text
    assert "Setting threshold" in held.details()


def test_tables_of_two_branches_are_merged_text_by_text() -> None:
    base = {"both": "0", "mine": "0", "yours": "0", "dropped": "0"}
    ours = {"both": "1", "mine": "1", "yours": "0", "new of mine": "1", "dropped": "0"}
    theirs = {"both": "2", "mine": "0", "yours": "2", "new of yours": "2"}
    merged = languages.merged(base, ours, theirs)
    assert merged == {"both": "1", "mine": "1", "yours": "2", "new of mine": "1", "new of yours": "2"}


def test_a_text_without_translation_stays_english_and_keeps_its_values() -> None:
    language.use("de")
    assert Text("No such text of {name}.", name="x").local() == "No such text of x."


def test_a_text_crosses_between_the_processes_and_is_translated_there() -> None:
    said = tr("The camera {camera} was lost.", camera="A {b}")
    crossed = Text.from_json(said.to_json())
    language.use("fr")
    assert crossed == said and str(crossed) == "The camera A {b} was lost."
    assert crossed.local() == "La cam\u00e9ra A {b} a \u00e9t\u00e9 perdue."


def test_numbers_have_the_comma_of_the_language() -> None:
    text = Text("{fps:.1f} of {size}", fps=29.97, size="1.5")
    language.use("de")
    assert text.local() == "30,0 of 1.5", "a value that is a text is left alone"
    language.use("ja")
    assert text.local() == "30.0 of 1.5"


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de-AT", "de"),
        ("de_DE.UTF-8", "de"),
        ("pt_PT@euro", "pt"),
        ("es-MX", "es"),
        ("zh-CN", "zh"),
        ("zh_Hans_SG", "zh"),
        ("zh-TW", "en"),
        ("zh_Hant_HK.UTF-8", "en"),
        ("fil-PH", "en"),
        ("C.UTF-8", "en"),
        ("", "en"),
    ],
)
def test_a_locale_gets_the_nearest_language(locale: str, expected: str) -> None:
    assert language.match(locale) == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "ru_RU.UTF-8", "LC_MESSAGES": "fr_FR.UTF-8"}, "ru"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "tlh:ja:en"}, "ja"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "en_GB:de"}, "en"),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"}, "en"),
        ({"LANG": "de_DE.UTF-8", "AI_BACKGROUND_LANGUAGE": "es"}, "es"),
        ({}, "en"),
    ],
)
def test_the_command_line_speaks_the_systems_language(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "AI_BACKGROUND_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language.of_system() == expected


def test_windows_is_asked_for_the_language_of_its_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes
    import types

    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG", "AI_BACKGROUND_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    kernel = types.SimpleNamespace(GetUserDefaultUILanguage=lambda: 0x0416)
    monkeypatch.setattr(ctypes, "windll", types.SimpleNamespace(kernel32=kernel), raising=False)
    monkeypatch.setattr(language.sys, "platform", "win32")
    assert language.of_system() == "pt"


def test_a_terminal_that_has_not_the_letters_gets_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_BACKGROUND_LANGUAGE", "zh")
    assert (language.of_system("cp1252"), language.of_system("utf-8")) == ("en", "zh")
    monkeypatch.setenv("AI_BACKGROUND_LANGUAGE", "de")
    assert language.of_system("cp1252") == "de"
