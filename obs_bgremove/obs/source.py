"""One AI Background source: its settings on one side, its engine process and picture on the other.

Owns the worker thread, which does everything that callbacks of OBS ask for: they only leave a task in the inbox and
return. The source's settings in OBS are the one truth about options; removal, privacy and showing are kept here, and
all of it goes to the engine as one `settings` message. Created and ended by plugin.py.
"""

import dataclasses
import functools
import platform
import queue
import re
import threading
import time
from pathlib import Path
from typing import Any, Callable, Optional

from obs_bgremove.obs import log, missing_files
from obs_bgremove.obs.camera_list import Cameras
from obs_bgremove.obs.engine_supervisor import EngineSupervisor, engine_command
from obs_bgremove.obs.file_browser import open_folder
from obs_bgremove.obs.hotkeys import Switch
from obs_bgremove.obs.rows import ADVANCED, View
from obs_bgremove.obs.settings import StoredSettings
from obs_bgremove.obs.status import Line, Status
from obs_bgremove.obs.thumbnails import Thumbnails
from obs_bgremove.obs.video_output import STALE_S, VideoOutput
from obs_bgremove.shared import backgrounds_folder, installation, options, presets, stored_settings
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.frame_ring import Ring
from obs_bgremove.shared.language import NOTHING, Text, tr
from obs_bgremove.shared.protocol import DesiredState

PANEL_S = 1.0  # the panel is rebuilt at most so often
QUIET_S = 3.0  # and not before the settings were left alone for so long: a rebuild ends the dragging of a slider
PRIVACY_STALE_S = 0.5  # with privacy on, the last picture of a hung engine goes after this


