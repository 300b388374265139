"""The only writer of `Event` rows: numbers events and stores them, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import orjson
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from sessions_app import search
from sessions_app.annotation.events import Kind
from sessions_app.models import Event, State, VoiceSession

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sessions_app.annotation.events import SessionEvent

MAX_ROWS_PER_INSERT = 2000  # thirteen parameters each: below SQLite's limit of 32 766

# The columns of an event as `_row` fills them: for some thousand rows a second the ORM's own insert is too dear.
_COLUMNS = (
    "session_id", "seq", "kind", "start_ms", "end_ms", "speaker", "label", "text", "confidence", "engine", "simulated",
    "payload", "created_at",
)  # fmt: skip
_PLACEHOLDERS = f"({', '.join(['%s'] * len(_COLUMNS))})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one microphone wants stored at once: events and marks belong together.

    `commit_no` counts the batches of `stream_id` from 1: a batch that is stored twice is stored once.
    """

    session_id: uuid.UUID
    stream_id: uuid.UUID
    commit_no: int
    events: tuple[SessionEvent, ...]
    heard_sample: int
    settled_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Events with their numbers: `first_seq` is the number of the first; none has any when `events` is empty."""

    session_id: uuid.UUID
    first_seq: int
    events: tuple[SessionEvent, ...]
    is_running: bool
    off_record: tuple[SessionEvent, ...] = ()  # heard, to be shown, and stored nowhere

    @property
    def last_seq(self) -> int:
        return self.first_seq + len(self.events) - 1


@dataclass(frozen=True, slots=True)
class Superseded:
    """The batch came from a microphone that no longer holds the session; nothing was stored."""


def store(batches: Sequence[Batch]) -> list[Stored | Superseded]:
    """Store at most one batch per session, all in one transaction, and return what became of each.

    Two statements however many sessions: the marks and numbers of all sessions, then the rows. A batch whose
    commit succeeded but was not heard of comes back as stored, without its events: viewers read those themselves.
    """
    now = timezone.now()
    with transaction.atomic():
        numbered = _advance(batches)
        _insert(numbered.values(), now)
        stored = [numbered.get(batch.session_id) or _store_otherwise(batch, now) for batch in batches]
        _outdate_ended(stored)
    return stored


def append(session_id: uuid.UUID, events: Sequence[SessionEvent]) -> Stored:
    """Store events that no microphone sent (a state, a gap) behind the last one of the session."""
    with transaction.atomic():
        VoiceSession.objects.filter(pk=session_id).update(next_seq=F("next_seq") + len(events))
        next_seq, state = VoiceSession.objects.values_list("next_seq", "state").get(pk=session_id)
        stored = Stored(
            session_id=session_id,
            first_seq=next_seq - len(events),
            events=tuple(events),
            is_running=state == State.RUNNING,
        )
        _insert([stored], timezone.now())
        if state == State.STOPPED:
            search.outdate([session_id])
    return stored


def _outdate_ended(stored: Iterable[Stored | Superseded]) -> None:
    """Take sessions that ended before their last words came out of the search index; the reaper puts them back."""
    late = [one.session_id for one in stored if isinstance(one, Stored) and one.events and not one.is_running]
    if late:
        search.outdate(late)


def _insert(numbered: Iterable[Stored], now: datetime) -> None:
    """Store the rows of all sessions, in one statement unless they are very many."""
    at = connection.ops.adapt_datetimefield_value(now)
    rows: list[tuple[Any, ...]] = []
    for stored in numbered:
        session_id = VoiceSession._meta.pk.get_db_prep_value(stored.session_id, connection)
        rows += [_row(event, session_id, seq, at) for seq, event in enumerate(stored.events, stored.first_seq)]
    with connection.cursor() as cursor:
        for first in range(0, len(rows), MAX_ROWS_PER_INSERT):
            some = rows[first : first + MAX_ROWS_PER_INSERT]
            values = ", ".join([_PLACEHOLDERS] * len(some))
            statement = f"INSERT INTO {Event._meta.db_table} ({', '.join(_COLUMNS)}) VALUES {values}"
            cursor.execute(statement, list(chain.from_iterable(some)))


def _row(event: SessionEvent, session_id: object, seq: int, at: object) -> tuple[Any, ...]:
    payload = orjson.dumps(event.payload).decode()
    return (
        session_id, seq, event.kind.value, event.start_ms, event.end_ms, event.speaker[:64], event.label[:200],
        event.text, event.confidence, event.engine, event.simulated, payload, at,
    )  # fmt: skip


# `stream_id` fences off a microphone that was superseded, `stream_commits` a batch that is already there.
_ADVANCE = """
    WITH batch (session_id, stream_id, commit_no, events, heard, settled) AS (VALUES {rows})
    UPDATE {table} SET
        next_seq = next_seq + batch.events,
        stream_commits = batch.commit_no,
        heard_sample = CASE WHEN batch.heard > heard_sample THEN batch.heard ELSE heard_sample END,
        settled_sample = CASE WHEN batch.settled > settled_sample THEN batch.settled ELSE settled_sample END
    FROM batch
    WHERE {table}.id = batch.session_id
        AND {table}.stream_id = batch.stream_id
        AND stream_commits < batch.commit_no
        AND has_off_record = {has_off_record}
    RETURNING id, next_seq, state
