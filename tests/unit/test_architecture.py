"""The cut of the product, read from its folders: imports go one way, and what OBS loads needs nothing but Python.

`shared` stands at the bottom; `obs` and `engine` stand on it, side by side; `tools` and `setup` use what they need; the
command line stands on top. Within a folder modules may import each other, but not in a circle.
"""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "obs_bgremove"
# What each folder may import of ours besides itself; modules at the top (cli, __main__) may import anything.
BELOW = {
    "shared": set(),
    "obs": {"shared"},
    "engine": {"shared"},
    "script": {"obs"},
    "tools": {"shared", "engine"},
    "setup": {"shared", "obs"},
}
# What OBS's own Python loads, whichever it is: the standard library only, in the syntax of 3.9. On Windows an old
# Python asks `setup` for a newer one.
FOR_ANY_PYTHON = ("script", "obs", "shared", "setup")
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)

IN_A_FRESH_INTERPRETER = """
import sys, types
before = set(sys.modules)
sys.modules["obspython"] = types.ModuleType("obspython")
import importlib, pkgutil
for folder in ("obs", "shared", "setup"):
    package = importlib.import_module("obs_bgremove." + folder)
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module("obs_bgremove." + folder + "." + module.name)
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign = loaded - sys.stdlib_module_names - {"obs_bgremove", "obspython"}
ours = {name for name in sys.modules if name.startswith("obs_bgremove.engine")}
print(sorted(foreign), sorted(ours))
"""


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def _imports_of(path: Path) -> set[str]:
    """The modules of ours that a module imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = (PACKAGE.parent / Path(*whole.split("."))).with_suffix(".py").exists()
                names.add(whole if is_module else node.module or "")
    return {name for name in names if name.startswith("obs_bgremove.")}


def test_every_folder_of_the_package_has_a_rule() -> None:
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(BELOW)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_imports_only_its_own_folder_and_those_below(path: Path) -> None:
    folder = path.relative_to(PACKAGE).parts[0]
    used = {name.split(".")[1] for name in _imports_of(path)}
    assert used <= {folder} | BELOW[folder]


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {_name(path): _imports_of(path) for path in PACKAGE.rglob("*.py")}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_the_shipped_package_does_not_import_the_tests() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert "from tests" not in path.read_text(encoding="utf-8"), path


def test_what_obs_and_the_installer_load_loads_only_the_standard_library_and_obspython() -> None:
    result = subprocess.run(
        [sys.executable, "-S", "-c", IN_A_FRESH_INTERPRETER],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.strip() == "[] []"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in FOR_ANY_PYTHON],
    ids=lambda path: _name(path),
)
def test_what_any_python_may_load_keeps_to_python_3_9_syntax(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    annotations = [
        getattr(node, field, None)
        for node in ast.walk(tree)
        for field in ("annotation", "returns")  # of arguments, variables and functions
    ]
    unions = [one for one in annotations if one and any(isinstance(part, ast.BitOr) for part in ast.walk(one))]
    unread = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    assert unread or not unions, f"line {unions[0].lineno}: 3.9 takes X | None only where annotations stay unread"


def test_the_installers_front_can_be_read_by_the_old_python_that_it_refuses() -> None:
    ast.parse((PACKAGE.parent / "install.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_no_test_imports_from_another_test() -> None:
    """What two of them need has a home of its own in tests/ or tests/fakes/."""
    for path in (PACKAGE.parent / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
                modules = (node.module or "").split(".") + [alias.name for alias in node.names]
                assert not [name for name in modules if name.startswith("test_")], f"{path}: from {node.module}"
