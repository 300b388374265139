"""How sessions begin, end and begin again. Every change of state is one conditional UPDATE and one event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from sessions_app import broadcast, recording
from sessions_app.annotation.events import state as state_event
from sessions_app.models import EndReason, State, VoiceSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import AbstractBaseUser

    from sessions_app.models import VoiceSessionQuerySet


def create(
    owner: AbstractBaseUser,
    *,
    title: str = "",
    elcor: bool = False,
    captions_only: bool = False,
    window_ms: int | None = None,
    language: str = "",
    num_speakers: int | None = None,
) -> VoiceSession:
    """Return a new running session. Who listens is chosen when its microphone opens."""
    options = {"window_ms": window_ms} if window_ms else {}
    return VoiceSession.objects.create(
        owner_id=owner.pk,
        title=title,
        elcor=elcor,
        captions_only=captions_only,
        language=language,
        num_speakers=num_speakers,
        state=State.RUNNING,
        started_at=timezone.now(),
        **options,
    )


def end(voice_session: VoiceSession, reason: EndReason) -> bool:
    """End a session that has not ended yet. Return whether this call did it."""
    return _end(VoiceSession.objects.exclude(state=State.STOPPED), voice_session, reason)


def reopen(voice_session: VoiceSession) -> bool:
    """Let a stopped session run again: same clock, same numbers. Return whether this call did it."""
    stopped = VoiceSession.objects.filter(pk=voice_session.pk, state=State.STOPPED)
    with transaction.atomic():
        reopened = stopped.update(
            state=State.RUNNING, end_reason=EndReason.NONE, ended_at=None, last_seen_at=Now(), stream_id=None
        )
        if not reopened:
            return False
        _note(voice_session, State.RUNNING)
    return True


def end_idle(ttl_s: float) -> Iterator[VoiceSession]:
    """End every running session that nobody was seen in for `ttl_s`; yield those that this call ended.

    A speaker may come back, and another reaper may be at work, between the look and the deed: the UPDATE asks
    again, and its row count says who won.
    """
    for voice_session in idle(ttl_s).iterator(chunk_size=500):
        if _end(VoiceSession.objects.idle(ttl_s), voice_session, EndReason.IDLE):
            yield voice_session


def idle(ttl_s: float) -> VoiceSessionQuerySet:
    """Return the sessions that `end_idle` would end, the longest forgotten first."""
    return VoiceSession.objects.idle(ttl_s).order_by("last_seen_at")


def _end(endable: VoiceSessionQuerySet, voice_session: VoiceSession, reason: EndReason) -> bool:
    with transaction.atomic():
        ended = endable.filter(pk=voice_session.pk).update(state=State.STOPPED, end_reason=reason, ended_at=Now())
        if not ended:
            return False
        _note(voice_session, State.STOPPED, reason)
    return True


def _note(voice_session: VoiceSession, state: State, reason: str = "") -> None:
    """Store the state's event in the caller's transaction, and ring once that is committed."""
    voice_session.refresh_from_db()
    event = state_event(state, at_ms=voice_session.audio_ms, reason=reason)
    stored = recording.append(voice_session.pk, [event])
    transaction.on_commit(lambda: broadcast.publish_sync(stored))
    voice_session.refresh_from_db()
