"""The engine's own Python environment: whether it holds the locked packages, making it, what pip's failures mean."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from obs_bgremove.setup import lock, system_libraries
from obs_bgremove.setup.runner import Runner
from obs_bgremove.shared import installation
from obs_bgremove.shared.child_process import is_crash
from obs_bgremove.shared.errors import UserError, exit_in_words
from obs_bgremove.shared.language import NOTHING, Text, sentences, tr

# Measured: the environment with the test tools takes 0.95 GB, and pip needs room for the downloads beside it.
NEEDED_BYTES = 1_600_000_000
ALTERED = tr("Run this again; if it stays so, the package index you use serves altered files: do not use it.")
# What the engine imports; an import that fails is a broken package or a missing system library.
IMPORTS = ("numpy", "cv2", "numba", "mediapipe", "cv2_enumerate_cameras", "PIL", "av")
# MediaPipe loads its native library (and with it libEGL) only when a network is made: here it is loaded as well.
IMPORT_ALL = """
import ctypes, importlib, pathlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
for path in pathlib.Path(sys.modules["mediapipe"].__file__).parent.rglob("*"):
    if path.suffix in (".so", ".dylib", ".dll"):
        ctypes.CDLL(str(path))
"""

# Compares what is installed with the pins, in the environment itself, with the parser that its pip brings; pins for
# other systems or other Pythons are left out.
COMPARE = """
import importlib.metadata, json, sys
from pip._vendor.packaging.requirements import Requirement
found = {}
for text in sys.argv[1:]:
    wanted = Requirement(text)
    if wanted.marker and not wanted.marker.evaluate():
        continue
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        version = None
    found[text] = [version, version is not None and wanted.specifier.contains(version)]
print(json.dumps(found))
"""


def problem(wanted: list[str], recorded: list[str], runner: Runner) -> Text | None:
    """Why the environment must be made or filled, in a few words, or None when it is whole. Takes about 0.3 s."""
    if not installation.python_path().exists():
        return tr("not there yet")
    if not recorded:
        return tr("an earlier run did not finish it")
    if set(wanted) - set(recorded) or dropped(recorded):
        return tr("packages to add, change or remove")
    versions = installed(wanted, runner)
    if versions is None:
        return tr("its Python does not run")
    bad = [lock.name_of(pin) for pin, (_, fits) in versions.items() if not fits]
    return tr("missing or of another version: {packages}", packages=", ".join(bad)) if bad else None


def installed(wanted: list[str], runner: Runner) -> dict[str, tuple[str | None, bool]] | None:
    """By pin that counts on this system: the installed version (None: missing), and whether it fits.

    None when the environment's Python does not run.
    """
    try:
        result = runner.ask([str(installation.python_path()), "-c", COMPARE, *wanted])
        found = json.loads(result.output.strip().splitlines()[-1]) if result.returncode == 0 else None
    except (OSError, ValueError, IndexError):
        return None
    return None if found is None else {pin: (version, bool(fits)) for pin, (version, fits) in found.items()}


def dropped(recorded: list[str]) -> list[str]:
    """Packages that an earlier lock had and no lock of today has: they would be left over."""
    known = {lock.name_of(pin) for pin in lock.pins(test=True)}
    return sorted({re.split(r"[=<>;\s]", text)[0] for text in recorded} - known)


def check_disk(home: Path) -> None:
    """Raises UserError when the packages would not fit."""
    free = shutil.disk_usage(home).free
    if free < NEEDED_BYTES:
        raise disk_full(
            tr(
                "{free:.1f} GB are free where {folder} is, {needed:.1f} GB are needed.",
                free=free / 1e9,
                folder=home,
                needed=NEEDED_BYTES / 1e9,
            )
        )


def disk_full(detail: Text) -> UserError:
    """The disk is full, or would be."""
    return UserError(
        sentences(tr("There is not enough room on the disk."), detail),
        tr("Free some, or set AI_BACKGROUND_HOME to a folder on another disk; then run this again."),
    )


def make(test: bool, recorded: list[str], fresh: bool, runner: Runner) -> None:
    """Makes the environment (anew if `fresh`) and installs the locked packages. Raises UserError."""
    python = installation.python_path()
    if fresh or not python.exists():
        result = runner.run(
            [sys.executable, "-m", "venv", "--clear", str(runner.home / "venv")], tr("making the environment")
        )
        if result.returncode:
            raise venv_failure(result.output, runner.log_path)
    elif dropped(recorded):
        runner.run([str(python), "-m", "pip", "uninstall", "--yes", *dropped(recorded)], tr("removing old packages"))
    downloads = runner.home / "download-pip"
    downloads.mkdir(exist_ok=True)
    try:
        # Wheels only: a source package would need compilers. No dependencies but those in the lock, which has them all.
        # pip's temporary files go where the room was checked.
        how = ["--progress-bar=off", "--only-binary=:all:", "--no-deps", "--require-hashes"]
        result = runner.run(
            [str(python), "-m", "pip", "install", *how, "--requirement", str(lock.lock_file(test))],
            tr("starting pip"),
            _summary,
            {"TMPDIR": str(downloads), "PIP_NO_WARN_SCRIPT_LOCATION": "1"},
        )
    finally:
        shutil.rmtree(downloads, ignore_errors=True)
    if result.returncode:
        raise pip_failure(result.output, runner.log_path)


def probe(runner: Runner) -> None:
    """Imports every package once, as the engine will. Raises UserError that names missing system libraries."""
    result = runner.run([str(installation.python_path()), "-c", IMPORT_ALL, *IMPORTS], tr("trying the packages"))
    if result.returncode == 0:
        return
    absent = system_libraries.missing(installation.python_path(), runner)
    raise import_failure(result.returncode, result.output, absent, runner.log_path)


def import_failure(returncode: int, output: str, absent: list[str], log_path: Path) -> UserError:
    """Why the packages do not load; `absent` are system libraries that are known to be missing (Linux)."""
    where = tr("The whole message is in {file}.", file=log_path)
    names = [*absent, *system_libraries.named_in(output)]
    if names:
        return system_libraries.error(names)
    last: list[object] = [*output.strip().splitlines()[-1:], exit_in_words(returncode)]
    if sys.platform == "win32" and re.search(r"DLL load failed|WinError 126|Could not find module", output):
        return UserError(
            tr("A library that belongs to Windows is missing: {error}", error=last[0]),
            sentences(
                tr(
                    "Install the Microsoft Visual C++ Redistributable (x64), and on an N edition of Windows also the "
                    "Media Feature Pack (Settings, System, Optional features); then run this again."
                ),
                where,
            ),
        )
    if is_crash(returncode):
        return UserError(
            tr("The engine's packages crash on this computer ({ending}).", ending=exit_in_words(returncode)),
            tr(
                "They need a 64-bit processor with AVX. If yours has it, please report this with the end of {file}.",
                file=log_path,
            ),
        )
    return UserError(tr("The engine's packages do not load: {error}", error=last[0]), where)


def _summary(line: str) -> Text | None:
    """pip's line as a progress text."""
    words = line.split()
    if not words:
        return None
    if words[0] == "Collecting" and len(words) > 1:
        return tr("looking up {package}", package=re.split("[<>=~!;[( ]", words[1])[0])
    if words[0] in ("Downloading", "Using") and (
        found := re.search(r"([\w.]+?)-\d\S*(?: (\([\d.]+ ?[kMG]?B\)))?", line)
    ):
        package = " ".join(part for part in (found[1].rpartition("/")[2], found[2]) if part)
        if words[0] == "Downloading":
            return tr("downloading {package}", package=package)
        return tr("taking {package}", package=package)
    if line.startswith("Installing collected packages"):
        return tr("unpacking {count} packages", count=line.count(",") + 1)
    if "Retrying" in line:
        return tr("the network does not answer, trying again")
    return None


