"""The engine's own threads: first come, first served, and countable."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

_MOST_THREADS = 4  # each decode in flight holds its own activations, and the server wants cores, too


def default_threads() -> int:
    """Return how many threads listen when nobody says: all cores but one, at most four."""
    return max(1, min(_MOST_THREADS, (os.cpu_count() or 1) - 1))


class Workers:
    """A thread pool that knows how much waits; it may be used again after `close`."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._busy_s = 0.0

    @property
    def waiting(self) -> int:
        """How many calls no thread has begun yet."""
        return self._waiting

    @property
    def busy_s(self) -> float:
        """How long the threads have worked, all together; each keeps at most one core busy."""
        return self._busy_s

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Call `function` in one of the threads, after all that was submitted before."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="linnet-engine")
            self._waiting += 1
            future = self._pool.submit(self._run, function, *args, **kwargs)
        # A call that is cancelled while it waits never begins, and still must be counted out.
        future.add_done_callback(lambda done: self._begin() if done.cancelled() else None)
        return future

    def close(self) -> None:
        """Drop what waits and return when what runs is done. Safe to call twice."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def _run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        self._begin()
        began_s = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            with self._lock:
                self._busy_s += time.perf_counter() - began_s

    def _begin(self) -> None:
        with self._lock:
            self._waiting -= 1
