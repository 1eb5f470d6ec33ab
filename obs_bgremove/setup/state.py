"""What an earlier run has finished: `<home>/installed.json`. It also marks the folder as ours to change or remove."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

from obs_bgremove.setup import safe_write

NAME = "installed.json"


@dataclass
class State:
    """Each field is written only once its part is whole, so that a half-finished part is known by its absence."""

    requirements: list[str] = field(default_factory=list)
    """What pip has installed, empty while the environment is being made."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each file of ours in `<home>/app`, by path; any other file there is the user's."""
    kernels: dict[str, str] = field(default_factory=dict)
    """By program folder: which sources the compiled kernels belong to."""
    obs_folders: list[str] = field(default_factory=list)
    """Portable copies of OBS that were named with --obs."""


def is_ours(home: Path) -> bool:
    """Whether this installer has made the folder."""
    return (home / NAME).is_file()


def load(home: Path) -> State:
    """The state; empty when there is none or it cannot be read (then everything is done anew)."""
    try:
        stored = json.loads((home / NAME).read_text("utf-8"))
        state = State(
            **{key: stored[key] for key in ("requirements", "files", "kernels")},
            obs_folders=stored.get("obs_folders", []),  # younger than the others
        )
        lists, tables = (state.requirements, state.obs_folders), (state.files, state.kernels)
        whole = all(isinstance(part, list) for part in lists) and all(isinstance(part, dict) for part in tables)
        return state if whole else State()
    except (OSError, ValueError, KeyError, TypeError):
        return State()


def save(home: Path, state: State) -> None:
    """Writes the state whole or not at all, and only if it differs."""
    if is_ours(home) and load(home) == state:
        return
    text = json.dumps(dataclasses.asdict(state), indent=1, sort_keys=True) + "\n"
    temporary = home / (NAME + ".new")
    temporary.write_text(text, "utf-8")
    safe_write.move(temporary, home / NAME)