class Source:
    """The engine's owner. Callbacks of OBS use `do`, `hotkey`, `press`, `set_showing`; `close` may be called on any
    thread but ours."""

    def __init__(
        self,
        lib: Any,
        weak: int,
        cameras: Cameras,
        thumbnails: Thumbnails,
        command: Callable[[str, str], list[str]],
        settle: Callable[[], None],
    ) -> None:
        self.status = Status()
        self.stored = StoredSettings(lib, weak)
        self._lib, self._weak, self._cameras, self._thumbnails = lib, weak, cameras, thumbnails
        self._command, self._settle = command, settle
        self._removal, self._privacy = Switch(on=True), Switch(on=False)
        self._framing, self._framing_style = Switch(on=False), "gentle"  # the setting is the truth; its last style
        self._showing_since: Optional[float] = None
        self._options = options.Options()
        self._reported: tuple[Text, ...] = ()
        self._written, self._writes = "", 0  # the background that a press wrote last, and how often one did
        self._on_show = ("", "")  # the background that was chosen, and the slide that the engine shows in its place
        self._panel_kind: tuple[str, ...] = ()
        self._panel_built = self._changed_at = 0.0
        self._panel_old = False
        self._looked_at: Optional[Path] = None
        self._supervisor: Optional[EngineSupervisor] = None
        self._output: Optional[VideoOutput] = None
        self._ended = False  # no thread of ours is left but the worker, which is about to end
        self._inbox: queue.SimpleQueue[Optional[Callable[[], None]]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="ai-background worker", daemon=True)
        self._thread.start()

    # Any thread, at once.

    def do(self, task: Callable[[], None]) -> None:
        """Leaves a task for the worker."""
        self._inbox.put(task)

    def settings_changed(self) -> None:
        """In the panel, or otherwise."""
        self._changed_at = time.monotonic()
        self.do(self.apply)

    def _panel_is_old(self) -> None:
        """There is more to be seen in it: it is rebuilt once nothing is being edited."""
        self._panel_old = True

    def set_showing(self, showing: bool) -> None:
        """Some scene, preview or projector shows the source now, or none does."""
        self._showing_since = time.monotonic() if showing else None
        self.do(self.apply)

    def hotkey(self, name: str) -> None:
        """Acts on a pressed hotkey."""
        action = name.rpartition(".")[2]
        what, _, state = action.partition("_")
        switch = {"removal": self._removal, "privacy": self._privacy, "framing": self._framing}.get(what)
        if switch is not None:
            if switch.set(state == "on"):
                self.do(functools.partial(self._frame, state == "on") if what == "framing" else self.apply)
        elif action in ("next", "previous", "random", "cut"):
            self._press_change(action)
        else:
            self.do(lambda: self._command_engine(action))

    def press(self, button: str) -> None:
        """Acts on a button of the panel."""
        if button in ("next_background", "previous_background"):
            self._press_change(button.partition("_")[0])
            return
        tasks: dict[str, Callable[[], None]] = {
            "open_folder": lambda: open_folder(self._options.folder),
            "restart_engine": self._restart,
            "learn_background": lambda: self._command_engine("learn"),
            "forget_background": lambda: self._command_engine("forget"),
            **{f"reset_{group}": functools.partial(self._reset, group) for group in options.GROUPS},
        }
        self.do(tasks[button])

    def relocated(self, key: str, path: str) -> None:
        """OBS's Missing Files dialog has another place for what a setting names; empty: it was cleared there."""
        self.do(lambda: self.stored.write(**missing_files.settings_for(key, path)))

    def _press_change(self, action: str) -> None:
        """Leaves another background to the worker, with what was chosen at this moment: a later choice counts more."""
        writes = self._writes  # first: a step that is written between these two lines is then seen as one
        seen = self.stored.text("background")
        self.do(lambda: self._change_background(action, seen, writes))

    def close(self, timeout_s: float) -> bool:
        """Ends engine, threads and shared memory. Idempotent. False when something took longer than the limit: then a
        thread of ours may still use the weak reference."""
        self._inbox.put(None)
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
        return self._ended and not self._thread.is_alive()

    def details(self) -> str:
        """A text to copy into a bug report."""
        version = self._lib.obs_get_version_string().decode()
        return self.status.details(self.stored.name, version, self._options.to_dict(), platform.python_version())

    def panel_opens(self, serial: int) -> View:
        """UI thread: what the panel is to show. Sets defaults for what a panel knows better than a new source did.

        OBS writes the first entry of a list into the settings when the present value is not in the list.
        """
        # Parsed: whatever is stored (by obs-websocket, a script, by hand), there is a panel to mend it in.
        stored = self.stored.read() or {}
        chosen, problems = options.parse(stored)
        self.status.settings_problems = tuple(problems)
        chosen = dataclasses.replace(
            chosen,
            backgrounds_folder=chosen.backgrounds_folder or str(installation.backgrounds_dir()),
            background=chosen.background_name,
            camera=chosen.camera or self._cameras.default,
        )
        self.stored.set_defaults({"camera": chosen.camera, "background": chosen.background, "details": self.details()})
        self._thumbnails.look(chosen.folder, True, self._panel_is_old)
        advanced = stored.get(ADVANCED) is True
        return View(serial, chosen.to_dict(), self._cameras.known, self.status, advanced)

    # Everything below: worker thread, unless said otherwise.

    def _work(self) -> None:
        try:
            self._start()
            while (task := self._inbox.get()) is not None:
                try:
                    task()
                except UserError as error:
                    log.write("warning", f"{self.stored.name}: {error}")
                except Exception as error:
                    log.bug(self.stored.name, error)
        except Exception as error:
            self.status.problem = UserError(
                tr("The source could not be set up ({error}).", error=repr(error)), tr("Restart OBS.")
            )
            log.bug(f"{self.stored.name}: the source could not be set up", error)
        finally:
            self._end()

    def _start(self) -> None:
        self._settle()
        self._read()
        ring = Ring.create()
        self._output = VideoOutput(self._lib, self._weak, ring)
        self._supervisor = EngineSupervisor(
            self._command(ring.token, str(installation.logs_dir() / f"{_file_name(self.stored.name)}.log")),
            str(installation.app_dir()),
            ring.descriptor,
            self,
        )
        self._supervisor.start(self._desired())

    def _end(self) -> None:
        ended = self._supervisor is None or self._supervisor.stop(4.0)
        if not ended:
            log.write("warning", f"{self.stored.name}: the engine's supervisor did not end in time.")
        self._ended = (self._output is None or self._output.close()) and ended

    def apply(self) -> None:
        """Reads the settings and tells the engine if anything has changed."""
        self.status.note = NOTHING if self._removal.on else tr("Removal is switched off: the camera is shown.")
        if self._privacy.on:
            self.status.note = tr("Privacy is switched on: only the background is shown.")
        if self._read() and self._supervisor is not None:
            if self._options.folder != self._looked_at:
                self._looked_at = self._options.folder
                self._thumbnails.look(self._looked_at, False, self._panel_is_old)
            self._supervisor.want(self._desired())

    def _read(self) -> bool:
        """The settings of the OBS source; pins the camera of a source that has none. False: the source is gone."""
        stored = self.stored.read()
        if stored is None:
            return False
        if not stored.get("camera") and self._cameras.known:
            stored["camera"] = self._cameras.known[0].id
            self.stored.write(camera=stored["camera"])
        preset = presets.PRESETS.get(str(stored.get(presets.KEY)))
        if preset is not None:
            stored.update(preset.values)
            self.stored.write(**preset.values, **{presets.KEY: ""})
        self._options, problems = options.parse(stored_settings.effective(stored, self._options))
        self._framing.on = self._options.framing != "off"
        if self._framing.on:
            self._framing_style = self._options.framing
        self.status.settings_problems = tuple(problems)
        if self.status.settings_problems != self._reported:
            self._reported = self.status.settings_problems
            for problem in problems:
                log.write("warning", f"{self.stored.name}: {problem}")
        return True

    def _desired(self) -> DesiredState:
        return DesiredState(self._options, self._showing_since is not None, self._removal.on, self._privacy.on)

    def _change_background(self, action: str, seen: Optional[str], writes: int) -> None:
        """Steps on from the slide on show, or from the background that was chosen when the key was pressed (`seen`,
        after `writes` steps)."""
        self._read()
        chosen, folder = self._options.background, self._options.folder
        of, slide = self._on_show
        current = slide if self._options.slideshow_s and of == chosen else chosen
        if action == "random":
            name = backgrounds_folder.pick_random(folder, current)
        else:
            name = backgrounds_folder.step(folder, current, -1 if action == "previous" else 1)
        # Looked at last, just before it is written: what somebody chose meanwhile stays. A step that an earlier press
        # has made meanwhile is no choice, and no name stands for the first one.
        now = self.stored.text("background")
        same = backgrounds_folder.choose(folder, now or "") == backgrounds_folder.choose(folder, seen or "")
        stepped = self._writes > writes and now == self._written
        if name != current and now is not None and (same or stepped):
            if action == "cut":
                self._command_engine("cut")
            if name == chosen:  # from a slide back to the one chosen: no setting changes
                self._command_engine("restart_slideshow")
            self._written, self._on_show = name, (name, name)
            self.stored.write(background=name)
            self._writes += 1
            self.apply()

    def _frame(self, on: bool) -> None:
        """Switches auto framing, in the settings, so that it survives a restart and the panel shows it."""
        self.stored.write(framing=self._framing_style if on else "off")
        self.apply()

    def _reset(self, group: str) -> None:
        """Puts the rows of a group that stand behind Show Advanced Settings back to their defaults."""
        self.stored.write(**{row.key: row.default for row in options.TABLE if row.group == group and not row.basic})
        self.apply()

    def _command_engine(self, name: str) -> None:
        if self._supervisor is not None:
            self._supervisor.command(name)

    def _restart(self) -> None:
        if self._supervisor is not None:
            self._supervisor.restart()

    # The engine's owner: see engine_supervisor.EngineOwner.

    def engine_check(self) -> Optional[UserError]:
        return installation.health_check()

    def engine_starting(self) -> None:
        assert self._output is not None
        self.status.pid = None
        self._output.new_engine()

    def engine_said(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "frame":
            assert self._output is not None
            if self._output.deliver():
                took_s = time.monotonic() - self._output.engine_started
                log.write("info", f"{self.stored.name}: first picture {took_s:.1f} s after the engine's start.")
        elif kind == "hello":
            self.status.pid = message["pid"]
            log.write("info", f"{self.stored.name}: engine started (process {message['pid']}).")
        elif kind == "stats":
            self.status.stats = message
        elif kind == "shown":
            self._on_show = (self._options.background, message["background"])
        elif kind == "status":
            line = Line(message["level"], message["text"])
            before, self.status.engine = self.status.engine, line
            if line != before and line.level != "info":
                self.status.remember(line.text)
                log.write(line.level, f"{self.stored.name}: {line.text}")
            elif before.text and not line.text:
                log.write("info", f"{self.stored.name}: all is well.")

    def engine_problem(self, problem: Optional[UserError], retry_s: Optional[float]) -> None:
        before, self.status.problem = self.status.problem, problem
        if problem is None:
            return
        self.status.remember(problem.text)
        self.status.stats, self.status.engine, self.status.pid = None, Line("info", NOTHING), None
        if retry_s is not None:
            log.write("warning", f"{self.stored.name}: {problem} Next start in {retry_s:g} s.")
        elif str(problem) != str(before):
            log.write("error", f"{self.stored.name}: {problem}")

    def engine_tick(self) -> None:
        assert self._output is not None
        self._output.expire(self._showing_since, PRIVACY_STALE_S if self._privacy.on else STALE_S)
        now = time.monotonic()
        if now - max(self._panel_built + PANEL_S, self._changed_at + QUIET_S) > 0:
            kind = self.status.kind()
            if kind != self._panel_kind or self._panel_old:
                self._panel_kind, self._panel_built, self._panel_old = kind, now, False
                self.stored.refresh_panel()


def installed_command(token: str, log_path: str) -> list[str]:
    """The engine's command line, from the installed environment."""
    return engine_command(str(installation.python_path()), token, log_path)


def _file_name(name: str) -> str:
    """A source's name as a file name: letters, digits, space, dash; never empty, never long."""
    return re.sub(r"[^\w -]", "_", name).strip()[:60] or "source"
