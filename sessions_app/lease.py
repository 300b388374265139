"""One microphone per session: who holds it, since when, and how another takes over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F, QuerySet
from django.db.models.functions import Now

from sessions_app.models import VoiceSession, has_fresh_lease

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to stream into a session, and where to begin. Fenced by `stream_id` in every commit."""

    session_id: uuid.UUID
    stream_id: uuid.UUID
    settled_sample: int
    heard_sample: int


def microphones_of(owner_id: int) -> QuerySet[VoiceSession]:
    """Return the sessions of `owner_id` that somebody streams into now."""
    return VoiceSession.objects.running().with_microphone().filter(owner_id=owner_id)


def is_taken(session_id: uuid.UUID) -> bool:
    return VoiceSession.objects.with_microphone().filter(pk=session_id).exists()


def taken_among(session_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the sessions that somebody holds the microphone of. One query."""
    return set(VoiceSession.objects.with_microphone().filter(pk__in=session_ids).values_list("pk", flat=True))


def claim(session_id: uuid.UUID, *, take_over: bool) -> Lease | None:
    """Take the session's microphone; None when another one holds it, or the session does not run.

    Two that claim at once are told apart by the row count: one UPDATE wins.
    """
    stream_id = uuid.uuid4()
    candidates = VoiceSession.objects.running().filter(pk=session_id)
    if not take_over:
        candidates = candidates.exclude(has_fresh_lease())
    won = candidates.update(stream_id=stream_id, stream_seen_at=Now(), stream_commits=0, last_seen_at=Now())
    if not won:
        return None
    settled, heard = VoiceSession.objects.values_list("settled_sample", "heard_sample").get(pk=session_id)
    return Lease(session_id=session_id, stream_id=stream_id, settled_sample=settled, heard_sample=heard)


def release(lease: Lease) -> None:
    """Give the microphone back at once instead of letting the lease run out; nothing happens when it was lost."""
    VoiceSession.objects.filter(pk=lease.session_id, stream_id=lease.stream_id).update(
        stream_id=None, stream_seen_at=None, last_seen_at=Now()
    )


def note_engine(lease: Lease, *, engine: str, is_simulated: bool) -> None:
    """Keep with the session who listens to it; once simulated, it stays marked."""
    marks: dict[str, object] = {"engine": engine} | ({"simulated": True} if is_simulated else {})
    VoiceSession.objects.filter(pk=lease.session_id, stream_id=lease.stream_id).exclude(
        engine=engine, simulated=F("simulated") if not is_simulated else True
    ).update(**marks)
