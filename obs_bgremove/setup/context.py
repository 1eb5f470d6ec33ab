"""One run of the installer, and what a step of it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from obs_bgremove.setup import obs_places, state
from obs_bgremove.setup.runner import Console, Runner
from obs_bgremove.shared import installation
from obs_bgremove.shared.language import Text

DETAIL = "      "  # before a line that belongs to the one above it


@dataclass
class Context:
    """One run of the installer."""

    home: Path
    source: Path
    """The folder that install.py lies in."""
    editable: bool
    test: bool
    console: Console
    runner: Runner
    done: state.State
    obs_folders: list[str] = field(default_factory=list)
    """Portable copies of OBS: named with --obs now, or by an earlier run."""
    left_to_do: list[Text] = field(default_factory=list)
    """What the person has to do afterwards; printed last."""

    @property
    def app(self) -> Path:
        """The folder that OBS and the engine run from."""
        return self.source if self.editable or self.test else self.home / "app"

    @property
    def script(self) -> Path:
        """The file that OBS loads."""
        return self.app / installation.script_path().relative_to(installation.app_dir())

    def places(self) -> list[obs_places.Place]:
        """The settings of every OBS that was started and can run AI Background."""
        return [place for place in obs_places.known_places(self.obs_folders) if place.supported]

    @property
    def again(self) -> str:
        """The command that goes on with this installation."""
        return f"{installation.INSTALL_COMMAND}{' --editable' if self.editable else ''}"

    def save(self) -> None:
        """Remembers what is done."""
        state.save(self.home, self.done)


@dataclass(frozen=True)
class Step:
    """`todo` looks; `do` acts and may raise UserError."""

    title: Text
    todo: Callable[[Context], Text | None]
    do: Callable[[Context], None]
