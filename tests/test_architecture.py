"""The cut of the product: imports go one way, and the half inside OBS needs nothing but the standard library."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "obs_bgremove"
SHARED = {"options", "framebuffer", "protocol", "environment", "errors", "folder"}

IN_A_FRESH_INTERPRETER = """
import sys, types
before = set(sys.modules)
sys.modules["obspython"] = types.ModuleType("obspython")
import importlib, pkgutil
import obs_bgremove.obs
for module in pkgutil.iter_modules(obs_bgremove.obs.__path__):
    importlib.import_module("obs_bgremove.obs." + module.name)
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign = loaded - sys.stdlib_module_names - {"obs_bgremove", "obspython"}
ours = {name for name in sys.modules if name.startswith("obs_bgremove.engine")}
print(sorted(foreign), sorted(ours))
"""


def _imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return {name for name in names if name.startswith("obs_bgremove.")}


def _units(path: Path) -> set[str]:
    return {name.split(".")[1] for name in _imports_of(path)}


def test_the_obs_side_loads_only_the_standard_library_and_obspython() -> None:
    result = subprocess.run(
        [sys.executable, "-S", "-c", IN_A_FRESH_INTERPRETER],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.strip() == "[] []"


@pytest.mark.parametrize("path", sorted((PACKAGE / "obs").glob("*.py")), ids=lambda path: path.name)
def test_obs_imports_only_itself_and_the_shared_half(path: Path) -> None:
    assert _units(path) <= SHARED | {"obs", "__version__"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "engine").rglob("*.py")), ids=lambda path: path.name)
def test_engine_imports_only_itself_and_the_shared_half(path: Path) -> None:
    assert _units(path) <= SHARED | {"engine", "__version__"}


@pytest.mark.parametrize("name", sorted(SHARED))
def test_the_shared_half_imports_neither_side(name: str) -> None:
    assert _units(PACKAGE / f"{name}.py") <= SHARED


def test_the_script_imports_only_the_obs_side() -> None:
    assert _units(PACKAGE / "script/ai_background.py") <= {"obs"}


@pytest.mark.parametrize("path", sorted([*(PACKAGE / "obs").glob("*.py"), *(PACKAGE / "script").glob("*.py")]), ids=str)
def test_the_obs_side_keeps_to_python_3_9_syntax(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
