"""Where things are: the per-user home, the engine's Python, models, sample, logs; and whether they are well.

The home is the folder that `install.py` fills and that outlives the checkout:

    <home>/venv/      the engine's own Python environment
    <home>/assets/    selfie_segmentation.tflite, selfie_segmentation_landscape.tflite,
                      face_detection_full_range_sparse.tflite, astronaut.png
    <home>/app/       a copy of obs_bgremove/, backgrounds/, install.py (not run after `--editable`)
    <home>/logs/      one log file per source, and install.log
    <home>/cache/     compiled kernels, small pictures of the backgrounds
    <home>/installed.json   what the installer has finished

Standard library only; used by both halves, by install.py and by the command line. Any thread.
"""

import hashlib
import os
import sys
from pathlib import Path
from typing import Optional

from obs_bgremove.shared.child_process import in_flatpak
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

MODELS = {
    "general": "selfie_segmentation.tflite",
    "landscape": "selfie_segmentation_landscape.tflite",
}
FACE_DETECTOR = "face_detection_full_range_sparse.tflite"
SAMPLE_PICTURE = "astronaut.png"
SHA256 = {
    "selfie_segmentation.tflite": "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    "selfie_segmentation_landscape.tflite": "a77d03f4659b9f6b6c1f5106947bf40e99d7655094b6527f214ea7d451106edd",
    "face_detection_full_range_sparse.tflite": "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
    "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
}


def app_dir() -> Path:
    """The folder that holds this `obs_bgremove` package and `backgrounds/`: the installed copy or the checkout."""
    return Path(__file__).resolve().parents[2]


# The installer lies beside the package, in the checkout and in the installed copy alike.
INSTALL_COMMAND = f'{"py" if sys.platform == "win32" else "python3"} "{app_dir() / "install.py"}"'
REMEDY = tr("Run `{command}`: it repairs what is missing.", command=INSTALL_COMMAND)


def home() -> Path:
    """The per-user home: `$AI_BACKGROUND_HOME`, else where this copy was installed, else the system's usual place."""
    override = os.environ.get("AI_BACKGROUND_HOME")
    if override:
        return Path(override).expanduser().absolute()
    parent = app_dir().parent
    if app_dir().name == "app" and ((parent / "assets").is_dir() or (parent / "installed.json").is_file()):
        return parent
    return default_home()


def default_home() -> Path:
    """The usual per-user place for such data on this system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "ai-background"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/ai-background"
    # Inside OBS's Flatpak, XDG_DATA_HOME is the sandbox's; Flatpak hands the host's on under another name.
    data = os.environ.get("HOST_XDG_DATA_HOME" if in_flatpak() else "XDG_DATA_HOME")
    return Path(data or Path.home() / ".local/share") / "ai-background"


def python_path() -> Path:
    """The engine's Python interpreter."""
    return home() / ("venv/Scripts/python.exe" if sys.platform == "win32" else "venv/bin/python")


def assets_dir() -> Path:
    """The models and the sample portrait."""
    return home() / "assets"


def logs_dir() -> Path:
    """Log files of the sources."""
    return home() / "logs"


def cache_dir() -> Path:
    """Compiled kernels."""
    return home() / "cache"


def backgrounds_dir() -> Path:
    """The pictures that come with AI Background."""
    return app_dir() / "backgrounds"


def script_path() -> Path:
    """The file that OBS loads."""
    return app_dir() / "obs_bgremove" / "script" / "ai_background.py"


def model_path(model: str) -> Path:
    """The file of a model setting: `general`, `landscape`, or a path of the user's own."""
    return assets_dir() / MODELS[model] if model in MODELS else Path(model).expanduser()


def check_asset(name: str) -> Optional[UserError]:
    """What is wrong with one of the installed files, or None: it must be there and be exactly the pinned one."""
    path = assets_dir() / name
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return UserError(tr("{file} cannot be read ({reason}).", file=name, reason=error.strerror), REMEDY)
    if digest != SHA256[name]:
        return UserError(tr("{file} has been altered or is damaged.", file=name), REMEDY)
    return None


def health_check() -> Optional[UserError]:
    """Why the engine cannot be started, or None. Cheap: looks at files, starts nothing."""
    # Inside OBS's Flatpak the link is there, but what it points to is seen on the host alone.
    if not os.path.lexists(python_path()) or not (in_flatpak() or python_path().exists()):
        return not_installed()
    return next((problem for name in SHA256 if (problem := check_asset(name))), None)


def not_installed() -> UserError:
    """There is no environment."""
    return UserError(
        tr("The environment of AI Background is not installed."), tr("Run `{command}`.", command=INSTALL_COMMAND)
    )


def prepare_process() -> None:
    """To be called before the engine's libraries are imported: they read these variables once, when loaded."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_dir()))
    # MediaPipe imports matplotlib, which would build its list of fonts (seconds) in the user's own cache folder.
    os.environ.setdefault("MPLCONFIGDIR", str(cache_dir() / "matplotlib"))
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # With these, Media Foundation takes 10 to 20 s to open many cameras (opencv#17687; the maintainers' cure).
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
