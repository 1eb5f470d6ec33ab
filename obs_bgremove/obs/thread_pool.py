"""Threads that are reused, so that OBS's memory stays flat however many engines and sources come and go.

libobs copies every frame on the thread that hands it over, and glibc gives each thread a heap of its own (up to eight
per core), which keeps freed memory. With a new thread for each engine, every one of these heaps kept old frames: 43 of
OBS's 168 MB after six minutes of restarts. The same few threads use the same few heaps.

Used by engine_supervisor.py and engine_process.py, on any thread. `shut_down` ends idle threads at unload.
"""

import queue
import threading
from typing import Callable, Optional

from obs_bgremove.obs import log

LEAVE_S = 1.0  # an idle thread needs microseconds


class Task:
    """Work that a thread of the pool is doing or has done."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.done = threading.Event()
        self.thread: Optional[threading.Thread] = None

    def join(self, timeout_s: float) -> bool:
        """Waits until it is done; False when that takes too long, or when called by the work itself."""
        return self.thread is not threading.current_thread() and self.done.wait(timeout_s)


class ThreadPool:
    """Daemon threads of one name, each with a way to give it work. They idle between two tasks."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._idle: list[_Thread] = []
        self._generation = 0

    def start(self, work: Callable[[], None]) -> Task:
        """Runs `work` on the most recently idle thread, or on a new one."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
            if worker is None:
                worker = _Thread(self, self._name, self._generation)
                worker.thread.start()
        task = Task(work)
        task.thread = worker.thread
        worker.tasks.put(task)
        return task

    def back(self, worker: "_Thread") -> bool:
        """One of its threads has nothing to do. False: the pool was shut down meanwhile."""
        with self._lock:
            stays = worker.generation == self._generation
            if stays:
                self._idle.append(worker)
            return stays

    def shut_down(self) -> None:
        """Ends all idle threads, and each busy one once its task is done."""
        with self._lock:
            self._generation += 1
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.tasks.put(None)
        for worker in idle:
            worker.thread.join(LEAVE_S)


class _Thread:
    def __init__(self, pool: ThreadPool, name: str, generation: int) -> None:
        self.tasks: queue.SimpleQueue[Optional[Task]] = queue.SimpleQueue()
        self.generation = generation
        self.thread = threading.Thread(target=self._run, args=(pool,), name=name, daemon=True)

    def _run(self, pool: ThreadPool) -> None:
        while (task := self.tasks.get()) is not None:
            try:
                task.work()
            except BaseException as error:  # a mistake of ours must not cost the pool its thread
                log.bug(self.thread.name, error)
            finally:
                stays = pool.back(self)  # before it counts as done: a waiter must find the thread idle
                task.done.set()
            if not stays:
                return


SUPERVISORS = ThreadPool("ai-background supervisor")
PUMPS = ThreadPool("ai-background pump")
DRAINS = ThreadPool("ai-background stderr")


def shut_down() -> None:
    """At unload, when no source is left."""
    for pool in (SUPERVISORS, PUMPS, DRAINS):
        pool.shut_down()
