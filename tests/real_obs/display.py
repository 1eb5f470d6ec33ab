"""A screen of our own, and what a person does there."""

import os
import subprocess
from pathlib import Path

from tests.waiting import wait_for


class Display:
    """An Xvfb on a number that X chooses."""

    def __init__(self, folder: Path, size: str = "1600x1200") -> None:
        read, write = os.pipe()
        self._log = (folder / "xvfb.log").open("wb")
        self._process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
            pass_fds=(write,),
            stdout=self._log,
            stderr=self._log,
        )
        os.close(write)
        with os.fdopen(read) as pipe:
            self.name = ":" + pipe.readline().strip()

    def close(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(5)
        self._log.close()

    def xdotool(self, *arguments: object) -> str:
        answer = subprocess.run(
            ["xdotool", *map(str, arguments)],
            env={**os.environ, "DISPLAY": self.name},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return answer.stdout.strip()

    def click(self, x: int, y: int) -> None:
        self.xdotool("mousemove", x, y, "click", 1)

    def window(self, title: str) -> tuple[str, int, int, int, int]:
        """Id, x, y, width, height of the window whose title contains this."""
        found = wait_for(lambda: self.xdotool("search", "--name", title).split(), 10, f"a window {title!r}")[-1]
        geometry = dict(
            line.split("=") for line in self.xdotool("getwindowgeometry", "--shell", found).splitlines() if "=" in line
        )
        return found, int(geometry["X"]), int(geometry["Y"]), int(geometry["WIDTH"]), int(geometry["HEIGHT"])

    def screenshot(self, path: Path) -> None:
        """The whole X screen."""
        subprocess.run(["import", "-display", self.name, "-window", "root", str(path)], check=True)
