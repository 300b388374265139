"""What an owner may change in a session, while it runs and afterwards; the original is kept beside the correction.

Each verb changes and numbers in one transaction and returns what to tell the views (`broadcast.publish_revised`).
Raises `NotThere` for a line, voice or note that the session does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import revisions
from sessions_app.annotation.events import Kind
from sessions_app.models import Event, Note, Revision, SpeakerName, VoiceSession
from sessions_app.revisions import Change

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from sessions_app.revisions import Revised

What = Revision.What


class NotThere(LookupError):
    """The session has no such line, voice or note."""


def correct_words(voice_session: VoiceSession, seq: int, text: str, *, author: AbstractBaseUser) -> Revised:
    """Replace the words of a line. Giving a removed line its words back undoes the removal."""
    with transaction.atomic():
        line = _line(voice_session, seq)
        change = Change(what=What.WORDS, seq=seq, before=line.text, after=text)
        line.text = text
        line.payload = {name: value for name, value in line.payload.items() if name != "removed"} | {"corrected": True}
        line.save(update_fields=["text", "payload"])
        return revisions.record(voice_session.pk, [change], author=author)


def give_to_speaker(voice_session: VoiceSession, seq: int, speaker: str, *, author: AbstractBaseUser) -> Revised:
    """Say that another voice spoke the line; `speaker` is one of the session's marks ("Speaker B")."""
    with transaction.atomic():
        line = _line(voice_session, seq)
        _check_voice(voice_session, speaker)
        change = Change(what=What.SPEAKER, seq=seq, before=line.speaker, after=speaker)
        line.speaker = speaker
        line.save(update_fields=["speaker"])
        return revisions.record(voice_session.pk, [change], author=author)


def remove_line(voice_session: VoiceSession, seq: int, *, author: AbstractBaseUser) -> Revised:
    """Take the words of a line out of the record for good; that there was one remains."""
    with transaction.atomic():
        line = _line(voice_session, seq)
        line.text = ""
        line.payload = {"utterance_id": line.payload.get("utterance_id", ""), "removed": True}
        line.save(update_fields=["text", "payload"])
        Revision.objects.filter(session=voice_session, seq=seq).update(before="", after="")
        return revisions.record(voice_session.pk, [Change(what=What.REMOVED, seq=seq)], author=author)


def name_speaker(voice_session: VoiceSession, speaker: str, name: str, *, author: AbstractBaseUser) -> Revised:
    """Call a voice `name` everywhere; an empty name gives it its mark back, and parts it from another."""
    with transaction.atomic():
        _check_voice(voice_session, speaker)
        before = revisions.names_of(voice_session.pk).get(speaker, "")
        if name:
            SpeakerName.objects.update_or_create(
                session=voice_session, speaker=speaker, defaults={"name": name, "same_as": ""}
            )
        else:
            SpeakerName.objects.filter(session=voice_session, speaker=speaker).delete()
        change = Change(what=What.NAME, before=before or speaker, after=name or speaker)
        return revisions.record(voice_session.pk, [change], author=author)


def merge_speakers(voice_session: VoiceSession, speaker: str, same_as: str, *, author: AbstractBaseUser) -> Revised:
    """Say that two of the session's voices are one person's. Raises `ValueError` when that goes in a circle."""
    with transaction.atomic():
        VoiceSession.objects.select_for_update().get(pk=voice_session.pk)  # two at once could close a circle
        _check_voice(voice_session, speaker)
        _check_voice(voice_session, same_as)
        into = _root(voice_session, same_as)
        if into == speaker:
            raise ValueError(_("These two are one voice already."))
        SpeakerName.objects.update_or_create(
            session=voice_session, speaker=speaker, defaults={"same_as": into, "name": ""}
        )
        change = Change(what=What.NAME, before=speaker, after=into)
        return revisions.record(voice_session.pk, [change], author=author)


def rename(voice_session: VoiceSession, title: str, *, author: AbstractBaseUser) -> Revised:
    with transaction.atomic():
        change = Change(what=What.TITLE, before=voice_session.title, after=title)
        voice_session.title = title
        voice_session.save(update_fields=["title"])
        return revisions.record(voice_session.pk, [change], author=author)


def add_note(
    voice_session: VoiceSession,
    *,
    author: AbstractBaseUser | None,
    at_ms: int | None = None,
    text: str = "",
    author_name: str = "",
) -> Revised:
    """Keep a moment: now, or at `at_ms` of the session's clock. `author_name` is a trusted viewer's."""
    with transaction.atomic():
        if at_ms is None:
            voice_session.refresh_from_db(fields=["heard_sample"])
            at_ms = voice_session.audio_ms
        note = Note.objects.create(
            session=voice_session,
            at_ms=at_ms,
            text=text,
            author_id=author.pk if author else None,
            author_name=author_name,
        )
        return revisions.record(voice_session.pk, [Change(what=What.NOTE, note_id=note.pk)], author=author)


def change_note(voice_session: VoiceSession, note_id: int, text: str, *, author: AbstractBaseUser) -> Revised:
    with transaction.atomic():
        if not Note.objects.filter(session=voice_session, pk=note_id).update(text=text):
            raise NotThere("note")
        return revisions.record(voice_session.pk, [Change(what=What.NOTE, note_id=note_id)], author=author)


def remove_note(voice_session: VoiceSession, note_id: int, *, author: AbstractBaseUser) -> Revised:
    with transaction.atomic():
        if not Note.objects.filter(session=voice_session, pk=note_id).delete()[0]:
            raise NotThere("note")
        return revisions.record(voice_session.pk, [Change(what=What.NOTE, note_id=note_id)], author=author)


def voices_of(voice_session: VoiceSession) -> list[str]:
    """Return the marks of the voices that spoke, in order of the alphabet; one query."""
    spoken = Event.objects.filter(session=voice_session, kind=Kind.TRANSCRIPT).exclude(speaker__in=["", "speaker_a"])
    return sorted(spoken.order_by().values_list("speaker", flat=True).distinct(), key=lambda mark: (len(mark), mark))


def _line(voice_session: VoiceSession, seq: int) -> Event:
    line = Event.objects.select_for_update().filter(session=voice_session, seq=seq, kind=Kind.TRANSCRIPT).first()
    if line is None:
        raise NotThere("line")
    return line


def _check_voice(voice_session: VoiceSession, speaker: str) -> None:
    if not Event.objects.filter(session=voice_session, speaker=speaker).exists():
        raise NotThere("voice")


def _root(voice_session: VoiceSession, speaker: str) -> str:
    """Follow merges to the voice that stands for all of them."""
    same_as = dict(SpeakerName.objects.filter(session=voice_session).values_list("speaker", "same_as"))
    while following := same_as.get(speaker):
        speaker = following
    return speaker
