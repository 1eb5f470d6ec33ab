"""A real OBS Studio under Xvfb with a config folder of its own, driven by obs-websocket. For tests and benchmarks."""

import base64
import contextlib
import io
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, Callable, Optional

from tests.real_obs import config, verdict
from tests.real_obs.display import Display
from tests.waiting import wait_for

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "obs_bgremove/script/ai_background.py"
START_S = 90.0  # until the first picture: 3 s on a quiet machine, but tests share theirs with others
SOON_S = 30.0  # for what takes a second or two on a quiet machine; the tables and benchmarks say how long
NEEDED = ("obs", "Xvfb", "xdotool")

# obs-websocket crashes now and then while it stops its server at OBS's exit (obsproject/obs-websocket#1180, mended
# after OBS 30.0). Seen here once, in none of 1,050 exits made to find it: so much is excused per run, and no more.
EXCUSED_CRASHES = 1
_excused: set[str] = set()  # their logs: one exit may be looked at twice
_known: set[str] = set()  # what OBSes without us have complained of in this run


def missing_tools() -> list[str]:
    """What is needed and not installed."""
    return [name for name in NEEDED if shutil.which(name) is None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def engine_pids(home: Path) -> dict[int, str]:
    """Engine processes that belong to this home: pid and command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                is_engine = "obs_bgremove.engine --ring" in command and str(home) in command
                if is_engine and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found[int(entry.name)] = command
    return found


class Obs:
    """One config folder; `start` and `stop` may alternate. `home` is AI_BACKGROUND_HOME for the engine."""

    def __init__(
        self,
        folder: Path,
        display: Display,
        home: Path,
        scripts: Optional[list[Path]] = None,
        language: str = "en-US",
    ) -> None:
        self.folder, self.display, self.home = folder, display, home
        self.port = free_port()
        self.config = folder / "config/obs-studio"
        self.process: Optional[subprocess.Popen[bytes]] = None
        self.exit_code: Optional[int] = None
        self._client: Any = None
        self._environment: dict[str, str] = {}
        self._config_before = folder / "config before"  # the start
        self.bare = verdict.BareObs(self._run_bare, _known)
        self._started, self._lasted_s, self._written = 0.0, 0.0, 0  # written: bytes of earlier runs in stdout.log
        config.write(self.config, self.port, folder, scripts if scripts is not None else [SCRIPT], language)

    def collection(self, name: str = "Test") -> dict[str, Any]:
        """What OBS stored."""
        return dict(json.loads((self.config / f"basic/scenes/{name}.json").read_text()))

    # Life.

    def start(self, **environment: str) -> "Obs":
        """With these variables changed. Returns once it answers."""
        self._environment = environment
        self.bare = verdict.BareObs(self._run_bare, _known)
        shutil.rmtree(self._config_before, ignore_errors=True)
        shutil.copytree(self.config, self._config_before, ignore=shutil.ignore_patterns("logs", "crashes"))
        # Importing cv2 points Qt at plugins of its own.
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "QT_"))}
        env.update(
            XDG_CONFIG_HOME=str(self.folder / "config"),
            XDG_CACHE_HOME=str(self.folder / "cache"),
            HOME=str(self.folder),
            DISPLAY=self.display.name,
            LIBGL_ALWAYS_SOFTWARE="1",
            QT_QPA_PLATFORM="xcb",
            AI_BACKGROUND_HOME=str(self.home),
            **environment,
        )
        logging.getLogger("obsws_python").setLevel(logging.CRITICAL)  # a source without picture is no error here
        self._stdout = (self.folder / "stdout.log").open("ab")
        self._written, self._started = os.fstat(self._stdout.fileno()).st_size, time.monotonic()
        self.exit_code = None
        self.process = subprocess.Popen(
            ["obs", "--multi", "--disable-updater"],
            env=env,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self._stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        wait_for(self._connect, 60, "OBS answers on obs-websocket", 0.1)
        return self

    def _connect(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"OBS ended with {self.process.returncode}: {self.log()[-3000:]}")
        if "Server started successfully" not in self.log():
            return False
        import obsws_python

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._client = obsws_python.ReqClient(host="127.0.0.1", port=self.port, password="", timeout=60)
            self.request("GetSceneList")
        except OSError:
            return False
        except obsws_python.error.OBSSDKRequestError:  # from OBS 30 on it answers before the collection is loaded
            self._disconnect()
            return False
        return True

    def stop(self, timeout_s: float = 30) -> int:
        """Asks OBS to exit, as its own signal handler for SIGINT does. Returns the exit code."""
        assert self.process is not None
        self._disconnect()
        # OBS 29 itself crashes or hangs now and then when it exits while a source is being added or removed in its
        # window: 2 of 9 exits right after CreateInput of an image source, without any script (seen 2026-11-23).
        time.sleep(1)
        self._wait_for_idle_window()
        self.process.send_signal(signal.SIGINT)
        try:
            self.exit_code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            where = self._backtrace()
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"OBS did not exit within {timeout_s:g} s: {self.log()[-2000:]}\n{where}") from None
        finally:
            self.process = None
            self._stdout.close()
            self._lasted_s = time.monotonic() - self._started
        return self.exit_code

    def _backtrace(self) -> str:
        """Where all threads of a hanging OBS stand, as far as gdb is there to tell."""
        assert self.process is not None
        if shutil.which("gdb") is None:
            return "(no gdb: no backtrace)"
        command = ["gdb", "-p", str(self.process.pid), "-batch", "-ex", "thread apply all bt 14"]
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        return "\n".join(line[:160] for line in run.stdout.splitlines() if line.startswith(("Thread", "#")))

    def _wait_for_idle_window(self) -> None:
        """Until OBS's window waits for events, or the kernel does not tell.

        OBS 29 closes its window inside its signal handler. Where that interrupts Xlib, which then holds the lock of its
        connection, the graphics thread waits for that lock and the handler for the graphics thread, for ever (backtrace
        of 2026-11-25, no code of ours in it; OBS 30 hands the signal to its event loop). Xlib waits for one descriptor
        and without a limit; the event loop for several, or until its next timer.
        """
        assert self.process is not None
        # poll (but for Xlib's, of one descriptor and without a limit) or ppoll
        waiting = re.compile(r"271 |7 \S+ 0x(?!1 0x(?:ffffffff)?ffffffff )")
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                call = Path(f"/proc/{self.process.pid}/syscall").read_text()
            except OSError:
                return
            if waiting.match(call):
                return
            time.sleep(0.002)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None
        self._disconnect()
        self._stdout.close()

    def _disconnect(self) -> None:
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.base_client.ws.close()
            self._client = None

    def log(self) -> str:
        """OBS's log of the latest start."""
        logs = sorted((self.config / "logs").glob("*.txt"), key=lambda path: path.stat().st_mtime_ns)
        return logs[-1].read_text(errors="replace") if logs else ""

    def output(self) -> str:
        """What the latest start wrote to the terminal: the log with the levels, and what libraries and Python write."""
        return (self.folder / "stdout.log").read_bytes()[self._written :].decode(errors="replace")

    def our_lines(self) -> list[str]:
        return [line for line in self.log().splitlines() if "[AI Background]" in line]

    def crashed_in_websocket(self) -> bool:
        """OBS crashed while it unloaded obs-websocket, which these tests drive it by: see EXCUSED_CRASHES.

        Only if that is the log's very last line, and everything of ours had been unloaded before, without complaint.
        """
        lines = self.log().rstrip().splitlines()
        unloaded = [line for line in lines if "Unloaded python script: ai_background.py" in line]
        late = any("did not end" in line for line in self.our_lines())
        last = lines[-1] if lines else ""
        return bool(
            self.exit_code == -signal.SIGSEGV and "[obs_module_unload] Shutting down" in last and unloaded and not late
        )

    def complaints(self, waived: str = "$^") -> list[str]:
        """What is wrong after a stop: leaks, exit code, our complaints, engines left. Empty: all well."""
        log, found = self.log(), []
        if self.crashed_in_websocket() and len(_excused | {log}) <= EXCUSED_CRASHES:
            _excused.add(log)
            warnings.warn(f"OBS crashed while unloading obs-websocket; log: {self.folder}", stacklevel=2)
        else:
            if self.exit_code != 0:
                found.append(f"exit code {self.exit_code}")
            leaks = verdict.leaks(log)
            if leaks is None or (leaks and leaks > self.bare.leaks()):
                found.append("memory leaks: not counted" if leaks is None else f"memory leaks: {leaks}")
        lines = verdict.ours(self.output() + log, self.bare, self._lasted_s)
        found += [line for line in lines if not re.search(waived, line)]
        left = engine_pids(self.home)
        if left:
            found.append(f"engine left: {left}")
        return found

    def _run_bare(self, seconds: float) -> str:
        """An OBS as this one was started, without us, in which is done what tests do; what it wrote."""
        with tempfile.TemporaryDirectory() as name:
            bare = Obs(Path(name), self.display, Path(name), [])
            shutil.rmtree(bare.config)
            config.without_us(bare.config, self._config_before, bare.port)
            try:
                bare.start(**self._environment)
                bare.do_what_tests_do()
                time.sleep(max(0.0, bare._started + seconds - time.monotonic()))
                with contextlib.suppress(AssertionError):  # a first start's wizard keeps it from leaving
                    bare.stop(10)
            finally:
                if bare.process is not None:
                    bare.kill()
            return bare.output() + bare.log()

    def do_what_tests_do(self) -> None:
        """With a source of OBS's own: each of it may make OBS or what it calls complain."""
        self.request("CreateInput", sceneName="Scene", inputName="Plain", inputKind="image_source")
        for name, data in (
            ("SetInputSettings", {"inputName": "Plain", "inputSettings": {"file": ""}}),
            ("GetSourceScreenshot", {"sourceName": "Scene", "imageFormat": "png", "imageWidth": 320}),
            ("OpenInputPropertiesDialog", {"inputName": "Plain"}),
            ("StartRecord", {}),
            ("StopRecord", {}),
            ("CreateSceneCollection", {"sceneCollectionName": "Other"}),
            ("SetCurrentSceneCollection", {"sceneCollectionName": "Test"}),
            ("RemoveInput", {"inputName": "Plain"}),
        ):
            with contextlib.suppress(Exception):  # an OBS may complain of what it cannot do
                self.request(name, **data)
            time.sleep(0.5)

    # Requests.

    def request(self, name: str, **data: Any) -> dict[str, Any]:
        """An obs-websocket request; its answer."""
        answer = self._client.send(name, data or None, raw=True)
        return dict(answer or {})

    def add(self, name: str = "Me", scene: str = "Scene", **settings: Any) -> None:
        self.request("CreateInput", sceneName=scene, inputName=name, inputKind="ai_background", inputSettings=settings)

    def set(self, name: str = "Me", **settings: Any) -> None:
        self.request("SetInputSettings", inputName=name, inputSettings=settings, overlay=True)

    def settings(self, name: str = "Me") -> dict[str, Any]:
        return dict(self.request("GetInputSettings", inputName=name)["inputSettings"])

    def remove(self, name: str = "Me") -> None:
        """Returns once the name is free again."""
        self.request("RemoveInput", inputName=name)
        wait_for(lambda: name not in self.names() or None, 10, f"{name} is gone")

    def names(self) -> list[str]:
        return [entry["inputName"] for entry in self.request("GetInputList")["inputs"]]

    def items(self, key: str, name: str = "Me") -> list[dict[str, Any]]:
        """Entries of a list in the panel."""
        answer = self.request("GetInputPropertiesListPropertyItems", inputName=name, propertyName=key)
        return list(answer["propertyItems"])

    def press(self, button: str, name: str = "Me") -> None:
        self.request("PressInputPropertiesButton", inputName=name, propertyName=button)

    def hotkey(self, hotkey: str, name: str = "Me") -> None:
        self.request("TriggerHotkeyByName", hotkeyName=hotkey, contextName=name)

    def picture(self, name: str = "Me", width: int = 320) -> Any:
        """The source as it is now, scaled to `width`: (H, W, 4) uint8 RGBA. Waits until it shows anything."""
        return wait_for(lambda: self.glimpse(name, width), SOON_S, f"any picture of {name}")

    def glimpse(self, name: str = "Me", width: int = 320) -> Any:
        """The same, or None while it shows nothing.

        Small unless asked otherwise: OBS takes 0.2 s and more to encode a full one.
        """
        import numpy
        from PIL import Image

        try:
            answer = self.request("GetSourceScreenshot", sourceName=name, imageFormat="png", imageWidth=width)
        except Exception:
            return None  # a source of size 0
        data = base64.b64decode(answer["imageData"].partition(",")[2])
        return numpy.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))

    def engines(self) -> dict[int, str]:
        return engine_pids(self.home)

    def shows(self, colour: tuple[int, int, int], name: str = "Me", tolerance: int = 4) -> bool:
        """Whether the top corners of the source have this colour, opaque."""
        picture = self.glimpse(name)
        return picture is not None and all(
            abs(int(got) - want) <= tolerance
            for corner in (picture[4, 4], picture[4, -5])
            for got, want in zip(corner, (*colour, 255))
        )

    # The screen.

    def open_scripts_window(self) -> Callable[[], None]:
        """Tools, Scripts, by keyboard. Returns what presses its Reload Scripts button."""
        # The last entry but one in OBS 29 to 32, however many are above it. A busy OBS misses keys for a menu that is
        # not drawn yet, so it is tried again, and elsewhere.
        for steps in (2, 2, 2, 3, 1):
            self.display.click(600, 500)
            for key in ("alt+t", *["Up"] * steps, "Return"):
                self.display.xdotool("key", key)
                time.sleep(1 if key == "alt+t" else 0.2)
            time.sleep(2)
            if self.display.xdotool("search", "--onlyvisible", "--name", "^Scripts$"):
                break
            self.display.xdotool("key", "Escape")
        _, x, y, _, height = self.display.window("^Scripts$")
        new_row = int(self.request("GetVersion")["obsVersion"].partition(".")[0]) >= 32
        return lambda: self.display.click(x + (167 if new_row else 122), y + height - 83)

    def open_panel(self, name: str = "Me", width: int = 720, height: int = 1190, title: str = "Properties for") -> None:
        """The source's properties, as its own window at the screen's corner."""
        self.request("OpenInputPropertiesDialog", inputName=name)
        window = self.display.window(title)[0]
        self.display.xdotool("windowmove", window, 0, 0)
        self.display.xdotool("windowsize", window, width, height)
        time.sleep(1)

    def threads(self) -> int:
        """How many threads OBS has."""
        assert self.process is not None
        return len(os.listdir(f"/proc/{self.process.pid}/task"))
