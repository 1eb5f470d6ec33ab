"""A supervisor with a fake engine, and what it reported: the engine's owner in tests."""

import sys
from pathlib import Path
from typing import Any, Callable, Optional

from obs_bgremove.obs.engine_supervisor import EngineSupervisor
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.frame_ring import Ring
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState

REPOSITORY = Path(__file__).resolve().parents[2]
STATE = DesiredState(Options(background="a.png"))


class Watched:
    """Started at once; `mode` is one of fake_engine.py. Whoever makes it stops the supervisor and closes the ring."""

    def __init__(self, mode: str, check: Callable[[], Optional[UserError]] = lambda: None) -> None:
        self.ring = Ring.create()
        self.messages: list[dict[str, Any]] = []
        self.problems: list[tuple[Optional[UserError], Optional[float]]] = []
        self.starts = 0
        self.engine_check = check
        command = [sys.executable, "-m", "tests.fakes.fake_engine", mode, "--ring", self.ring.token]
        self.supervisor = EngineSupervisor(command, str(REPOSITORY), self.ring.descriptor, self)
        self.supervisor.start(STATE)

    def engine_starting(self) -> None:
        self.starts += 1

    def engine_said(self, message: dict[str, Any]) -> None:
        self.messages.append(message)

    def engine_problem(self, problem: Optional[UserError], retry_s: Optional[float]) -> None:
        self.problems.append((problem, retry_s))

    def engine_tick(self) -> None:
        pass

    def frames(self) -> int:
        return sum(message["type"] == "frame" for message in self.messages)

    def texts(self) -> list[str]:
        return [str(message["text"]) for message in self.messages if message["type"] == "status"]

    def failures(self) -> list[str]:
        return [str(problem) for problem, _ in self.problems if problem is not None]
