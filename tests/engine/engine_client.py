"""Drives a real engine process as OBS's side does, started by the same `spawn`: ring, messages, pipe. Unlike
`EngineProcess` it keeps everything the engine says and can send what OBS never would. For tests only."""

import contextlib
import dataclasses
import subprocess
import sys
import threading
import time
from typing import Any, Callable

import numpy as np
import numpy.typing as npt

from obs_bgremove.obs.engine_process import spawn
from obs_bgremove.shared import installation, protocol
from obs_bgremove.shared.frame_ring import FrameInfo, Ring
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState


class EngineClient:
    """A running engine; `messages` grows with what it says. Use it in a `with`: it leaves nothing behind."""

    def __init__(self, module: tuple[str, ...] = ("obs_bgremove.engine",)) -> None:
        self.ring = Ring.create()
        assert self.ring.descriptor is not None
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
        assert self.process.stdin and self.process.stdout and self.process.stderr
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        finally:
            self.process.kill()
            self.process.wait()
            for thread in self._threads:
                thread.join()
            self.process.stdout.close()
            self.process.stderr.close()
            self.ring.close()

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
        end, last = time.monotonic() + timeout_s, 0
        picture = None
        while time.monotonic() < end:
            found = self.frame(last)
            if found is None:
                time.sleep(0.002)
                continue
            last, picture = found[0].sequence, found[1]
            if what(picture):
                return picture
        state = None if picture is None else (picture.shape, picture[2, 2].tolist())
        raise AssertionError(f"never came; last picture {state}; said {self.messages[-5:]}")

    def status(self, text: str, timeout_s: float = 30.0) -> str:
        """Waits until the newest status contains the text."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            said = [message["text"] for message in list(self.messages) if message["type"] == "status"]
            if said and text in said[-1] and (text or not said[-1]):
                return str(said[-1])
            time.sleep(0.01)
        raise AssertionError(f"status never said {text!r}; said {self.messages[-5:]}")
