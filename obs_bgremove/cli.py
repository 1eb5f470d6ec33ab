"""The command line: the same engine without OBS. Errors end here, as one plain line and exit code 1."""

import argparse
import dataclasses
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from obs_bgremove import __version__
from obs_bgremove.shared import installation, options
from obs_bgremove.shared.child_process import clean_environment
from obs_bgremove.shared.errors import UserError


def main(words: list[str]) -> int:
    """Runs one verb; returns the exit code: 0, 1 for an error that was said, 2 for a wrong call, 130 for Ctrl+C."""
    arguments = _parser().parse_args(words)
    installation.prepare_process()
    try:
        if arguments.needs_engine and importlib.util.find_spec("mediapipe") is None:
            return _in_engine_environment(words)
        if arguments.needs_engine:
            from obs_bgremove.tools import native_noise

            native_noise.into_log()
        return int(arguments.run(arguments))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _in_engine_environment(words: list[str]) -> int:
    """The same call by the Python that install.py has set up: any `python3 -m obs_bgremove` works."""
    python = installation.python_path()
    if not python.exists():
        raise UserError("The environment of AI Background is not installed.", f"Run `{installation.INSTALL_COMMAND}`.")
    environment = {**clean_environment(os.environ), "PYTHONPATH": str(installation.app_dir())}
    return subprocess.call([python, "-m", "obs_bgremove", *words], env=environment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m obs_bgremove", description="AI Background without OBS.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.set_defaults(needs_engine=True)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    verb = verbs.add_parser("render", help="a video file through the pipeline, frame by frame")
    verb.add_argument("input", type=Path)
    verb.add_argument(
        "output", type=Path, nargs="?", help=".mkv, .mp4, .mov, .webm or frame-%%05d.png; if left out, beside the input"
    )
    what = verb.add_mutually_exclusive_group()
    what.add_argument("--view", choices=("output", "mask"), default="output", help="mask: the matte, lossless")
    what.add_argument(
        "--transparent", action="store_true", help="no background: .mov (ProRes 4444) for editors, .webm (VP9) or .mkv"
    )
    _add_set(verb)
    verb.set_defaults(run=_render)

    verb = verbs.add_parser("bench", help="milliseconds, side by side with the tutorial's loop and the floor")
    verb.add_argument("--json", action="store_true")
    verb.add_argument("--frames", type=int, default=300, help="frames measured at each size (300)")
    verb.add_argument("--input", type=Path, help="a video instead of the sample portrait")
    _add_set(verb)
    verb.set_defaults(run=_bench)

    verb = verbs.add_parser("preview", help="the camera in a window")
    verb.add_argument("--camera", default="", help="a camera's id, `sample`, a video file or a stream's URL")
    _add_set(verb)
    verb.set_defaults(run=_preview)

    verb = verbs.add_parser("doctor", help="checks everything; each failure with its remedy")
    verb.set_defaults(run=_doctor, needs_engine=False)
    return parser


def _add_set(verb: argparse.ArgumentParser) -> None:
    keys = ", ".join(options.BY_KEY)
    verb.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help=f"any setting: {keys}")


def _render(arguments: argparse.Namespace) -> int:
    # A file is no mirror: unlike the camera in OBS it is mirrored only when asked for.
    base = dataclasses.replace(options.Options(), mirror=False, view=arguments.view)
    if arguments.transparent:
        base = dataclasses.replace(base, background_mode="transparent")
    wanted = options.parse_assignments(arguments.set, base)
    from obs_bgremove.tools.render import default_target, render

    target = arguments.output or default_target(arguments.input, wanted)
    print(f"{render(arguments.input, target, wanted)} frames written to {target}")
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    if arguments.frames < 1:
        raise UserError(f"--frames got {arguments.frames}, expected 1 or more.")
    wanted = options.parse_assignments(arguments.set)
    from obs_bgremove.tools.bench import as_text, bench

    results = bench(wanted, arguments.frames, arguments.input)
    print(json.dumps(results) if arguments.json else as_text(results))
    return 0


def _preview(arguments: argparse.Namespace) -> int:
    wanted = options.parse_assignments(arguments.set)
    if arguments.camera:
        wanted = dataclasses.replace(wanted, camera=arguments.camera)
    from obs_bgremove.tools.preview import preview

    preview(wanted)
    sys.stdout.flush()
    os._exit(0)  # a camera driver's thread that hangs must not keep the window's process


def _doctor(arguments: argparse.Namespace) -> int:
    from obs_bgremove.setup.doctor import main as doctor

    return doctor()
