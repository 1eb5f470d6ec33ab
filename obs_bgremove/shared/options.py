"""The one table of settings, and `Options`, the frozen value that both processes work with.

Each field of `Options` declares a setting once: key, type, default, range, unit, label, help, group. OBS's panel and
defaults, `--set KEY=VALUE`, the JSON between the processes and the README's table derive from `TABLE`.
Standard library only; used on any thread (values are immutable).
"""

import dataclasses
import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional, Union

from obs_bgremove.shared import backgrounds_folder, installation, redaction
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import NOTHING, Text, listed, tr

Value = Union[bool, int, float, str]

GROUPS = ("camera", "background", "matte", "advanced")
AUTO = "auto"
SAMPLE = "sample"
RESOLUTIONS = ("640x360", "640x480", "960x540", "1280x720", "1600x900", "1920x1080", "2560x1440", "3840x2160")
_SIZE = re.compile(r"[1-9][0-9]{1,4}x[1-9][0-9]{1,4}")


@dataclasses.dataclass(frozen=True)
class Row:
    """One setting. `kind` is how the panel shows it: bool, int, float, choice, camera, resolution, folder, picture,
    colour or model; an int with choices is a list, to which any other number may be added. `shown_when` is (other key,
    the values of it for which this row means something). `basic`: shown before Advanced."""

    key: str
    kind: str
    default: Value
    label: Text
    help: Text
    group: str
    minimum: float = 0
    maximum: float = 0
    step: float = 1
    unit: Text = NOTHING
    choices: tuple[tuple[str, Text], ...] = ()
    shown_when: Optional[tuple[str, tuple[str, ...]]] = None
    basic: bool = False

    def parse(self, value: object) -> Value:
        """The value as this setting's type. Raises UserError, saying got and expected."""
        if self.kind == "bool":
            if isinstance(value, bool):
                return value
        elif self.kind in ("int", "float", "colour"):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                number = float(value) if self.minimum <= value <= self.maximum else math.nan  # 10**400 is no float
                if math.isfinite(number):
                    if self.kind == "float":
                        return number
                    if number == int(number):
                        return int(number)
        elif isinstance(value, str) and "\0" not in value:
            if self.kind == "choice":
                if value in {key for key, _ in self.choices}:
                    return value
            elif self.kind == "resolution":
                if value == AUTO or _SIZE.fullmatch(value):
                    return value
            else:
                return value
        got = redaction.redact_setting(str(value))[:60]
        raise UserError(
            tr("Setting {key}: got {got}, expected {expected}.", key=self.key, got=repr(got), expected=self.expected)
        )

    def parse_text(self, text: str) -> Value:
        """The same from a command line: yes/no, numbers, #rrggbb colours. Raises UserError."""
        value: object = text
        if self.kind == "bool":
            value = {"true": True, "yes": True, "on": True, "1": True}.get(text.lower(), text)
            value = {"false": False, "no": False, "off": False, "0": False}.get(text.lower(), value)
        elif self.kind == "colour" and re.fullmatch("#[0-9a-fA-F]{6}", text):
            red, green, blue = text[1:3], text[3:5], text[5:7]
            value = int(f"ff{blue}{green}{red}", 16)
        elif self.kind in ("int", "float", "colour"):
            try:
                value = int(text, 0) if text.lower().startswith("0x") else float(text)
            except ValueError:
                value = text
        return self.parse(value)

    @property
    def expected(self) -> Text:
        """The allowed values in words, for messages and the README."""
        if self.kind == "choice":
            return listed(key for key, _ in self.choices)
        if self.kind in ("int", "float"):
            span = {"minimum": f"{self.minimum:g}", "maximum": f"{self.maximum:g}"}
            if self.kind == "int":
                number = tr("a whole number from {minimum} to {maximum}", **span)
            else:
                number = tr("a number from {minimum} to {maximum}", **span)
            return Text("{number} {unit}", number=number, unit=self.unit) if self.unit else number
        return {
            "bool": tr("true or false"),
            "camera": tr("a camera's id, `sample`, a video file or a stream's URL"),
            "resolution": tr("`auto` or a size such as 1280x720"),
            "folder": tr("a folder"),
            "picture": tr("a file name in that folder"),
            "colour": tr("a colour, 0xAABBGGRR (command line also #rrggbb)"),
            "model": tr("general, landscape or the path of a .tflite selfie model"),
        }[self.kind]