"""


def _advance(batches: Sequence[Batch], *, has_off_record: bool = False) -> dict[uuid.UUID, Stored]:
    """Move marks and numbers of all sessions on; return the sessions that took it, with their first number.

    Sessions that were ever off the record are taken apart from the others: their events are looked at first.
    """
    identifier = VoiceSession._meta.get_field("id")
    parameters: list[str | int] = []
    for batch in batches:
        parameters += [
            identifier.get_db_prep_value(batch.session_id, connection),
            identifier.get_db_prep_value(batch.stream_id, connection),
            batch.commit_no,
            len(batch.events),
            batch.heard_sample,
            batch.settled_sample,
        ]
    placeholders = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(batches))
    statement = _ADVANCE.format(
        table=VoiceSession._meta.db_table, rows=placeholders, has_off_record="TRUE" if has_off_record else "FALSE"
    )
    by_id = {batch.session_id: batch for batch in batches}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        advanced = cursor.fetchall()
    stored = {}
    for raw_id, next_seq, state in advanced:
        session_id = cast("uuid.UUID", VoiceSession._meta.pk.to_python(raw_id))
        events = by_id[session_id].events
        stored[session_id] = Stored(
            session_id=session_id,
            first_seq=next_seq - len(events),
            events=events,
            is_running=state == State.RUNNING,
        )
    return stored


def _store_otherwise(batch: Batch, now: datetime) -> Stored | Superseded:
    """Store a batch that the common statement passed by, or say why it must not be stored."""
    row = (
        VoiceSession.objects.select_for_update()
        .filter(pk=batch.session_id, stream_id=batch.stream_id)
        .values_list("next_seq", "state", "stream_commits", "off_record")
        .first()
    )
    if row is None:
        return Superseded()
    next_seq, state, commits, stretches = row
    if commits >= batch.commit_no:
        return Stored(session_id=batch.session_id, first_seq=next_seq, events=(), is_running=state == State.RUNNING)
    hidden = tuple(event for event in batch.events if _is_off_record(event, stretches))
    kept = tuple(event for event in batch.events if event not in hidden)
    stored = _advance([replace(batch, events=kept)], has_off_record=True)[batch.session_id]
    _insert([stored], now)
    return replace(stored, off_record=hidden)


def _is_off_record(event: SessionEvent, stretches: list[tuple[int, int | None]]) -> bool:
    """Tell whether any part of `event` lies in one of `stretches`; that sound was missed is no secret."""
    if event.kind in {Kind.GAP, Kind.STATE}:
        return False
    return any(
        (event.end_ms > from_ms or event.start_ms >= from_ms) and (until_ms is None or event.start_ms < until_ms)
        for from_ms, until_ms in stretches
    )
