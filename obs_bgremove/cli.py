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
from obs_bgremove.shared import command_line, installation, options
from obs_bgremove.shared.child_process import clean_environment
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr


def main(words: list[str]) -> int:
    """Runs one verb; returns the exit code: 0, 1 for an error that was said, 2 for a wrong call, 130 for Ctrl+C."""
    command_line.speak()
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
        print(tr("error: {problem}", problem=error.text).local(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _in_engine_environment(words: list[str]) -> int:
    """The same call by the Python that install.py has set up: any `python3 -m obs_bgremove` works."""
    python = installation.python_path()
    if not python.exists():
        raise installation.not_installed()
    environment = {**clean_environment(os.environ), "PYTHONPATH": str(installation.app_dir())}
    return subprocess.call([python, "-m", "obs_bgremove", *words], env=environment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m obs_bgremove", description=tr("AI Background without OBS.").local()
    )
    version = tr("show program's version number and exit").local()  # which Python 3.11 does not ask gettext for
    parser.add_argument("--version", action="version", version=__version__, help=version)
    parser.set_defaults(needs_engine=True)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    verb = verbs.add_parser("render", help=tr("a video file through the pipeline, frame by frame").local())
    verb.add_argument("input", type=Path)
    where = tr("{kinds}; if left out, beside the input", kinds=".mkv, .mp4, .mov, .webm, frame-%%05d.png").local()
    verb.add_argument("output", type=Path, nargs="?", help=where)
    what = verb.add_mutually_exclusive_group()
    what.add_argument(
        "--view", choices=("output", "mask"), default="output", help=tr("mask: the matte, lossless").local()
    )
    bare = tr("no background: .mov (ProRes 4444) for editors, .webm (VP9) or .mkv").local()
    what.add_argument("--transparent", action="store_true", help=bare)
    _add_set(verb)
    verb.set_defaults(run=_render)

    aim = tr("milliseconds, side by side with the tutorial's loop and the floor").local()
    verb = verbs.add_parser("bench", help=aim)
    verb.add_argument("--json", action="store_true")
    verb.add_argument("--frames", type=int, default=300, help=tr("frames measured at each size (300)").local())
    verb.add_argument("--input", type=Path, help=tr("a video instead of the sample portrait").local())
    _add_set(verb)
    verb.set_defaults(run=_bench)

    verb = verbs.add_parser("preview", help=tr("the camera in a window").local())
    verb.add_argument("--camera", default="", help=options.BY_KEY["camera"].expected.local())
    _add_set(verb)
    verb.set_defaults(run=_preview)

    verb = verbs.add_parser("doctor", help=tr("checks everything; each failure with its remedy").local())
    verb.set_defaults(run=_doctor, needs_engine=False)
    return parser


def _add_set(verb: argparse.ArgumentParser) -> None:
    keys = tr("any setting: {keys}", keys=", ".join(options.BY_KEY)).local()
    verb.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help=keys)


def _render(arguments: argparse.Namespace) -> int:
    # A file is no mirror: unlike the camera in OBS it is mirrored only when asked for.
    base = dataclasses.replace(options.Options(), mirror=False, view=arguments.view)
    if arguments.transparent:
        base = dataclasses.replace(base, background_mode="transparent")
    wanted = options.parse_assignments(arguments.set, base)
    from obs_bgremove.tools.render import default_target, render

    target = arguments.output or default_target(arguments.input, wanted)
    frames = render(arguments.input, target, wanted)
    print(tr("{count} frames written to {file}", count=frames, file=target).local())
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    if arguments.frames < 1:
        raise UserError(tr("--frames got {number}, expected 1 or more.", number=arguments.frames))
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
