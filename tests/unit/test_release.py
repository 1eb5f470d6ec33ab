"""The archive of a release: every tracked file and nothing else, and install.py runs from it."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from obs_bgremove import __version__
from obs_bgremove.setup import release

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    not (REPOSITORY / ".git").exists() or not shutil.which("git"), reason="made from a git checkout only"
)


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    with zipfile.ZipFile(release.archive(REPOSITORY, folder, trial=True)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder / f"ai-background-{__version__}"


def test_it_holds_every_file_of_the_repository_and_nothing_else(unpacked: Path) -> None:
    held = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert held == set(filter(None, git(REPOSITORY, "ls-files", "-z").split("\0")))
    assert {path.name for path in unpacked.parent.iterdir()} == {unpacked.name, f"{unpacked.name}.zip"}
    for name in held:
        assert (unpacked / name).read_bytes() == (REPOSITORY / name).read_bytes()


def test_install_py_runs_from_it_with_nothing_around(unpacked: Path, tmp_path: Path) -> None:
    shutil.copytree(unpacked, tmp_path / "unpacked")
    (tmp_path / "home").mkdir()
    environment = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-S", tmp_path / "unpacked/install.py", "--dry-run"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0 and not run.stderr, run.stdout + run.stderr
    assert "Packages: not there yet" in run.stdout and "Program: not there yet" in run.stdout
    assert not list((tmp_path / "home").iterdir()), "a dry run writes nothing"


def test_the_same_commit_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (release.archive(REPOSITORY, tmp_path / name, trial=True) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_version_date_tag_and_tree_must_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, out = tmp_path / "checkout", tmp_path / "out"
    root.mkdir()
    out.mkdir()
    git(root, "init", "-q")
    (root / "CHANGELOG.md").write_text("# Changes\n\n## 0.0.1, 2026-01-01\n")
    assert "begins with '0.0.1, 2026-01-01'" in release.problem(root)
    (root / "CHANGELOG.md").write_text(f"# Changes\n\n## {__version__}\n")
    assert "YYYY-MM-DD" in release.problem(root)
    (root / "CHANGELOG.md").write_text(f"# Changes\n\n## {__version__}, 2026-11-25\n")
    assert "not committed" in release.problem(root)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "a")
    assert f"tag v{__version__}" in release.problem(root)
    git(root, "tag", f"v{__version__}")
    assert release.problem(root) == ""
    with zipfile.ZipFile(release.archive(root, out)) as archive:
        assert archive.namelist() == [f"ai-background-{__version__}/CHANGELOG.md"]


def test_the_changelog_begins_with_the_version_of_the_program() -> None:
    text = (REPOSITORY / "CHANGELOG.md").read_text("utf-8")
    found = re.search(r"^## (\S+?)(, \d{4}-\d{2}-\d{2})?$", text, re.MULTILINE)
    assert found is not None and found[1] == __version__


def test_outside_a_checkout_it_says_so(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "obs_bgremove.setup.release", str(tmp_path / "nowhere"), "--trial"],
        cwd=REPOSITORY,
        env={**os.environ, "GIT_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1 and run.stderr.startswith("error: git") and "Traceback" not in run.stderr
