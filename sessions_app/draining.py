"""The way out: on SIGTERM microphones flush, viewers are told, and only then does the server end as it would have.

Neither server does this by itself: Daphne cancels its sockets without a word, uvicorn waits for them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from sessions_app.per_loop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

logger = logging.getLogger(__name__)

FLUSH_TIMEOUT_S = 6.0  # microphones: the last window, the open utterance, their commit
FAREWELL_TIMEOUT_S = 2.0  # viewers: what the flush brought, and the goodbye; in all below the 10 s of a deploy


class Leaving(Protocol):
    """Something open that can be asked to end."""

    is_microphone: bool

    async def go_away(self) -> None: ...


class Drain:
    """What one event loop has open, and whether it is on its way out."""

    def __init__(self) -> None:
        self.is_draining = False
        self._open: set[Leaving] = set()
        self._task: asyncio.Task[None] | None = None

    def enter(self, leaving: Leaving) -> None:
        self._open.add(leaving)

    def leave(self, leaving: Leaving) -> None:
        self._open.discard(leaving)

    async def run(self) -> None:
        """Ask everything to end: microphones first, so that viewers still see what they had left to say."""
        self.is_draining = True
        await self._ask([one for one in self._open if one.is_microphone], FLUSH_TIMEOUT_S)
        await self._ask([one for one in self._open if not one.is_microphone], FAREWELL_TIMEOUT_S)

    def begin(self, then: Callable[[], None]) -> None:
        """Drain in the background, and do `then` when that is done."""
        self.is_draining = True
        self._task = asyncio.create_task(self.run(), name="linnet-drain")
        self._task.add_done_callback(lambda _: then())

    @staticmethod
    async def _ask(leaving: list[Leaving], timeout_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                for result in await asyncio.gather(*(one.go_away() for one in leaving), return_exceptions=True):
                    if isinstance(result, Exception):
                        logger.error("something open could not leave in order", exc_info=result)


_before: dict[int, Any] = {}  # what each signal did before we hooked it


def _make() -> Drain:
    """Return the drain of a loop; the first one hooks the process's signals."""
    if threading.current_thread() is threading.main_thread():
        _hook_signals()
    return Drain()


current = PerLoop(_make)


def _hook_signals() -> None:
    """Put the drain before what the server does on SIGTERM and Ctrl-C."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(signum)
        if before not in {None, signal.SIG_IGN, _on_signal}:
            _before[signum] = before
            signal.signal(signum, _on_signal)


def _on_signal(signum: int, frame: FrameType | None) -> None:
    """Drain first; a second signal, or one that meets nothing open, is delivered at once."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        _deliver(signum)
        return
    drain = current.if_made()
    if drain is None or drain.is_draining:
        _deliver(signum)
    else:
        loop.call_soon_threadsafe(drain.begin, partial(_deliver, signum))


def _deliver(signum: int) -> None:
    """Do what the signal does without us."""
    before = _before[signum]
    if callable(before):
        before(signum, None)
    else:
        signal.signal(signum, before)
        os.kill(os.getpid(), signum)