_NO_NETWORK = re.compile(
    "Temporary failure in name resolution|NameResolutionError|getaddrinfo|Name or service not known|NewConnectionError|"
    "ConnectTimeout|ReadTimeout|Connection(?:Error| refused| reset| aborted)|Network is unreachable|ProxyError|"
    "Retrying \\(Retry|HTTP error 5",
    re.IGNORECASE,
)


def pip_failure(output: str, log_path: Path) -> UserError:
    """pip's failure in plain words, with what to do."""
    where = tr("The whole output of pip is in {file}.", file=log_path)
    if re.search(r"No space left on device|Errno 28\b|Disk quota exceeded", output):
        return disk_full(where)
    if re.search(r"SSLError|CERTIFICATE_VERIFY_FAILED", output):
        return UserError(
            tr("The package index could not be reached safely: its certificate was not accepted."),
            sentences(
                tr("Check this computer's date, and any proxy or antivirus in between; then run this again."), where
            ),
        )
    if "DO NOT MATCH THE HASHES" in output:
        found = re.search(r"^\s*([\w.-]+==\S+) from ", output, re.MULTILINE)
        return UserError(
            tr(
                "{file} is not the file it should be (its SHA-256 differs).",
                file=found[1] if found else tr("A package"),
            ),
            sentences(ALTERED, where),
        )
    if _NO_NETWORK.search(output):
        return UserError(
            tr("The package index could not be reached."),
            sentences(
                tr("Check the internet connection (and the proxy, if there is one), then run this again."), where
            ),
        )
    if re.search(r"No matching distribution found|Could not find a version", output):
        found = re.search(r"(?:No matching distribution found for|satisfies the requirement) (\S+)", output)
        return UserError(
            tr(
                "There is no package {package} for this computer (Python {version}, {system}), or the package index "
                "lacks it.",
                package=found[1] if found else "",
                version=f"{sys.version_info[0]}.{sys.version_info[1]}",
                system=sys.platform,
            ),
            sentences(
                tr(
                    "Look whether pip uses another index than the usual one; on Linux, the packages need glibc 2.28 or "
                    "newer."
                ),
                where,
            ),
        )
    if re.search(r"Permission denied|Errno 13\b", output):
        return UserError(
            tr("pip may not write to its folders."),
            sentences(tr("Make them writable for you, then run this again."), where),
        )
    said = [line.strip() for line in output.splitlines() if line.strip()]
    failed = tr("pip failed: {error}", error=said[-1] if said else tr("it said nothing"))
    return UserError(failed, sentences(tr("Run this again."), where))


def venv_failure(output: str, log_path: Path) -> UserError:
    """Why the environment could not be made."""
    if re.search(r"No space left on device|Errno 28\b", output):
        return disk_full(NOTHING)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    remedy = tr("The whole message is in {file}.", file=log_path)
    if "ensurepip" in output:
        command = f"sudo apt-get install python{version}-venv"
        remedy = sentences(tr("Debian, Ubuntu: `{command}`, then run this again.", command=command), remedy)
    return UserError(tr("Python's environment could not be made with {program}.", program=sys.executable), remedy)
