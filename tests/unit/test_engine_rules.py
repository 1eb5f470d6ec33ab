"""Rules of the engine's code that no run on one system can check: read from the source."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "obs_bgremove"
BY_THE_CLOCK = [*sorted((PACKAGE / "engine").rglob("*.py")), PACKAGE / "setup" / "selfcheck.py"]
EVERYWHERE = sorted(PACKAGE.rglob("*.py"))


def _attributes(path: Path) -> set[str]:
    """The dotted names used, and names imported from a module, as `module.name`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", BY_THE_CLOCK, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_engine_has_one_clock(path: Path) -> None:
    """`time.monotonic` advances in steps of 15.6 ms on Windows before Python 3.13."""
    assert not _attributes(path) & {"time.monotonic", "time.monotonic_ns", "time.time"}


@pytest.mark.parametrize("path", EVERYWHERE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_pictures_are_not_read_or_written_by_opencv(path: Path) -> None:
    """On Windows cv2.imread and cv2.imwrite fail for a path that is not ASCII, such as the home of Jürgen."""
    assert not _attributes(path) & {"cv2.imread", "cv2.imwrite", "cv2.imreadmulti", "cv2.imcount"}


def test_only_one_module_makes_captures_for_cameras() -> None:
    """So that what each system needs is done for all; `bench` reads a file of the developer's."""
    makers = {path.relative_to(PACKAGE).as_posix() for path in EVERYWHERE if "cv2.VideoCapture(" in path.read_text()}
    assert makers <= {"engine/camera/opening.py", "tools/bench.py"}
