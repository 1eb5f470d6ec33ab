"""A cv2.VideoCapture without a camera: it records what is asked of it, and fails or dawdles as it is told.

monkeypatch.setattr(cv2, "VideoCapture", FakeCaptures().open)
"""

import dataclasses
import time

import cv2
import numpy as np


@dataclasses.dataclass
class Behaviour:
    """How the camera of one backend behaves."""

    opens: bool = True
    grabs: list[bool] = dataclasses.field(default_factory=list)  # the answers of the first grabs; then `grabs_after`
    grabs_after: bool = True
    grab_takes_s: float = 0.0
    has: dict[int, float] = dataclasses.field(default_factory=dict)  # properties it starts with


class FakeCapture:
    """What cv2.VideoCapture gives: one opened camera."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.grabbed = 0
        self.released = False
        self._behaviour = behaviour
        self._properties = dict(behaviour.has)

    def isOpened(self) -> bool:
        return self._behaviour.opens and not self.released

    def set(self, key: int, value: float) -> bool:
        self.calls.append(("set", key, value))
        self._properties[key] = value
        return True

    def get(self, key: int) -> float:
        return self._properties.get(key, 0.0)

    def grab(self) -> bool:
        time.sleep(self._behaviour.grab_takes_s)
        self.grabbed += 1
        answers = self._behaviour.grabs
        return answers[self.grabbed - 1] if self.grabbed <= len(answers) else self._behaviour.grabs_after

    def retrieve(self, into: object = None) -> tuple[bool, np.ndarray]:
        return True, np.full((72, 128, 3), self.grabbed % 256, np.uint8)

    def release(self) -> None:
        self.released = True

    @property
    def keys_set(self) -> list[int]:
        """The properties set, in order."""
        return [call[1] for call in self.calls if call[0] == "set"]  # type: ignore[misc]


class FakeCaptures:
    """All captures made. `behaviours` by backend; a backend without one does not open."""

    def __init__(self) -> None:
        self.behaviours: dict[int, Behaviour] = {}
        self.opened: list[tuple[object, int]] = []
        self.made: list[FakeCapture] = []

    def open(self, target: object, backend: int = cv2.CAP_ANY, parameters: object = ()) -> FakeCapture:
        """In the place of the class cv2.VideoCapture."""
        self.opened.append((target, backend))
        capture = FakeCapture(self.behaviours.get(backend, Behaviour(opens=False)))
        self.made.append(capture)
        return capture
