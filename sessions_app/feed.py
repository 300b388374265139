"""What a viewer reads: every stored event behind a cursor, once, in order, healed from the database."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import OperationalError

from sessions_app import audience, database_threads, revisions
from sessions_app.broadcast import frames_of
from sessions_app.models import Event

if TYPE_CHECKING:
    import uuid
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from sessions_app.broadcast import EventsStored, Passing, Revised
    from sessions_app.presence import Facts

PAGE_EVENTS = 500
MAX_WAITING = 200  # doorbells; a viewer that is slower than that reads the database instead
ASK_AGAIN_S = 1.0  # a database that is away; each view by its own dice, or all of them ask at once


@dataclass(frozen=True, slots=True)
class Page:
    """Frames to send next; `last_seq` is the number of the last event among them, None without one."""

    frames: Sequence[str]
    last_seq: int | None


class Feed:
    """One view of one session. What it is told of is only enqueued; `pages` is read by the view's own task."""

    stream_id = None  # a viewer, in the eyes of `presence`

    def __init__(
        self, session_id: uuid.UUID, *, after: int, revision: int = 0, last_revision: int = 0, is_owner: bool = True
    ) -> None:
        self.session_id = session_id
        self.is_owner = is_owner
        self.is_deleted = False
        self._is_stopping = False
        self._cursor = after  # the last event that was delivered
        self._tail = after  # the last event that is delivered or waits
        self._known_last = after
        self._is_behind = True  # the first read is a hole like any other
        self._replay_from: int | None = None
        self._waiting: deque[Page] = deque()
        self._revision = revision  # the last one that was delivered
        self._revision_tail = revision  # the last one that is delivered or waits
        self._known_revision = max(revision, last_revision)
        self._revised: deque[tuple[int, Sequence[str]]] = deque()  # up to which revision, and its frames
        self._urgent: deque[str] = deque(maxlen=8)
        self._changed = asyncio.Event()

    def take(self, message: EventsStored | Revised | Passing) -> None:
        """Take a message of the session's group; a newer process may know more kinds of them."""
        if message["type"] == "events.stored":
            self.ring(first_seq=message["first_seq"], last_seq=message["last_seq"], frames=message["frames"])
        elif message["type"] == "revised":
            self.revise(
                first=message["first"],
                last=message["last"],
                frames=message["frames"],
                private_frames=message["private_frames"],
            )
        elif message["type"] == "passing":
            self.pass_on(message["frame"])

    def ring(self, *, first_seq: int, last_seq: int, frames: Sequence[str]) -> None:
        """Take a doorbell: its frames as they are when they follow what we have, else a reason to read."""
        self._known_last = max(self._known_last, last_seq)
        if self._is_behind or last_seq <= self._tail:
            pass
        elif first_seq == self._tail + 1 and len(self._waiting) < MAX_WAITING:
            self._waiting.append(Page(frames, last_seq))
            self._tail = last_seq
        else:
            self._fall_behind()
        self._changed.set()

    def revise(self, *, first: int, last: int, frames: Sequence[str], private_frames: Sequence[str]) -> None:
        """Take news of changes to lines, names and notes; shown after the events that came before them."""
        self._known_revision = max(self._known_revision, last)
        if first == self._revision_tail + 1 and len(self._revised) < MAX_WAITING:
            own = (*frames, *private_frames) if self.is_owner else tuple(frames)
            self._revised.append((last, own))
            self._revision_tail = last
        self._changed.set()

    def pass_on(self, frame: str) -> None:
        """Take a passing message; a viewer that is behind does without."""
        if not self._is_behind and len(self._waiting) < MAX_WAITING:
            self._waiting.append(Page((frame,), None))
            self._changed.set()

    def answer(self, frame: str) -> None:
        """Send `frame` before anything that waits (a pong)."""
        self._urgent.append(frame)
        self._changed.set()

    def replay(self, after: int) -> None:
        """Begin again behind `after`, once a read that is under way is done: the viewer saw a hole that we did not."""
        known = max(self._known_last, self._cursor)
        self._replay_from = min(after, known if self._replay_from is None else self._replay_from)
        self._changed.set()

    def note(self, facts: Facts | None) -> None:
        """Take the heartbeat's facts: a number beyond our tail is a doorbell that never rang."""
        if facts is None:
            self.is_deleted = True
            self._changed.set()
            return
        self._known_revision = max(self._known_revision, facts.revision)
        if facts.has_other_viewers:  # another process died, or has no layer in common with us
            audience.announce(self.session_id)
        if facts.last_seq > max(self._tail, self._known_last):
            self._known_last = facts.last_seq
            self._fall_behind()
        self._changed.set()

    def stop(self) -> None:
        """End `pages` once what is stored by now has been yielded."""
        self._is_stopping = True
        self._changed.set()

    async def pages(self) -> AsyncIterator[Page]:
        """Yield what to send, until stopped or the session is deleted. A database that is away is waited for."""
        while not self.is_deleted:
            if self._urgent:
                yield Page((self._urgent.popleft(),), None)
            elif self._replay_from is not None:
                self._cursor, self._replay_from = self._replay_from, None
                self._fall_behind()
            elif self._is_behind:
                yield await self._patiently(self._read)
            elif self._waiting:
                page = self._waiting.popleft()
                if page.last_seq is not None:
                    self._cursor = page.last_seq
                yield page
            elif self._revised:
                self._revision, frames = self._revised.popleft()
                yield Page(frames, None)
            elif self._revision < self._known_revision:
                yield await self._patiently(self._read_revisions)
            elif self._is_stopping:
                return
            else:
                self._changed.clear()
                await self._changed.wait()

    async def _patiently(self, read: Callable[[], Awaitable[Page]]) -> Page:
        """Return what `read` does; an empty page, after a while or with the next news, when the database is away."""
        try:
            return await read()
        except (OperationalError, TimeoutError):
            if self._is_stopping:
                raise
            if not self._urgent:
                self._changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(ASK_AGAIN_S * random.uniform(1, 2)):
                        await self._changed.wait()
            return Page((), None)

    def _fall_behind(self) -> None:
        self._is_behind = True
        self._waiting.clear()

    async def _read(self) -> Page:
        """Read one page behind the cursor. Doorbells that ring meanwhile are told by `_known_last`."""
        target = self._known_last
        rows = await database_threads.read(read_page, self.session_id, self._cursor)
        session_id = str(self.session_id)
        frames = [frame for row in rows for frame in frames_of(row.as_event(), session_id=session_id, seq=row.seq)]
        if rows:
            self._cursor = rows[-1].seq
        if len(rows) < PAGE_EVENTS:
            self._cursor = max(self._cursor, target)  # deleted rows leave numbers that nobody will ever send
            self._is_behind = self._known_last > self._cursor
        self._tail = self._cursor
        return Page(frames, self._cursor)

    async def _read_revisions(self) -> Page:
        """Read every change behind the last one that was delivered; they are few. Those that ring meanwhile stay."""
        target = self._known_revision
        revised = await database_threads.read(revisions.read_after, self.session_id, self._revision)
        self._revision = max(revised.last, target)
        while self._revised and self._revised[0][0] <= self._revision:
            self._revised.popleft()
        self._revision_tail = self._revised[-1][0] if self._revised else self._revision
        return Page((*revised.frames, *(revised.private_frames if self.is_owner else ())), None)


def read_page(session_id: uuid.UUID, after: int, limit: int = PAGE_EVENTS) -> list[Event]:
    """Return up to `limit` events behind `after`, in order; one query."""
    return list(Event.objects.filter(session_id=session_id).after(after)[:limit])
