"""The engine's main loop: takes what OBS wants and the newest frame, runs the pipeline, hands the result over.

It runs on the process's main thread and owns capture, pipeline, backgrounds and sink. It sleeps until a frame, a
message or a new background wakes it, but never longer than a quarter of a second, so that it notices a stalled camera.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable

from obs_bgremove.engine.background import Backgrounds
from obs_bgremove.engine.camera.capture import Capture, Frame
from obs_bgremove.engine.camera.target import DEFAULT_SIZE, CameraSetting
from obs_bgremove.engine.host_link import HostLink
from obs_bgremove.engine.pipeline import Pipeline
from obs_bgremove.engine.ring_sink import RingSink
from obs_bgremove.shared.clock import now_ns, now_s
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.frame_ring import Ring
from obs_bgremove.shared.language import NOTHING, Text, tr
from obs_bgremove.shared.options import Options
from obs_bgremove.shared.protocol import DesiredState

# A camera that has given nothing for this long: its last picture is taken away.
STALE_AFTER_S = 1.5
STATS_EVERY_S = 1.0
SUMMARY_EVERY_S = 60.0  # a line in the log file, for bug reports
IDLE_S = 0.25
FIRST_PICTURE_S = 1.0  # a picture is read in a tenth of that; OBS shows what it has for 2 s
log = logging.getLogger(__name__)


class Worker:
    """Capture, pipeline, backgrounds and sink of one source, run by what its `HostLink` hears."""

    def __init__(self, ring: Ring) -> None:
        self._wake = threading.Event()
        self._link = HostLink(self._wake.set)
        self._capture = Capture(self._wake.set)
        self._backgrounds = Backgrounds(self._wake.set)
        self._pipeline = Pipeline(self._backgrounds, wake=self._wake.set)
        self._sink = RingSink(ring)
        self._size = DEFAULT_SIZE
        self._camera: CameraSetting | None = None
        self._finer = False
        self._shown: object = None  # what the picture without a camera was made from
        self._fallback_for: object = None
        self._said: tuple[str, Text] = ("", NOTHING)
        self._told_background = ""
        self._last_frame_s = now_s()
        self._hidden = False
        self._idle_s = IDLE_S
        self._started_s = now_s()
        self._frames = 0
        self._latencies_ms: deque[float] = deque(maxlen=120)
        self._work_ms: deque[float] = deque(maxlen=120)
        self._captured = 0
        self._stats_s = now_s()
        self._summary = _Summary()

    def run(self, version: str, pid: int) -> None:
        """Runs until OBS goes. Raises UserError when the camera hangs in a way that only a new process can mend."""
        self._link.start()
        self._link.send("hello", version=version, pid=pid)
        try:
            while not self._link.closed:
                self._wake.wait(self._idle_s)
                self._wake.clear()
                if self._link.desired is not None:
                    self._step(self._link.desired)
                self._stats()
        except UserError as error:
            self._say("error", error.text)
            raise
        finally:
            self._capture.stop()
            self._pipeline.close()
            self._backgrounds.close()

    def _step(self, desired: DesiredState) -> None:
        options = desired.options
        self._capture.idle = not desired.showing
        # Once wanted, finer frames stay: framing that is switched on and off live must not open the camera each time.
        self._finer |= options.framing != "off"
        camera = CameraSetting(options.camera, options.requested_size, options.fps, self._finer)
        if camera != self._camera:
            self._camera = camera
            self._pipeline.reset()
            self._last_frame_s = now_s()
        self._capture.want(camera if desired.showing or not options.release_when_hidden else None)
        self._capture.check()
        self._idle_s = IDLE_S
        for name in self._link.take_commands():
            log.info("asked for: %s", name)
            if name == "cut":
                self._backgrounds.cut()
            elif name == "restart_slideshow":
                self._backgrounds.restart_slideshow()
            else:
                self._pipeline.command(name)
        if self._pipeline.loading:
            self._pipeline.prepare(options.model)
        frame = self._capture.take()
        if not self._awaits_picture(options):
            self._put_out(frame, desired)
        if self._backgrounds.shown != self._told_background:
            self._told_background = self._backgrounds.shown
            self._link.send("shown", background=self._told_background)
        self._report(desired)

    def _put_out(self, frame: Frame | None, desired: DesiredState) -> None:
        if not desired.showing:
            self._hidden = True
            self._summary.restart()
            self._last_frame_s = now_s()
        elif frame is not None:
            self._hidden = False
            self._show(frame, desired)
        else:
            if self._hidden:
                self._hidden = False
                self._last_frame_s = now_s()
            self._show_without_camera(desired)
        self._keep_fallback(desired)

    def _awaits_picture(self, options: Options) -> bool:
        """For a moment after the start: nothing goes out before the picture behind the person has been read.

        OBS goes on with what the engine before this one has left, where grey would be a flash for everybody to see.
        """
        if (
            self._backgrounds.version
            or options.background_mode != "file"
            or now_s() - self._started_s > FIRST_PICTURE_S
        ):
            return False
        self._backgrounds.get(options, *self._size)
        return self._backgrounds.version == 0

    def _show(self, frame: Frame, desired: DesiredState) -> None:
        began_ns = now_ns()
        if frame.shown != self._size:
            height, width = frame.image.shape[:2]
            whole = "" if frame.shown == (width, height) else f" of {width}x{height}"
            log.info("camera: %s, %dx%d%s", self._capture.label, *frame.shown, whole)
            self._size = frame.shown
        self._pipeline.process(frame.image, desired, frame.timestamp_ns, self._sink.allocate, frame.shown)
        self._link.send("frame", sequence=self._sink.publish(frame.timestamp_ns))
        done_ns = now_ns()
        latency_ms = (done_ns - frame.timestamp_ns) / 1e6
        self._work_ms.append((done_ns - began_ns) / 1e6)
        self._latencies_ms.append(latency_ms)
        self._summary.frame(latency_ms)
        self._frames += 1
        self._last_frame_s = now_s()
        self._shown = None

    def _show_without_camera(self, desired: DesiredState) -> None:
        """The background alone, once the camera is known to give nothing; again when the background changes, or as
        often as one that moves needs it."""
        silent_s = now_s() - self._last_frame_s
        if self._capture.problem is None and silent_s < STALE_AFTER_S:
            return
        made_ns, moment = now_ns(), 0
        pace_s = self._backgrounds.pace_s
        if pace_s is not None and desired.options.background_mode in ("file", "color"):
            self._idle_s, moment = pace_s, int(made_ns / 1e9 / pace_s)
        wanted = (_look(desired), self._size, self._backgrounds.version, moment)
        if self._shown == wanted:
            return
        self._shown = wanted
        self._pipeline.background_alone(desired, *self._size, self._sink.allocate, made_ns)
        self._link.send("frame", sequence=self._sink.publish(made_ns))

    def _keep_fallback(self, desired: DesiredState) -> None:
        """The spare slots hold the background alone, for OBS to show should this process die, hang or be late."""
        wanted = (_look(desired), self._size, self._backgrounds.version)
        if wanted != self._fallback_for and self._sink.fallback_is_free():  # else at the next turn
            self._fallback_for = wanted
            self._pipeline.background_alone(desired, *self._size, self._sink.allocate_fallback)
            self._sink.publish(now_ns())

    def _report(self, desired: DesiredState) -> None:
        """Tells OBS the most pressing problem, or that all is well, whenever that changes."""
        silent_s = now_s() - self._last_frame_s
        problem = self._pipeline.problem or self._capture.problem
        if problem is not None:
            self._say("error", problem.text)
        elif desired.showing and silent_s > STALE_AFTER_S:
            self._say(
                "warning",
                tr(
                    "The camera {camera} gives no picture. The background is shown until it does.",
                    camera=self._capture.label,
                ),
            )
        elif self._pipeline.loading:
            self._say("info", tr("Starting…"))
        elif desired.options.background_mode == "file" and self._backgrounds.problem is not None:
            self._say("warning", self._backgrounds.problem.text)
        else:
            self._say("info", NOTHING)

    def _say(self, level: str, text: Text) -> None:
        if (level, text) != self._said:
            self._said = (level, text)
            self._link.send("status", level=level, text=text)
            if text:
                log.log(getattr(logging, level.upper()), "%s", text)

    def _stats(self) -> None:
        """Once a second, also when idle: it doubles as the sign of life."""
        now = now_s()
        passed_s = now - self._stats_s
        if passed_s < STATS_EVERY_S:
            return
        captured = self._capture.frames
        self._link.send(
            "stats",
            width=self._size[0],
            height=self._size[1],
            fps=round(self._frames / passed_s, 1),
            fps_in=round((captured - self._captured) / passed_s, 1),
            work_ms=_median(self._work_ms),
            latency_ms=_median(self._latencies_ms),
            camera=self._capture.label,
            camera_kind=self._capture.kind,
            camera_fps=round(self._capture.rate, 2),
        )
        self._stats_s, self._frames, self._captured = now, 0, captured
        self._latencies_ms.clear()
        self._work_ms.clear()


def _median(values: Iterable[float]) -> float:
    """To a tenth; 0 without any."""
    ordered = sorted(values)
    return round(ordered[len(ordered) // 2], 1) if ordered else 0.0


class _Summary:
    """A line in the log for every minute without interruption: frames, rate, latency."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Counts from now on."""
        self._since_s = now_s()
        self._latencies_ms: list[float] = []

    def frame(self, latency_ms: float) -> None:
        """A frame went out."""
        self._latencies_ms.append(latency_ms)
        passed_s = now_s() - self._since_s
        if passed_s >= SUMMARY_EVERY_S:
            ordered = sorted(self._latencies_ms)
            p50, p95 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95))
            fps = len(ordered) / passed_s
            log.info("%d frames, %.2f fps, camera to OBS p50 %.1f ms, p95 %.1f ms", len(ordered), fps, p50, p95)
            self.restart()


def _look(desired: DesiredState) -> object:
    """All that `Pipeline.background_alone` depends on, apart from the size and the prepared background."""
    options = desired.options
    background = (options.background_mode, options.backgrounds_folder, options.background, options.color, options.fit)
    focus = (options.picture_blur, options.blur_style) if options.picture_blur else None
    return background, focus, options.slideshow_s, options.shuffle, options.view, desired.removal, desired.privacy
