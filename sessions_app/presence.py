"""Who is there: timestamps in the database, touched by one heartbeat per process, never by a clean-up hook.

The same heartbeat re-reads what the process's sockets should know, so that a doorbell that never rang (another
process with the in-memory layer, Redis away) is made good within 15 s.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from django.db import DatabaseError, connection, transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now

from sessions_app import conf, database_threads, processes
from sessions_app.models import State, VoiceSession
from sessions_app.per_loop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says of a session now."""

    last_seq: int
    state: str
    end_reason: str
    stream_id: uuid.UUID | None
    revision: int = 0
    has_other_viewers: bool = False  # more or fewer than before, in other processes


class Watcher(Protocol):
    """A socket that wants to be told, each heartbeat, how its session stands; None when it is deleted."""

    session_id: uuid.UUID

    @property
    def stream_id(self) -> uuid.UUID | None:
        """The microphone's lease to keep alive; None for a viewer."""
        ...

    def note(self, facts: Facts | None) -> None: ...


class Presence:
    """The watchers of one event loop, and their heartbeat."""

    def __init__(self) -> None:
        self.process_id = uuid.uuid4()
        self._watchers: set[Watcher] = set()
        self._views_elsewhere: Counter[uuid.UUID] = Counter()
        self._news: set[uuid.UUID] = set()  # our sessions whose views elsewhere changed; not told yet
        self._task: asyncio.Task[None] | None = None

    def enter(self, watcher: Watcher) -> None:
        self._watchers.add(watcher)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._beat(), name="linnet-presence")

    def leave(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)

    @property
    def watchers(self) -> frozenset[Watcher]:
        return frozenset(self._watchers)

    def watchers_of(self, session_id: uuid.UUID) -> list[Watcher]:
        return [watcher for watcher in self._watchers if watcher.session_id == session_id]

    def counts(self) -> Counter[str]:
        return Counter("viewers" if watcher.stream_id is None else "microphones" for watcher in self._watchers)

    def views(self) -> Counter[uuid.UUID]:
        """Return how many views of each session this process serves."""
        return Counter(watcher.session_id for watcher in self._watchers if watcher.stream_id is None)

    def viewers_of(self, session_id: uuid.UUID) -> int:
        """Return how many watch the session: here as of now, in other processes as of when they last said."""
        here = sum(watcher.stream_id is None for watcher in self.watchers_of(session_id))
        return here + self._views_elsewhere[session_id]

    async def compare(self) -> set[uuid.UUID]:
        """Say what this process has open, and hear what the others have. Return our sessions of which that is news."""
        own, before = self.views(), self._views_elsewhere
        said = processes.Open(views=own, microphones=self.counts()["microphones"])
        self._views_elsewhere = await database_threads.write(processes.exchange, self.process_id, said)
        return {session_id for session_id in own if self._views_elsewhere[session_id] != before[session_id]}

    async def leave_all(self) -> None:
        """Serve nobody any more, and say so: other processes need not wait until this one counts as dead."""
        self._watchers.clear()
        if self._task is not None:
            self._task.cancel()
        await database_threads.write(processes.leave, self.process_id)

    async def beat_once(self) -> None:
        """Touch every session that is watched or streamed into, and tell each watcher the facts.

        The leases come first: a count of views that cannot be written costs nobody the microphone.
        """
        watchers = list(self._watchers)
        session_ids = {watcher.session_id for watcher in watchers}
        stream_ids = {watcher.stream_id for watcher in watchers if watcher.stream_id is not None}
        facts: dict[uuid.UUID, Facts] | None = None
        with _surviving("presence could not be written"):
            facts = await database_threads.write(_touch, session_ids, stream_ids)
        with _surviving("views could not be counted"):
            self._news |= await self.compare()
        if facts is None:
            return
        news, self._news = self._news, set()
        facts |= {pk: replace(facts[pk], has_other_viewers=True) for pk in news & facts.keys()}
        for watcher in watchers:
            watcher.note(facts.get(watcher.session_id))

    async def _beat(self) -> None:
        """Beat while anybody is there, whatever happens: who is not seen for some beats is gone for all others."""
        while self._watchers:
            await asyncio.sleep(conf.HEARTBEAT_S)
            with _surviving("heartbeat failed"):
                await self.beat_once()


@contextmanager
def _surviving(what: str) -> Iterator[None]:
    """Log what goes wrong, and go on with the next thing."""
    try:
        yield
    except (DatabaseError, TimeoutError) as error:
        logger.warning(what, extra={"error": type(error).__name__})
    except Exception:
        logger.exception(what)


def _touch(session_ids: Collection[uuid.UUID], stream_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Facts]:
    """Renew presence and leases of running sessions, so that an ended one stays ended; return how all stand.

    Who watches a session that is just being changed is seen at the next beat. A lease cannot wait so long.
    """
    lease_seen = Case(When(stream_id__in=stream_ids, then=Now()), default=F("stream_seen_at")) if stream_ids else None
    values = {"last_seen_at": Now()} | ({"stream_seen_at": lease_seen} if lease_seen else {})
    touched = _touch_free(session_ids, values)
    rows = VoiceSession.objects.filter(pk__in=session_ids).values_list(
        "pk", "next_seq", "revision", "state", "end_reason", "stream_id"
    )
    facts = {
        pk: Facts(next_seq - 1, state, reason, stream_id, revision)
        for pk, next_seq, revision, state, reason, stream_id in rows
    }
    for pk, fact in facts.items():
        if fact.stream_id in stream_ids and pk not in touched:
            VoiceSession.objects.filter(pk=pk, state=State.RUNNING).update(**values)
    return facts


def _touch_free(session_ids: Collection[uuid.UUID], values: dict[str, Any]) -> Collection[uuid.UUID]:
    """Touch those sessions whose rows nobody is changing now, and return them; SQLite locks no rows.

    Whoever waits for one row while holding others deadlocks with a commit that holds it and waits for those.
    """
    running = VoiceSession.objects.filter(pk__in=session_ids, state=State.RUNNING)
    if not connection.features.has_select_for_update_skip_locked:
        running.update(**values)
        return session_ids
    with transaction.atomic():
        free = set(running.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
        running.filter(pk__in=free).update(**values)
    return free


def touch(session_id: uuid.UUID) -> None:
    """Note that somebody is there now; a running session only."""
    VoiceSession.objects.filter(pk=session_id, state=State.RUNNING).update(last_seen_at=Now())


async def atouch(session_id: uuid.UUID) -> None:
    """Do as `touch` for a view, which goes on when the database is away: the next heartbeat makes it good."""
    with suppress(DatabaseError, TimeoutError):
        await database_threads.write(touch, session_id)


current = PerLoop(Presence)
