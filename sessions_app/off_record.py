"""Off the record: captions go on, and nothing of them is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from sessions_app import recording, revisions
from sessions_app.annotation.events import GapCause, gap
from sessions_app.models import Revision, State, VoiceSession
from sessions_app.revisions import Change

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import AbstractBaseUser

    from sessions_app.recording import Stored
    from sessions_app.revisions import Revised

UNHEARD_MS = 2_000  # sound on its way when nobody says how far the clock is
WAITING_MS = 15_000  # as much may wait to be heard while a microphone is open
MAX_AHEAD_MS = 60_000  # a client's clock that is further ahead than this is wrong
LATE_MS = 30_000  # sound that a microphone may still finish after the end: what may wait (15 s), and as much again


def begin(session_id: uuid.UUID, *, author: AbstractBaseUser | None) -> Revised | None:
    """Store nothing that is not stored yet; None when it is off the record already, or has ended meanwhile.

    It begins at the heard mark: the words of an utterance that is still open are not kept either.
    """
    with transaction.atomic():
        voice_session = VoiceSession.objects.select_for_update().get(pk=session_id)
        if voice_session.is_off_record or voice_session.state == State.STOPPED:
            return None
        voice_session.off_record = [*voice_session.off_record, [voice_session.audio_ms, None]]
        return _changed(voice_session, author)


def finish(
    session_id: uuid.UUID, *, at_ms: int | None = None, late_ms: int = 0, author: AbstractBaseUser | None
) -> tuple[Revised, Stored] | None:
    """Store again what is said from `at_ms` on, and mark the stretch with a gap; None when it is on the record.

    `at_ms` is the speaker's clock: the database knows only what was heard, and what was said since then was said off
    the record. Nothing of the next `late_ms` is stored in any case, until `reopened`.
    """
    with transaction.atomic():
        voice_session = VoiceSession.objects.select_for_update().get(pk=session_id)
        if not voice_session.is_off_record:
            return None
        from_ms = voice_session.off_record[-1][0]
        heard_ms = voice_session.audio_ms
        until_ms = heard_ms + UNHEARD_MS if at_ms is None else min(max(at_ms, heard_ms), heard_ms + MAX_AHEAD_MS)
        if at_ms is None and not late_ms and VoiceSession.objects.with_microphone().filter(pk=session_id).exists():
            until_ms = heard_ms + WAITING_MS
        voice_session.off_record = [*voice_session.off_record[:-1], [from_ms, max(until_ms, heard_ms + late_ms)]]
        revised = _changed(voice_session, author)
        stored = recording.append(session_id, [gap(cause=GapCause.OFF_RECORD, start_ms=from_ms, end_ms=until_ms)])
        return revised, stored


def reopened(session_id: uuid.UUID) -> None:
    """Let a session that ended off the record store again: its microphone is gone, nothing of it comes late."""
    voice_session = VoiceSession.objects.get(pk=session_id)
    if not voice_session.off_record or voice_session.is_off_record:
        return
    from_ms, until_ms = voice_session.off_record[-1]
    until_ms = min(until_ms, voice_session.audio_ms + UNHEARD_MS)
    VoiceSession.objects.filter(pk=session_id).update(off_record=[*voice_session.off_record[:-1], [from_ms, until_ms]])


def _changed(voice_session: VoiceSession, author: AbstractBaseUser | None) -> Revised:
    voice_session.has_off_record = True
    voice_session.save(update_fields=["off_record", "has_off_record"])
    return revisions.record(voice_session.pk, [Change(what=Revision.What.OFF_RECORD)], author=author)