def _row(kind: str, default: Value, label: str, group: str, help: str, **more: Any) -> Any:
    """A dataclass field that carries its table row (without the key, which is the field's name). What people read is
    given in English: label, help, unit, and the names of choices."""
    texts = {"label": Text(label), "help": Text(help)}
    if "unit" in more:
        texts["unit"] = Text(more.pop("unit"))
    if "choices" in more:
        more["choices"] = tuple(
            (value, name if isinstance(name, Text) else Text(name)) for value, name in more["choices"]
        )
    return dataclasses.field(default=default, metadata={"kind": kind, "group": group, **texts, **more})


def _share(default: float, label: str, help: str, **more: Any) -> Any:
    return _row("float", default, label, "matte", help, minimum=0, maximum=1, step=0.01, **more)


@dataclasses.dataclass(frozen=True)
class Options:
    """All settings, checked. Field order is the panel's order."""

    camera: str = _row(
        "camera",
        "",
        "Camera",
        "camera",
        "The camera to be seen by. Empty: the first one found, or the built-in sample portrait if there is none.",
        basic=True,
    )
    resolution: str = _row(
        "resolution",
        AUTO,
        "Resolution",
        "camera",
        "The size asked of the camera: more pixels show finer hair and cost more work. Automatic: about 1280x720.",
    )
    fps: int = _row(
        "int",
        0,
        "Frame Rate",
        "camera",
        "The rate asked of the camera: higher moves more smoothly and costs more work; 0 lets the camera choose.",
        minimum=0,
        maximum=120,
        unit="fps",
        choices=(("0", "Automatic"), *((str(rate), tr("{rate} fps", rate=rate)) for rate in (15, 24, 25, 30, 50, 60))),
    )
    mirror: bool = _row(
        "bool",
        True,
        "Mirror",
        "camera",
        "Left and right change places: you see yourself as in a mirror.",
        basic=True,
    )
    framing: str = _row(
        "choice",
        "off",
        "Auto Framing",
        "camera",
        "Keeps you at a good size and place in the picture, and all of you when you are several. The background stays. "
        "Sharpest with a camera of 1080p.",
        choices=(("off", "Off"), ("gentle", "Gentle (head and shoulders)"), ("close", "Close (head)")),
    )
    release_when_hidden: bool = _row(
        "bool",
        False,
        "Release Camera When Not Showing",
        "camera",
        "The camera is off while no scene shows this source. Coming back takes as long as opening the camera.",
    )
    background_mode: str = _row(
        "choice",
        "file",
        "Background",
        "background",
        "What is seen behind you.",
        choices=(
            ("file", "Picture or video"),
            ("blur", "Blurred room"),
            ("color", "Colour"),
            ("transparent", "Transparent"),
            ("off", "Off (show the camera)"),
        ),
        basic=True,
    )
    background: str = _row(
        "picture",
        "",
        "Picture or Video",
        "background",
        "What is behind you; videos loop. Empty: the first by name. Hotkeys for next, previous and random change it.",
        shown_when=("background_mode", ("file",)),
        basic=True,
    )
    backgrounds_folder: str = _row(
        "folder",
        "",
        "Folder",
        "background",
        "The folder with your pictures and videos. Empty: those that come with AI Background.",
        shown_when=("background_mode", ("file",)),
        basic=True,
    )
    fit: str = _row(
        "choice",
        "cover",
        "Fit",
        "background",
        "How a picture or video of another shape fills the frame: its sides cut off, the whole of it between blurred "
        "bars, pulled out of shape, or repeated at its own size.",
        choices=(
            ("cover", "Fill (cut off what sticks out)"),
            ("contain", "Whole (blurred bars)"),
            ("stretch", "Stretch"),
            ("tile", "Tile"),
        ),
        shown_when=("background_mode", ("file",)),
    )
    blur: int = _row(
        "int",
        40,
        "Blur Strength",
        "background",
        "Higher: the room melts into soft patches of colour. Lower: it can still be recognised.",
        minimum=0,
        maximum=100,
        unit="%",
        shown_when=("background_mode", ("blur",)),
        basic=True,
    )
    color: int = _row(
        "colour",
        0xFF40B100,
        "Colour",
        "background",
        "The colour behind you.",
        minimum=0,
        maximum=0xFFFFFFFF,
        shown_when=("background_mode", ("color",)),
        basic=True,
    )
    picture_blur: int = _row(
        "int",
        0,
        "Out of Focus",
        "background",
        "Higher: the picture or video behind you is blurred, as if the camera were focused on you. 0: as it is.",
        minimum=0,
        maximum=100,
        unit="%",
        shown_when=("background_mode", ("file",)),
    )
    blur_style: str = _row(
        "choice",
        "soft",
        "Blur Style",
        "background",
        "Soft: colours melt into each other. Bokeh: as through a large lens, where each bright point becomes a disc.",
        choices=(("soft", "Soft"), ("bokeh", "Bokeh (discs of light)")),
        shown_when=("background_mode", ("file", "blur")),
    )
    crossfade_ms: int = _row(
        "int",
        250,
        "Crossfade",
        "background",
        "How long the old background takes to melt into the new one. 0 switches at once.",
        minimum=0,
        maximum=2000,
        step=50,
        unit="ms",
        shown_when=("background_mode", ("file", "blur", "color")),
    )
    slideshow_s: int = _row(
        "int",
        0,
        "Change Every",
        "background",
        "Shows the backgrounds of the folder one after another, each for so long, from the one chosen on. 0 stays with "
        "that one.",
        minimum=0,
        maximum=3600,
        unit="s",
        shown_when=("background_mode", ("file",)),
    )
    shuffle: bool = _row(
        "bool",
        False,
        "Random Order",
        "background",
        "The changing backgrounds come in no visible order, none again before all were shown.",
        shown_when=("background_mode", ("file",)),
    )
    threshold: float = _share(
        0.5,
        "Threshold",
        "Higher: the outline moves inwards, and doubtful parts go. Lower: more of you stays, and more of the room.",
    )
    edge_softness: float = _share(
        0.5,
        "Edge Softness",
        "0: a hard outline, as cut with scissors. Higher: you melt more softly into the background.",
    )
    edge_shift: float = _row(
        "float",
        0.0,
        "Shrink / Grow",
        "matte",
        "Below 0: the outline shrinks, and a rim of the room goes. Above 0: it grows, and what was cut off comes back.",
        minimum=-30,
        maximum=30,
        step=0.5,
        unit="px at 720p",
    )
    smoothing: float = _share(
        0.7,
        "Temporal Smoothing",
        "Higher: the outline flickers less; it follows movement, so it leaves no trail. 0: each frame stands alone.",
    )
    ignore_small: float = _share(
        0.15,
        "Ignore Small Regions",
        "Higher: larger bits of the room beside you go; in the end hands held far away as well. A share of your size.",
    )
    decontaminate: float = _share(
        1.0,
        "Clean Edge Colours",
        "Higher: hair and outline lose the room's colour. 0: a rim of it stays.",
    )
    light_wrap: float = _share(0.0, "Light Wrap", "Lets light of the background spill softly over your outline.")
    match_light: float = _share(
        0.0,
        "Match the Light",
        "Higher: your brightness, colours and contrast come nearer to the background's, as if you sat in its light. "
        "0: you look as your camera sees you.",
        shown_when=("background_mode", ("file", "blur")),
    )
    track_person: bool = _row(
        "bool",
        True,
        "Zoom the Model onto the Person",
        "matte",
        "A far better outline when you do not fill the picture: the network is shown you instead of the whole room.",
    )
    use_learned_background: bool = _row(
        "bool",
        True,
        "Use the Learned Background",
        "matte",
        "Chairs and shelves behind you go, once the room without you has been seen there.",
    )
    model: str = _row(
        "model",
        "general",
        "Model",
        "advanced",
        "General gives the better outline. Landscape is less work, and hair and hands suffer.",
        choices=(("general", "General (256x256)"), ("landscape", "Landscape (144x256, faster)")),
    )
    view: str = _row(
        "choice",
        "output",
        "Show",
        "advanced",
        "Output is the finished picture. Mask shows in white what is taken for you. Camera is the bare picture.",
        choices=(("output", "Output"), ("mask", "Mask"), ("camera", "Camera")),
    )

    @property
    def requested_size(self) -> Optional[tuple[int, int]]:
        """(width, height) asked of the camera, or None for automatic."""
        if self.resolution == AUTO:
            return None
        width, height = self.resolution.split("x")
        return int(width), int(height)

    @property
    def folder(self) -> Path:
        """The folder with the backgrounds."""
        return backgrounds_folder.place(self.backgrounds_folder)

    @property
    def background_name(self) -> str:
        """The file name of the background: the one chosen, else the first by name; empty when there is none. Reads
        the folder."""
        return backgrounds_folder.choose(self.folder, self.background)

    def to_dict(self) -> dict[str, Value]:
        """All settings by key, for JSON."""
        return dataclasses.asdict(self)


