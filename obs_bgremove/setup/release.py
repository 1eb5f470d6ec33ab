"""Makes the archive of a release: every file of the repository and nothing else, in one folder.

    python -m obs_bgremove.setup.release FOLDER           writes FOLDER/ai-background-VERSION.zip
    python -m obs_bgremove.setup.release FOLDER --trial   the same of an unfinished state: the checks are left out

A release in order: set `__version__` in obs_bgremove/__init__.py, write the changelog's first heading as
`## VERSION, YYYY-MM-DD`, commit, `git tag vVERSION`, run this. It refuses when these three do not agree, or when the
working tree is not what the tag says. The same commit gives the same archive, byte for byte.
"""

import argparse
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from obs_bgremove import __version__
from obs_bgremove.shared import installation


class NoReleaseError(Exception):
    """Why there is no archive, for the developer: never shown to users, so in English only."""


def _git(root: Path, *words: str) -> str:
    run = subprocess.run(["git", *words], cwd=root, capture_output=True, encoding="utf-8", check=False)
    if run.returncode:
        raise NoReleaseError(f"git {words[0]} failed: {run.stderr.strip()} A release is made from a git checkout.")
    return run.stdout


def problem(root: Path) -> str:
    """Why the checkout is no release, or an empty text. Raises NoReleaseError."""
    heading = re.search(r"^## (.*)$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    written = heading[1] if heading else "nothing"
    if not re.fullmatch(re.escape(__version__) + r", \d{4}-\d{2}-\d{2}", written):
        return f"the changelog begins with {written!r}, not with '{__version__}, YYYY-MM-DD'"
    if _git(root, "status", "--porcelain").strip():
        return "the working tree holds changes that are not committed"
    if f"v{__version__}" not in _git(root, "tag", "--points-at", "HEAD").split():
        return f"the commit does not carry the tag v{__version__}"
    return ""


def archive(root: Path, folder: Path, trial: bool = False) -> Path:
    """Writes the archive; returns it. Raises NoReleaseError."""
    found = "" if trial else problem(root)
    if found:
        raise NoReleaseError(f"This is no release: {found}. See the top of obs_bgremove/setup/release.py.")
    name = f"ai-background-{__version__}"
    # Zip knows no time zone: the commit's time, in UTC.
    moment = time.gmtime(int(_git(root, "log", "-1", "--format=%ct")))[:6]
    target = folder / f"{name}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(filter(None, _git(root, "ls-files", "-z").split("\0"))):
            entry = zipfile.ZipInfo(f"{name}/{path}", moment)
            executable = (root / path).stat().st_mode & 0o100
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, (root / path).read_bytes())
    return target


def main(words: list[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m obs_bgremove.setup.release", description="The archive of a release."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trial", action="store_true", help="leave the checks out")
    arguments = parser.parse_args(words)
    try:
        target = archive(installation.app_dir(), arguments.folder, arguments.trial)
    except (NoReleaseError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{target}, {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
