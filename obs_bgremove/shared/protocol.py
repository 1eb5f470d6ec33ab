"""The messages between OBS and the engine: one JSON object a line, on the engine's stdin and stdout.

OBS to engine:
  settings   options (object, see options.py), showing, removal, privacy (booleans): a whole `DesiredState`, every time
  command    name: one of COMMANDS
Engine to OBS:
  hello      version (of the package), pid
  frame      sequence: a new frame is in the ring (only a wake-up; the ring says which slot)
  shown      background: the file name of the background that is on show now (a slide's, too); empty: none, or the
             first by name
  status     level (one of LEVELS), text: what a person should know now, as a `Text`, because the engine does not know
             OBS's language; empty: all is well
  stats      figures of the last second, for the panel: width, height and fps of what goes out; fps_in, frames that came
             from the camera; work_ms, the work on one; latency_ms, from the driver's handing it over to its being ready
             for OBS (medians); camera (name), camera_kind (of camera/target.py), camera_fps (as it says itself; or 0)
Frames never pass here. Standard library only; used on any thread.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Union

from obs_bgremove.shared import options as table
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import Text
from obs_bgremove.shared.redaction import redact

# A line longer than this is not ours: the longest real one (settings with two long paths) is under 40 kB.
MAX_LINE_BYTES = 256 * 1024

LEVELS = ("info", "warning", "error")
# cut: the next change of the background does not fade; restart_slideshow: it shows the chosen background again.
COMMANDS = ("learn", "forget", "cut", "restart_slideshow")

_FIELDS: dict[str, dict[str, Any]] = {
    "settings": {"options": dict, "showing": bool, "removal": bool, "privacy": bool},
    "command": {"name": str},
    "hello": {"version": str, "pid": int},
    "frame": {"sequence": int},
    "shown": {"background": str},
    "status": {"level": str, "text": Text},
    "stats": {
        "width": int,
        "height": int,
        **dict.fromkeys(("fps", "fps_in", "work_ms", "latency_ms", "camera_fps"), (int, float)),
        "camera": str,
        "camera_kind": str,
    },
}


_WORDS = {("command", "name"): COMMANDS, ("status", "level"): LEVELS}


@dataclasses.dataclass(frozen=True)
class DesiredState:
    """What OBS wants of an engine, whole. `removal` off shows the camera, `privacy` on hides the person; both are
    switched by hotkey and are no settings. `showing`: some scene, preview or projector shows the source."""

    options: table.Options = dataclasses.field(default_factory=table.Options)
    showing: bool = True
    removal: bool = True
    privacy: bool = False

    def encode(self) -> bytes:
        """The message that says so."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return encode("settings", **{**values, "options": self.options.to_dict()})

    @classmethod
    def decode(cls, message: Mapping[str, Any]) -> "DesiredState":
        """From a `settings` message. Strict, as it comes from our own other half: raises ProtocolError for an option
        that is missing, unknown or out of range."""
        try:
            options = table.from_dict(message["options"])
        except UserError as error:
            raise ProtocolError(f"settings: {error}") from error
        return cls(options, message["showing"], message["removal"], message["privacy"])


class ProtocolError(Exception):
    """A line that is not a message of ours; the text says why."""


def encode(kind: str, **fields: Any) -> bytes:
    """One message as a line of UTF-8, newline included. `allow_nan` is off: NaN is not JSON."""
    message = {"type": kind, **fields}
    return json.dumps(message, separators=(",", ":"), allow_nan=False, default=Text.to_json).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The message in a line, its fields checked for presence and type. Raises ProtocolError."""
    if len(line) > MAX_LINE_BYTES:
        raise ProtocolError(f"line of {len(line)} bytes, expected at most {MAX_LINE_BYTES}")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not JSON: {_quoted(line)}") from error
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(kind, str) or kind not in _FIELDS:
        raise ProtocolError(f"not a message: {_quoted(line)}")
    for field, types in _FIELDS[kind].items():
        value = message.get(field)
        if types is Text:
            try:
                value = message[field] = Text.from_json(value)
            except (ValueError, RecursionError) as error:
                raise ProtocolError(f"{kind}.{field}: {error}") from error
        if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
            raise ProtocolError(f"{kind}.{field}: got {_quoted(str(value))}")
        words = _WORDS.get((kind, field))
        if words is not None and value not in words:
            raise ProtocolError(f"{kind}.{field}: got {_quoted(str(value))}, expected one of {', '.join(words)}")
    return dict(message)


def _quoted(text: Union[str, bytes]) -> str:
    """The beginning of what the other side sent, for an error message. Redacted before it is cut."""
    whole = text.decode(errors="replace") if isinstance(text, bytes) else text
    return repr(redact(whole)[:80])
