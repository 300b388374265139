"""How sessions begin, end and begin again. Every change of state is one conditional UPDATE and one event."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now
from django.utils import timezone

from sessions_app import allocations, broadcast, off_record, recording, search
from sessions_app.annotation.events import GapCause, gap
from sessions_app.annotation.events import state as state_event
from sessions_app.audio.pcm import ms_from_samples
from sessions_app.models import DOOMED_AT, EndReason, State, VoiceSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import AbstractBaseUser

    from sessions_app.annotation.events import SessionEvent
    from sessions_app.models import VoiceSessionQuerySet

KEPT_PAST_ITS_TIME = timedelta(days=1)


def create(
    owner: AbstractBaseUser,
    *,
    title: str = "",
    elcor: bool = False,
    captions_only: bool = False,
    window_ms: int | None = None,
    language: str = "",
    num_speakers: int | None = None,
    forget_at_end: bool = False,
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
        forget_at_end=forget_at_end,
        state=State.RUNNING,
        started_at=timezone.now(),
        **options,
    )


def end(voice_session: VoiceSession, reason: EndReason) -> bool:
    """End a session that has not ended yet. Return whether this call did it."""
    return _end(VoiceSession.objects.exclude(state=State.STOPPED), voice_session, reason)


def reopen(voice_session: VoiceSession) -> bool:
    """Let a stopped session run again: same clock, same numbers. Return whether this call did it.

    One that was deleted meanwhile stays deleted. What is lost is settled before the state changes, for a running
    session has nothing to settle; when nothing changes, that does not either.
    """
    stopped = VoiceSession.objects.filter(pk=voice_session.pk, state=State.STOPPED, deleted_at=None)
    with transaction.atomic():
        lost_words = _lost_words(voice_session)
        reopened = stopped.update(
            state=State.RUNNING, end_reason=EndReason.NONE, ended_at=None, last_seen_at=Now(), stream_id=None
        )
        if not reopened:
            transaction.set_rollback(True)
            return False
        off_record.reopened(voice_session.pk)
        search.outdate([voice_session.pk])
        _note(voice_session, State.RUNNING, before=lost_words)
    return True


def delete(voice_session: VoiceSession) -> None:
    """Take a session away from its owner, ended if need be. It can come back until it is purged (`undelete`)."""
    with transaction.atomic():
        # Held from before its end: another tab could let it run again in between.
        standing = VoiceSession.objects.select_for_update().filter(pk=voice_session.pk, deleted_at=None)
        if not standing:  # deleted in another tab, or being purged already
            return
        end(voice_session, EndReason.USER)
        voice_session.deleted_at = timezone.now()
        voice_session.save(update_fields=["deleted_at"])
        search.forget([voice_session.pk])


def undelete(voice_session: VoiceSession) -> bool:
    """Give a deleted session back, unless its purge has begun. Return whether it is back."""
    with transaction.atomic():
        deleted = VoiceSession.objects.filter(pk=voice_session.pk, deleted_at__gt=DOOMED_AT)
        if not deleted.update(deleted_at=None):
            return False
        voice_session.deleted_at = None
    return True


def end_idle(ttl_s: float) -> Iterator[VoiceSession]:
    """End every running session that nobody was seen in for `ttl_s`; yield those that this call ended.

    A speaker may come back, and another reaper may be at work, between the look and the deed: the UPDATE asks
    again, and its row count says who won.
    """
    for voice_session in idle(ttl_s).iterator(chunk_size=500):
        if _end(VoiceSession.objects.idle(ttl_s), voice_session, EndReason.IDLE):
            yield voice_session


def settle_lost_words() -> int:
    """Store the gap of every ended session whose microphone died too late for its end to know. Return how many."""
    sessions = list(VoiceSession.objects.unsettled())
    for voice_session in sessions:
        with transaction.atomic():
            events = _lost_words(voice_session)
            if events:
                _store(voice_session, events)
    return len(sessions)


def idle(ttl_s: float) -> VoiceSessionQuerySet:
    """Return the sessions that `end_idle` would end, the longest forgotten first."""
    return VoiceSession.objects.idle(ttl_s).order_by("last_seen_at")


def _end(endable: VoiceSessionQuerySet, voice_session: VoiceSession, reason: EndReason) -> bool:
    # Who lets a session run past the day until which it is kept shall find it after its end.
    overdue = When(keep_until__lte=Now(), then=Now() + KEPT_PAST_ITS_TIME)
    with transaction.atomic():
        ended = endable.filter(pk=voice_session.pk).update(
            state=State.STOPPED, end_reason=reason, ended_at=Now(), keep_until=Case(overdue, default=F("keep_until"))
        )
        if not ended:
            return False
        _close_off_record(voice_session)
        _note(voice_session, State.STOPPED, reason, before=_lost_words(voice_session))
        transaction.on_commit(lambda: allocations.release_of(voice_session.pk))
    return True


def _note(voice_session: VoiceSession, state: State, reason: str = "", *, before: list[SessionEvent]) -> None:
    """Store the state's event in the caller's transaction, and ring once that is committed."""
    voice_session.refresh_from_db()
    changed = state_event(state, at_ms=voice_session.audio_ms, reason=reason)
    _store(voice_session, [*before, changed])
    voice_session.refresh_from_db()


def _close_off_record(voice_session: VoiceSession) -> None:
    """Mark the stretch that is still off the record: the end of the session is its end, for what waits too."""
    if (closed := off_record.finish(voice_session.pk, late_ms=off_record.LATE_MS, author=None)) is not None:
        revised, stored = closed
        transaction.on_commit(lambda: broadcast.publish_sync(stored))
        transaction.on_commit(lambda: broadcast.publish_revised_sync(revised))


def _store(voice_session: VoiceSession, events: list[SessionEvent]) -> None:
    stored = recording.append(voice_session.pk, events)
    transaction.on_commit(lambda: broadcast.publish_sync(stored))


def _lost_words(voice_session: VoiceSession) -> list[SessionEvent]:
    """Return the gap for words that nobody will finish any more, and settle them; a live microphone finishes its own.

    They were heard by a worker that died with the utterance still open.
    """
    voice_session.refresh_from_db()
    lost = VoiceSession.objects.unsettled().filter(pk=voice_session.pk)
    if not lost.update(settled_sample=F("heard_sample")):
        return []
    start_ms = ms_from_samples(voice_session.settled_sample)
    return [gap(cause=GapCause.CONNECTION, start_ms=start_ms, end_ms=voice_session.audio_ms)]
