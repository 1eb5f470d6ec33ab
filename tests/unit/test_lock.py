"""The lock fits pyproject.toml, names every file by its SHA-256, and no place to fetch it from."""

import re
import sys
from pathlib import Path

import pytest
import tomllib
from packaging.requirements import Requirement

from obs_bgremove.setup import lock, packages, program_copy
from obs_bgremove.setup.runner import Console, Runner
from obs_bgremove.shared import installation

PROJECT = tomllib.loads((installation.app_dir() / "pyproject.toml").read_text("utf-8"))
RANGES = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
TEST_RANGES = [Requirement(text) for text in PROJECT["project"]["optional-dependencies"]["test"]]
# The supported systems as pip sees them.
SYSTEMS = [
    {"sys_platform": "linux", "platform_machine": "x86_64", "os_name": "posix", "platform_system": "Linux"},
    {"sys_platform": "linux", "platform_machine": "aarch64", "os_name": "posix", "platform_system": "Linux"},
    {"sys_platform": "darwin", "platform_machine": "arm64", "os_name": "posix", "platform_system": "Darwin"},
    {"sys_platform": "win32", "platform_machine": "AMD64", "os_name": "nt", "platform_system": "Windows"},
]
KEYS = ("sys_platform", "platform_machine", "python_version")
TARGETS = [
    {**system, "python_version": python, "python_full_version": f"{python}.0", "implementation_name": "cpython"}
    for system in SYSTEMS
    for python in lock.PYTHONS
]


def on(target: dict[str, str], test: bool) -> dict[str, str]:
    """name: version, as that system and Python would install them."""
    found = [Requirement(pin) for pin in lock.pins(test)]
    here = [pin for pin in found if pin.marker is None or pin.marker.evaluate(dict(target))]
    versions = {pin.name: str(pin.specifier).removeprefix("==") for pin in here}
    assert len(versions) == len(here), "one version of each package"
    return versions


@pytest.mark.parametrize(
    "target",
    TARGETS,
    ids=lambda target: "-".join((target["sys_platform"], target["platform_machine"], target["python_version"])),
)
def test_every_requirement_is_pinned_inside_its_range_on_every_system_and_python(target: dict[str, str]) -> None:
    versions, with_tools = on(target, False), on(target, True)
    for wanted in RANGES:
        assert wanted.specifier.contains(versions[wanted.name]), wanted.name
    for wanted in TEST_RANGES:
        assert wanted.specifier.contains(with_tools[wanted.name]), wanted.name
        assert wanted.name not in versions, "the tools of the test suite are not for users"
    assert {name: with_tools[name] for name in versions} == versions, "the tests run with what users get"
    assert ("pyobjc-core" in versions) == (target["sys_platform"] == "darwin")


@pytest.mark.parametrize("test", [False, True])
def test_every_pin_is_exact_and_has_hashes_and_no_place_to_fetch_from_is_named(test: bool) -> None:
    text = lock.lock_file(test).read_text("utf-8")
    blocks = re.split(r"\n(?=\S)", text.replace("\\\n", "").partition("\n")[2].strip())
    assert len(blocks) == len(lock.pins(test)) > 20
    for block in blocks:
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.]+ ; [^#]+?(\s+--hash=sha256:[0-9a-f]{64})+", block), block[:80]
    assert not re.search(r"https?:|index|find-links|@|/", text.partition("\n")[2])


def test_the_lock_is_made_for_the_pythons_and_systems_that_pyproject_names() -> None:
    lowest, highest = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["project"]["requires-python"]).groups()
    assert list(lock.PYTHONS) == [f"3.{minor}" for minor in range(int(lowest), int(highest))]
    assert len(PROJECT["tool"]["uv"]["environments"]) == len(lock.SYSTEMS) == len(SYSTEMS)


def test_every_range_has_a_lower_and_an_upper_bound() -> None:
    texts = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["test"]
    assert all(re.fullmatch(r"[\w-]+>=[\d.]+,<[\d.]+", text) for text in texts)


def test_the_locks_are_in_the_installed_copy() -> None:
    files = program_copy.listing(installation.app_dir())
    assert {f"obs_bgremove/setup/{lock.lock_file(test).name}" for test in (False, True)} <= set(files)


def test_the_installed_environment_is_the_locked_one(assets: Path) -> None:
    """This test runs in that environment: `install.py --test` has made it."""
    versions = packages.installed(lock.pins(test=True), Runner(installation.home(), Console()))
    assert versions is not None and len(versions) > 30
    assert [pin for pin, (_, fits) in versions.items() if not fits] == []
    assert all(sys.platform in pin for pin in versions), "pins for other systems do not count here"