TABLE: tuple[Row, ...] = tuple(
    Row(key=field.name, default=field.default, **field.metadata)  # type: ignore[arg-type]
    for field in dataclasses.fields(Options)
)
BY_KEY = {row.key: row for row in TABLE}


def parse(settings: Mapping[str, object]) -> tuple[Options, list[Text]]:
    """Options from stored settings. A bad value gives its default and one message; unknown keys are left alone."""
    values: dict[str, Any] = {}
    problems: list[Text] = []
    for row in TABLE:
        if row.key in settings:
            try:
                values[row.key] = row.parse(settings[row.key])
            except UserError as error:
                problems.append(tr("{problem} Using {default}.", problem=error.text, default=repr(row.default)))
    return Options(**values), problems


def from_dict(settings: Mapping[str, object]) -> Options:
    """Options from the whole of `to_dict`. Raises UserError when a key is missing or unknown, or a value is bad."""
    odd = settings.keys() ^ BY_KEY.keys()
    if odd:
        raise UserError(tr("Settings: {keys} missing or unknown.", keys=", ".join(sorted(odd))))
    values: dict[str, Any] = {key: BY_KEY[key].parse(value) for key, value in settings.items()}
    return Options(**values)


def parse_assignments(assignments: list[str], base: Optional[Options] = None) -> Options:
    """Options from a command line's `KEY=VALUE` words. Raises UserError for an unknown key or a bad value."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or key not in BY_KEY:
            raise UserError(
                tr("--set got {got}, expected KEY=VALUE with a known key.", got=repr(assignment)),
                tr("Keys: {keys}.", keys=", ".join(BY_KEY)),
            )
        values[key] = BY_KEY[key].parse_text(text)
    return dataclasses.replace(base or Options(), **values)


def markdown_table() -> str:
    """The README's table of settings."""
    lines = ["| Setting | Key | Values | Default | What it does |", "|---|---|---|---|---|"]
    for row in TABLE:
        default = f"0x{row.default:08X}" if row.kind == "colour" else str(row.default).lower() or "(empty)"
        lines.append(f"| {row.label} | `{row.key}` | {row.expected} | `{default}` | {row.help} |")
    return "\n".join(lines)


def _renew(readme: Path) -> None:
    """Puts the present table in the place of the one in the README."""
    text = readme.read_text(encoding="utf-8")
    first = markdown_table().splitlines()[0]
    before, _, rest = text.partition(f"{first}\n")
    after = re.sub(r"\A(\|.*\n)+", "", rest)
    readme.write_text(f"{before}{markdown_table()}\n{after}", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        _renew(installation.app_dir() / "README.md")
        print("README.md: the table of settings is renewed")
    else:
        print(markdown_table())
