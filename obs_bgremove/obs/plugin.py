"""The loaded script: the sources that exist, and the answers to libobs's callbacks.

`load` and `unload` run on OBS's UI thread (script hooks). The callbacks (`Handlers`) come on any thread of OBS; they
look up the source and leave the work to its worker.
"""

import ctypes
import gc
import html
import threading
import time
from typing import Any, Callable, Optional

from obs_bgremove import __version__
from obs_bgremove.obs import hotkeys, libobs, log, missing_files, panel, source_type, thread_pool
from obs_bgremove.obs.camera_list import Cameras
from obs_bgremove.obs.memory import give_back_memory
from obs_bgremove.obs.rows import View
from obs_bgremove.obs.source import Source, installed_command
from obs_bgremove.obs.status import Status
from obs_bgremove.obs.thumbnails import Thumbnails
from obs_bgremove.shared import installation, language, options
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

UNLOAD_S = 6.0  # all threads of ours must have ended by then
SETTLE_S = 1.0  # how long a new source waits for one that is leaving


class Plugin:
    """One loaded script. `close()` is idempotent."""

    def __init__(self, lib: Any, owner: str = "", command: Callable[[str, str], list[str]] = installed_command) -> None:
        self._lib, self._command = lib, command
        follow_language(lib)
        self._holder = source_type.get(lib)
        # For the four below. Callbacks of OBS wait for it, so nothing is asked of libobs while it is held.
        self._lock = threading.Lock()
        self._closed = False
        self._sources: dict[int, Source] = {}
        self._serials: dict[int, int] = {}  # by obs_source_t
        self._closing: list[threading.Thread] = []
        self._cameras = Cameras()
        self._thumbnails = Thumbnails()
        self._panel = panel.Panel(lib, self._holder.callbacks, self._thumbnails)
        self._destroyed = libobs.SIGNAL(self._source_destroyed)
        lib.signal_handler_connect(lib.obs_get_signal_handler(), b"source_destroy", self._destroyed, None)
        self._holder.handlers, self._holder.owner = self, owner
        self._adopt()
        self._cameras.refresh(self._cameras_known)

    def close(self) -> None:
        """Ends everything of ours; the source type stays, as libobs cannot forget one."""
        if self._holder.handlers is not self:
            return
        self._holder.handlers = None
        with self._lock:
            self._closed = True  # a callback that is already under way makes no source any more
        lib = self._lib
        lib.signal_handler_disconnect(lib.obs_get_signal_handler(), b"source_destroy", self._destroyed, None)
        until = time.monotonic() + UNLOAD_S
        for serial in list(self._sources):
            self._close_source(serial, forget=False)
        self._cameras.stop()
        self._thumbnails.stop()
        closing = list(self._closing)  # complete: no callback adds to it now
        for thread in closing:
            thread.join(max(0.0, until - time.monotonic()))
        thread_pool.shut_down()
        late = sum(thread.is_alive() for thread in closing)
        if late:
            log.write("warning", f"{late} source(s) did not end within {UNLOAD_S:g} s.")

    def _adopt(self) -> None:
        """Takes over the sources that exist already: Reload Scripts leaves them alive."""
        for serial, weak in list(self._holder.living.items()):
            source = self._lib.obs_weak_source_get_source(weak)
            if not source:
                source_type.forget(self._holder, serial)
                continue
            try:
                self.created(serial, source)
                if self._lib.obs_source_showing(source):
                    self.shown(serial, True)
            finally:
                self._lib.obs_source_release(source)

    def _close_source(self, serial: int, forget: bool) -> None:
        """Ends a source on a thread of its own: it takes up to some seconds."""

        def end(source: Source) -> None:
            ended = source.close(UNLOAD_S)
            if forget:
                source_type.forget(self._holder, serial, in_use=not ended)
                give_back_memory()

        with self._lock:
            source = self._sources.pop(serial, None)
            if source is None:
                return
            self._closing = [thread for thread in self._closing if thread.is_alive()]
            thread = threading.Thread(target=end, args=(source,), name="ai-background end", daemon=True)
            thread.start()
            self._closing.append(thread)  # only now: others join what is in there
        self._panel.forget(serial)

    def _settle(self) -> None:
        """Called by a new source's worker: one that is leaving may still hold the camera, and threads to reuse."""
        until = time.monotonic() + SETTLE_S
        with self._lock:
            closing = list(self._closing)
        for thread in closing:
            thread.join(max(0.0, until - time.monotonic()))

    def _cameras_known(self) -> None:
        """Cameras' thread."""
        for source in list(self._sources.values()):
            source.do(source.apply)
            source.do(source.stored.refresh_panel)

    def _source_destroyed(self, _data: int, calldata: int) -> None:
        """A source of any kind is being destroyed, on any thread, with the signal's lock held."""
        pointer = ctypes.c_void_p()
        self._lib.calldata_get_data(calldata, b"source", ctypes.byref(pointer), ctypes.sizeof(pointer))
        with self._lock:
            serial = self._serials.pop(pointer.value or 0, None)
        if serial is not None:
            self._close_source(serial, forget=True)

    # Handlers: see source_type.Handlers.

    def created(self, serial: int, source: int) -> None:
        """Also called by `_adopt`, maybe for a source whose own `created` is under way: the first call counts."""
        weak = self._holder.living[serial]
        with self._lock:
            if self._closed or serial in self._sources:
                return
            self._serials[source] = serial
            self._sources[serial] = Source(
                self._lib, weak, self._cameras, self._thumbnails, self._command, self._settle
            )
        self._lib.obs_source_set_async_unbuffered(source, True)
        hotkeys.register(self._lib, self._holder, serial, source)

    def updated(self, serial: int) -> None:
        if (source := self._sources.get(serial)) is not None:
            source.settings_changed()

    def shown(self, serial: int, showing: bool) -> None:
        if (source := self._sources.get(serial)) is not None:
            source.set_showing(showing)

    def defaults(self, settings: int) -> None:
        panel.set_defaults(self._lib, settings, self._cameras.default)

    def properties(self, serial: Optional[int]) -> int:
        follow_language(self._lib)
        source = self._sources.get(serial) if serial is not None else None
        if source is not None and serial is not None:
            view = source.panel_opens(serial)
        else:
            defaults = {row.key: row.default for row in options.TABLE}
            view = View(serial or 0, defaults, self._cameras.known, Status())
        built = self._panel.build(view)
        self._forget_panel_of_none(serial or 0)
        return built

    def pressed(self, serial: int, button: str, properties: int) -> bool:
        if button == "refresh_status":
            return self._renew_status(serial, properties)
        if button == "refresh_cameras":
            self._cameras.refresh(self._cameras_known)
        elif (source := self._sources.get(serial)) is not None:
            source.press(button)
        return False

    def modified(self, serial: int, key: str, properties: int, settings: int) -> bool:
        redraw = self._panel.modified(serial, key, properties, settings, self._cameras.known)
        self._forget_panel_of_none(serial)
        return redraw and self._renew_status(serial, properties)

    def _renew_status(self, serial: int, properties: int) -> bool:
        """A panel that is to be drawn anew shows the figures of this moment. Always True."""
        if (source := self._sources.get(serial)) is not None:
            self._panel.renew_status(properties, source.status)
        return True

    def _forget_panel_of_none(self, serial: int) -> None:
        """A panel may outlive its source by a moment, or belong to none."""
        if serial not in self._sources:
            self._panel.forget(serial)

    def hotkey(self, serial: int, name: str) -> None:
        if (source := self._sources.get(serial)) is not None:
            source.hotkey(name)

    def missing_files(self, serial: int, files: int) -> None:
        if (source := self._sources.get(serial)) is not None:
            source.stored.add_missing(files, self._holder.callbacks["relocated"])

    def relocated(self, serial: int, number: int, path: str) -> None:
        if (source := self._sources.get(serial)) is not None:
            source.relocated(missing_files.KEYS[number], path)


