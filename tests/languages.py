"""Which texts the code has for people, and what the tables of languages lack: `python -m tests.languages` prints it.

It also writes the tables in their order, and settles their conflicts during a merge or rebase of git, text by text.
"""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from obs_bgremove.shared import language, options
from obs_bgremove.shared.language import Text

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = [*sorted((REPOSITORY / "obs_bgremove").rglob("*.py")), REPOSITORY / "install.py"]
FOLDER = REPOSITORY / "obs_bgremove/shared/languages"
TABLES = {name: FOLDER / f"{name}.json" for name in language.LANGUAGES if name != language.ENGLISH}
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|%\(\w+\)[sr]|%[sr]")


def marked() -> list[str]:
    """The English of every text, in the order of the sources: what stands in `tr(…)`, and the table of settings."""
    found = [text.english for text in texts_of_the_table() if re.search("[a-z]", _PLACEHOLDER.sub("", text.english))]
    for path in SOURCES:
        found += [node.value for node in literals(path) if isinstance(node, ast.Constant)]
    return list(dict.fromkeys(found))


def texts_of_the_table() -> Iterator[Text]:
    """Labels, helps, units and choices of all settings."""
    for row in options.TABLE:
        yield from (row.label, row.help, *([row.unit] if row.unit else []), *(name for _, name in row.choices))


def literals(path: Path) -> Iterator[ast.expr]:
    """The first argument of every call of `tr` in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
            yield node.args[0]


def placeholders(text: str) -> list[str]:
    """Those of a text, sorted: a translation may order them otherwise."""
    return sorted(_PLACEHOLDER.findall(text))


def stored(name: str) -> dict[str, str]:
    """A table as it is in its file."""
    return dict(json.loads(TABLES[name].read_text(encoding="utf-8")))


def as_json(table: dict[str, str]) -> str:
    """How a table is written: sorted by the English, so that changes are seen where they are."""
    return json.dumps(dict(sorted(table.items())), ensure_ascii=False, indent=1) + "\n"


def staged(name: str, side: int) -> dict[str, str] | None:
    """A table as git has it during a conflict: of the common ancestor (1), of ours (2) or of theirs (3)."""
    command = ["git", "show", f":{side}:{TABLES[name].relative_to(REPOSITORY).as_posix()}"]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    return json.loads(run.stdout) if run.returncode == 0 else None


def merged(base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
    """What either side has changed or added; where both have changed a text, ours. What one has dropped is dropped."""
    changed = {text for text in theirs if theirs[text] != base.get(text) and ours.get(text) == base.get(text)}
    kept = {text: local for text, local in ours.items() if text in theirs or text not in base}
    return {**kept, **{text: theirs[text] for text in changed}}


def main() -> None:
    """Settles conflicts, writes the tables, prints what they lack."""
    wanted = marked()
    for name in TABLES:
        ours, theirs = staged(name, 2), staged(name, 3)
        conflict = ours is not None and theirs is not None
        table = merged(staged(name, 1) or {}, ours, theirs) if conflict else stored(name)
        for text in wanted:
            if text not in table:
                print(f"{name}: missing: {text}")
        for text in table:
            if text not in wanted:
                print(f"{name}: stale: {text}")
        TABLES[name].write_text(as_json(table), encoding="utf-8")


if __name__ == "__main__":
    main()
