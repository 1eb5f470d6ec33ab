"""pip's failures in plain words, missing system libraries by name, and pins that are the installed ones."""

from pathlib import Path

import pytest

from obs_bgremove.setup import packages, system_libraries
from obs_bgremove.setup.runner import Console, Result, Runner
from obs_bgremove.shared.errors import UserError

LOG = Path("/home/anna/install.log")


class Answers(Runner):
    """A runner that starts nothing: each command gets the answer whose key is in it."""

    def __init__(self, home: Path, answers: dict[str, Result]) -> None:
        super().__init__(home, Console())
        self.answers = answers

    def ask(self, args):  # type: ignore[no-untyped-def]
        text = " ".join(args)
        return next(answer for key, answer in self.answers.items() if key in text)

    def run(self, args, doing, *more, **others):  # type: ignore[no-untyped-def]
        return self.ask(args)


@pytest.mark.parametrize(
    ("output", "what", "remedy"),
    [
        (
            "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by 'NewConnectionError(...: "
            "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')'\n"
            "ERROR: Could not find a version that satisfies the requirement numpy<2.5,>=2.4 (from versions: none)\n",
            "could not be reached",
            "internet connection",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
            "not enough room",
            "AI_BACKGROUND_HOME",
        ),
        (
            "ERROR: Could not find a version that satisfies the requirement mediapipe<1.3 (from versions: none)\n"
            "ERROR: No matching distribution found for mediapipe<1.3\n",
            "no package mediapipe<1.3 for this computer",
            "another index",
        ),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
            "    av==18.1.0 from file:///av.whl:\n        Expected sha256 aa\n             Got        bb\n",
            "av==18.1.0 is not the file it should be",
            "altered",
        ),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", "certificate", "date"),
        ("ERROR: [Errno 13] Permission denied: '/x'", "may not write", "writable"),
        ("weird\nERROR: something new\n", "pip failed: ERROR: something new", "again"),
        ("", "pip failed", "again"),
    ],
)
def test_every_failure_of_pip_is_said_in_plain_words_with_a_remedy(output: str, what: str, remedy: str) -> None:
    error = packages.pip_failure(output, LOG)
    assert what in str(error.what_happened)
    assert remedy in str(error.what_to_do) and str(LOG) in str(error)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Collecting mediapipe<1.3,>=1.2.2", "looking up mediapipe"),
        ("Collecting absl-py~=2.3 (from mediapipe)", "looking up absl-py"),
        ("  Downloading numba-0.68.1-cp311-cp311-manylinux_2_28_x86_64.whl (3.8 MB)", "downloading numba (3.8 MB)"),
        ("  Using cached numpy-2.4.6-cp311-cp311-manylinux.whl (16.9 MB)", "taking numpy (16.9 MB)"),
        ("Installing collected packages: a, b, c", "unpacking 3 packages"),
        ("Requirement already satisfied: pip", None),
        ("", None),
    ],
)
def test_pips_output_is_summed_up(line: str, shown: str | None) -> None:
    assert str(packages._summary(line.strip())) == str(shown)


def test_too_little_room_is_said_with_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "NEEDED_BYTES", 10**18)
    with pytest.raises(UserError, match=r"GB are free .* are needed"):
        packages.check_disk(tmp_path)


def test_a_failed_import_names_the_libraries_and_the_line_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: "/x" if name == "apt-get" else None)
    failed = "OSError: libEGL.so.1: cannot open shared object file: No such file or directory\n"
    runner = Answers(
        tmp_path, {"import_module": Result(1, failed), "missing": Result(0, '["libEGL.so.1", "libGL.so.1"]')}
    )
    with pytest.raises(UserError) as caught:
        packages.probe(runner)
    assert str(caught.value.what_happened) == "System libraries are missing: libEGL.so.1, libGL.so.1."
    assert "apt-get install libegl1 libgl1`" in str(caught.value.what_to_do)


@pytest.mark.parametrize(("manager", "line"), [("dnf", "dnf install libglvnd-egl"), ("pacman", "pacman -S libglvnd")])
def test_other_package_managers_have_their_own_line(manager: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries.shutil, "which", lambda name: "/x" if name == manager else None)
    assert line in str(system_libraries.remedy(["libEGL.so.1"]))
    assert "apt" not in str(system_libraries.remedy(["libEGL.so.1"]))


def test_a_library_that_is_not_in_the_table_is_named_all_the_same() -> None:
    remedy = str(system_libraries.remedy(["libweird.so.3", "libEGL.so.1"]))
    assert "libweird.so.3" in remedy and "libegl1" in remedy


def test_a_crash_of_the_packages_is_not_taken_for_a_missing_library(tmp_path: Path) -> None:
    runner = Answers(tmp_path, {"import_module": Result(-4, ""), "missing": Result(0, "[]")})
    with pytest.raises(UserError, match="crash on this computer"):
        packages.probe(runner)
