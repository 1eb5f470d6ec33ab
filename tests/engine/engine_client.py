"""Drives a real engine process as OBS's side does, started by the same `spawn`: ring, messages, pipe. Unlike
`EngineProcess` it keeps everything the engine says and can send what OBS never would. For tests only."""

import contextlib
import dataclasses
import subprocess
import sys
import threading
from typing import Any, Callable

import numpy as np
import numpy.typing as npt

from obs_bgremove.obs.engine_process import spawn
from obs_bgremove.shared import installation, protocol
from obs_bgremove.shared.frame_ring import FrameInfo, Ring
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState
from tests.waiting import wait_for


class EngineClient:
    """A running engine; `messages` grows with what it says. Use it in a `with`: it leaves nothing behind."""

    def __init__(self, module: tuple[str, ...] = ("obs_bgremove.engine",)) -> None:
        self.ring = Ring.create()
        self.messages: list[dict[str, Any]] = []
        command = [sys.executable, "-m", *module, "--ring", self.ring.token]
        self.process = spawn(command, str(installation.app_dir()), self.ring.descriptor, stdin=subprocess.PIPE)
        self.stderr = b""
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._drain)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "EngineClient":
        return self

    def __exit__(self, *exception: object) -> None:
        assert self.process.stdout and self.process.stderr
        try:
            self.leave()
        finally:
            self.process.stdout.close()
            self.process.stderr.close()
            self.ring.close()

    def leave(self) -> None:
        """Closes its pipe, and returns once it has ended and all that it said has been read."""
        assert self.process.stdin
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        finally:
            self.process.kill()
            self.process.wait()
            for thread in self._threads:
                thread.join()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.messages.append(protocol.decode(line))

    def _drain(self) -> None:
        assert self.process.stderr
        self.stderr = self.process.stderr.read()

    def say(self, showing: bool = True, removal: bool = True, privacy: bool = False, **options: object) -> None:
        """Sends the wanted state: the defaults with these options changed."""
        self.raw(DesiredState(dataclasses.replace(Options(), **options), showing, removal, privacy).encode())

    def raw(self, data: bytes) -> None:
        """Sends bytes as they are."""
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def frame(self, after: int = 0) -> tuple[FrameInfo, npt.NDArray[np.uint8]] | None:
        """The newest frame that is not number `after`, copied: (H, W, 4), blue, green, red, alpha."""
        info = self.ring.acquire(after)
        if info is None:
            return None
        pixels = np.frombuffer(self.ring.pixels(info), np.uint8).reshape(info.height, info.width, -1).copy()
        self.ring.release()
        return info, pixels

    def until(self, what: Callable[[npt.NDArray[np.uint8]], bool], timeout_s: float = 30.0) -> npt.NDArray[np.uint8]:
        """The first frame from now on for which `what` is true."""
        last, newest = 0, None

        def wanted() -> npt.NDArray[np.uint8] | None:
            nonlocal last, newest
            if (found := self.frame(last)) is None:
                return None
            last, newest = found[0].sequence, found[1]
            return newest if what(newest) else None

        def seen() -> str:
            state = None if newest is None else (newest.shape, newest[2, 2].tolist())
            return f"that picture; last {state}; said {self.messages[-5:]}"

        picture: npt.NDArray[np.uint8] = wait_for(wanted, timeout_s, seen, 0.002)
        return picture

    def statuses(self) -> list[str]:
        """The texts of all status messages so far."""
        return [str(message["text"]) for message in list(self.messages) if message["type"] == "status"]

    def status(self, text: str, timeout_s: float = 30.0) -> str:
        """Waits until the newest status contains the text."""

        def said() -> list[str]:
            newest = self.statuses()[-1:]
            return newest if newest and text in newest[0] and (text or not newest[0]) else []

        return str(wait_for(said, timeout_s, lambda: f"status {text!r}; said {self.messages[-5:]}")[0])
