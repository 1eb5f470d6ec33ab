"""Threads that are used again, so that OBS's memory stays flat however many engines and sources come and go.

libobs copies every frame on the thread that hands it over, and glibc gives each thread a heap of its own (up to eight a
core), at whose end freed memory stays. With a new thread for each engine, frames of long ago lay in every one of these
heaps: 43 of OBS's 168 MB after six minutes of restarts. The same few threads keep to the same few heaps.

Used by child.py and process.py, on any thread. `dismiss` ends what idles, when the script is unloaded.
"""

import queue
import threading
from typing import Callable, Optional

from obs_bgremove.obs import log

LEAVE_S = 1.0  # an idle thread needs microseconds


class Task:
    """Work that a thread of the crew is doing or has done."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.done = threading.Event()
        self.thread: Optional[threading.Thread] = None

    def join(self, timeout_s: float) -> bool:
        """Waits until it is done; False when that takes too long, or when called by the work itself."""
        return self.thread is not threading.current_thread() and self.done.wait(timeout_s)


class Crew:
    """Daemon threads of one name, each with a way to give it work. They idle between two tasks."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._idle: list[_Member] = []
        self._dismissals = 0

    def start(self, work: Callable[[], None]) -> Task:
        """Has it done by the thread that has become idle last, else by a new one."""
        with self._lock:
            member = self._idle.pop() if self._idle else None
            if member is None:
                member = _Member(self, self._name, self._dismissals)
                member.thread.start()
        task = Task(work)
        task.thread = member.thread
        member.tasks.put(task)
        return task

    def back(self, member: "_Member") -> bool:
        """One of its threads has nothing to do. False: it was dismissed meanwhile."""
        with self._lock:
            stays = member.hired == self._dismissals
            if stays:
                self._idle.append(member)
            return stays

    def dismiss(self) -> None:
        """Ends all idle threads, and each busy one once its task is done."""
        with self._lock:
            self._dismissals += 1
            idle, self._idle = self._idle, []
        for member in idle:
            member.tasks.put(None)
        for member in idle:
            member.thread.join(LEAVE_S)


class _Member:
    def __init__(self, crew: Crew, name: str, hired: int) -> None:
        self.tasks: queue.SimpleQueue[Optional[Task]] = queue.SimpleQueue()
        self.hired = hired
        self.thread = threading.Thread(target=self._run, args=(crew,), name=name, daemon=True)

    def _run(self, crew: Crew) -> None:
        while (task := self.tasks.get()) is not None:
            try:
                task.work()
            except BaseException as error:  # a mistake of ours, which must not take the thread from those who come next
                log.write("error", f"internal error {error!r}")
            finally:
                stays = crew.back(self)  # before it counts as done: whoever waits for that finds the thread idle
                task.done.set()
            if not stays:
                return


SUPERVISORS = Crew("ai-background supervisor")
PUMPS = Crew("ai-background pump")
DRAINS = Crew("ai-background stderr")


def dismiss() -> None:
    """At unload, when no source is left."""
    for crew in (SUPERVISORS, PUMPS, DRAINS):
        crew.dismiss()