_PARAGRAPHS = (
    tr("Cuts you out of your webcam picture and puts a background behind you."),
    tr(
        "Add it to a scene: <b>Sources, +, AI Background</b>. Settings are in the source's properties, hotkeys in "
        "<b>Settings, Hotkeys</b> under the source's name."
    ),
)

_loaded: Optional[Plugin] = None


def description() -> str:
    """script_description, which OBS asks for before script_load: also says why the script cannot be used."""
    problem = ""
    try:
        lib = libobs.load()
        follow_language(lib)
        source_type.get(lib)
    except UserError as error:
        problem = f"<p><b>{tr('Not loaded.').local()}</b> {html.escape(error.text.local())}</p>"
    logs = tr("Log files: {folder}", folder=html.escape(str(installation.logs_dir())))
    paragraphs = "".join(f"<p>{paragraph.local()}</p>" for paragraph in (*_PARAGRAPHS, logs))
    return f"<h3>AI Background {__version__}</h3>{paragraphs}{problem}"


def follow_language(lib: Any) -> None:
    """Shows texts in OBS's language from now on. OBS itself takes another language on when it is started anew."""
    language.use(language.match((lib.obs_get_locale() or b"").decode(errors="replace")))


def load(script: str) -> None:
    """script_load: `script` is the file that OBS loaded, to tell two copies apart."""
    global _loaded
    try:
        lib = libobs.load()
        holder = source_type.get(lib)
        if holder.handlers is not None:
            log.write("warning", f"Already loaded from {holder.owner}; {script} stays idle. Remove one of the two.")
            return
        _loaded = Plugin(lib, script)
        log.write("info", f"Version {__version__} loaded from {script}.")
    except UserError as error:
        log.write("error", str(error))


def unload() -> None:
    """script_unload."""
    global _loaded
    if _loaded is not None:
        _loaded.close()
        _loaded = None
        # The previous reload left classes that hold each other, half a megabyte (measured). Python would find them by
        # itself, but much later. Collecting takes about 20 ms.
        gc.collect()
