"""Tries what a source in OBS needs, once: its settings, its camera, its background, its model. For `doctor`.

It runs in a process of its own, because a camera's driver may hang (`--try`, with the settings as JSON on stdin: a
stream's URL may hold a password, and other users can see arguments). It says what the panel would say.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

from obs_bgremove.engine.backgrounds import video_files
from obs_bgremove.engine.camera.frame_sources import FrameSource, open_source
from obs_bgremove.engine.camera.target import find
from obs_bgremove.engine.image_files import read_picture
from obs_bgremove.engine.matting.segmenter import Segmenter
from obs_bgremove.shared import backgrounds_folder, installation, options
from obs_bgremove.shared.clock import now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import NOTHING, Text, tr

FIRST_FRAME_S = 8.0  # a webcam's first frames may be lost


def main() -> int:
    """Reads the settings as stored_settings.effective gives them. Prints a JSON list of [what, said, problem, remedy]:
    the last three are texts (see language.Text.to_json), `said` where all is well, the others where it is not."""
    trials = _trials(json.load(sys.stdin))
    print(json.dumps([[what, *(text.to_json() for text in texts)] for what, *texts in trials]))
    return 0


def _trials(stored: dict[str, Any]) -> Iterator[tuple[str, Text, Text, Text]]:
    chosen, problems = options.parse(stored)
    for problem in problems:
        yield "settings", NOTHING, problem, tr("Open the source's properties in OBS and set it anew.")
    for name, attempt in (("camera", _camera), ("background", _background), ("model", _model)):
        try:
            yield name, attempt(chosen), NOTHING, NOTHING
        except UserError as error:
            yield name, NOTHING, error.what_happened, error.what_to_do
        except Exception as error:  # whatever a driver may throw
            words = f"{type(error).__name__}: {error}"
            yield name, NOTHING, Text("{error}", error=words), installation.REMEDY


def _camera(chosen: options.Options) -> Text:
    target = find(chosen.camera)
    source: FrameSource = open_source(target, chosen.requested_size, chosen.fps)
    try:
        frame: Any = None
        until_s = now_s() + FIRST_FRAME_S
        while frame is None and now_s() < until_s and source.advance():
            frame = source.frame(None)
    finally:
        source.close()
    if frame is None:
        raise UserError(
            tr("The camera {camera} opens, but gives no picture.", camera=target.label),
            tr("Replug it, or choose another one."),
        )
    return tr("camera {camera} {size}", camera=target.label, size=f"{frame.shape[1]}x{frame.shape[0]}")


def _background(chosen: options.Options) -> Text:
    if chosen.background_mode != "file":
        return tr("background {background}", background=chosen.background_mode)
    name = chosen.background_name
    if not name:
        raise UserError(
            tr("There is no picture and no video in {folder}.", folder=chosen.folder),
            tr("Put one there, or choose another folder."),
        )
    path = backgrounds_folder.resolve(chosen.folder, name)
    if video_files.moves(path):
        with contextlib.closing(video_files.play(path, chosen.fit, 64, 36)) as frames:
            next(frames)
    else:
        read_picture(path)
    return tr("background {background}", background=name)


def _model(chosen: options.Options) -> Text:
    Segmenter(installation.model_path(chosen.model)).close()
    return tr("model {model}", model=chosen.model)
