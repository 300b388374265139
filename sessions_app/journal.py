"""Group commit: all microphones of a process share one writer; while one transaction runs, the next one gathers."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import OperationalError

from sessions_app import database_threads, recording
from sessions_app.per_loop import PerLoop

if TYPE_CHECKING:
    import uuid

    from sessions_app.recording import Batch, Stored, Superseded

logger = logging.getLogger(__name__)

MAX_BATCHES_PER_COMMIT = 400  # six parameters each: far below PostgreSQL's and SQLite's limits
RETRY_FIRST_S, RETRY_MAX_S = 0.1, 2.0
GATHER_S = 0.02  # a commit costs as much as five batches in it; nobody notices 20 ms more
STALL_AFTER_S = 2.0  # a commit takes milliseconds; SQLite itself waits 20 s for a lock before it complains


@dataclass(slots=True, eq=False)
class _Entry:
    batch: Batch
    done: asyncio.Future[Stored | Superseded]


class _Crowd:
    """How many sessions have stored something lately: in this second or the one before."""

    def __init__(self) -> None:
        self._since_s = 0.0
        self._now: set[uuid.UUID] = set()
        self._before: set[uuid.UUID] = set()

    @property
    def size(self) -> int:
        return max(len(self._now), len(self._before))

    def note(self, session_id: uuid.UUID) -> None:
        now_s = time.monotonic()
        if now_s - self._since_s >= 1.0:
            self._since_s, self._before, self._now = now_s, self._now, set()
        self._now.add(session_id)


class Journal:
    """The writer of one event loop. Its queue is bounded by its users: each waits for its batch."""

    def __init__(self) -> None:
        self._waiting: list[_Entry] = []
        self._is_enough = asyncio.Event()
        self._crowd = _Crowd()
        self._task: asyncio.Task[None] | None = None
        self.is_stalled = False
        self.commits = 0

    @property
    def depth(self) -> int:
        return len(self._waiting)

    async def append(self, batch: Batch) -> Stored | Superseded:
        """Return what became of `batch` once its transaction is committed.

        Waits as long as the database is away; the caller's own backlog bounds what gathers meanwhile. Raises
        `DatabaseError` when the database refuses this very batch, and whatever else storing it raised.
        """
        entry = _Entry(batch, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        self._crowd.note(batch.session_id)
        if len(self._waiting) >= self._crowd.size:
            self._is_enough.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write(), name="linnet-journal")
        return await entry.done

    async def _write(self) -> None:
        """Commit what waits, group after group; ends when nothing does."""
        while entries := self._take_group():
            await self._commit(entries)
            await self._gather()

    async def _gather(self) -> None:
        """Let the next group grow for a moment, unless everybody waits already: a lonely session never does."""
        if len(self._waiting) >= self._crowd.size:
            return
        self._is_enough.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(GATHER_S):
                await self._is_enough.wait()

    def _take_group(self) -> list[_Entry]:
        """Take the oldest batch of each session: two of one session may not share a statement."""
        group: dict[object, _Entry] = {}
        left = []
        for entry in self._waiting:
            if entry.done.cancelled():
                continue
            if entry.batch.session_id in group or len(group) >= MAX_BATCHES_PER_COMMIT:
                left.append(entry)
            else:
                group[entry.batch.session_id] = entry
        self._waiting = left
        return list(group.values())

    async def _commit(self, entries: list[_Entry]) -> None:
        delay_s = RETRY_FIRST_S
        while True:
            overdue = asyncio.get_running_loop().call_later(STALL_AFTER_S, self._note_stall, "slow")
            try:
                results = await database_threads.write(recording.store, [entry.batch for entry in entries])
            except (OperationalError, TimeoutError) as error:
                self._note_stall(type(error).__name__)
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 2, RETRY_MAX_S)
            except Exception as error:  # whatever it is: microphones wait for each of them
                await self._refuse(entries, error)
                return
            else:
                self.is_stalled = False
                self.commits += 1
                for entry, result in zip(entries, results, strict=True):
                    if not entry.done.done():
                        entry.done.set_result(result)
                return
            finally:
                overdue.cancel()

    async def _refuse(self, entries: list[_Entry], error: Exception) -> None:
        """One bad batch spoils a transaction: give each its own, so that only the bad one fails."""
        if len(entries) > 1:
            for entry in entries:
                await self._commit([entry])
        elif not entries[0].done.done():
            entries[0].done.set_exception(error)

    def _note_stall(self, why: str) -> None:
        if not self.is_stalled:
            self.is_stalled = True
            logger.warning("database does not take the journal; trying on", extra={"error": why})


current = PerLoop(Journal)
