"""What an owner may change in a session, while it runs and afterwards; the original is kept beside the correction.

Each verb changes and numbers in one transaction and returns what to tell the views (`broadcast.publish_revised`).
Raises `NotThere` for a line, voice or note that the session does not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import orjson
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import revisions
from sessions_app.annotation.events import Kind
from sessions_app.models import Event, Note, Revision, SpeakerName, VoiceSession
from sessions_app.revisions import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import QuerySet

    from sessions_app.revisions import Revised

What = Revision.What
SOMEBODY_ELSE = "new"  # instead of a voice: one that the session does not have yet
RECEIPT_SALT = "sessions_app.editing.removed"
UNDO_S = 600  # so long a removal can be taken back; the page offers it for some seconds, longer under a hand

# The words of a line take 8 000 bytes at most; with them and in base64 this is less than a request may have (64 KB).
CHANGES_IN_RECEIPT_BYTES = 36_000


class NotThere(LookupError):
    """The session has no such line, voice or note."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A removal, and what takes it back: the words under Linnet's signature, kept by nobody but who removed them."""

    revised: Revised
    receipt: str


def correct_words(voice_session: VoiceSession, seq: int, text: str, *, author: AbstractBaseUser) -> Revised:
    """Replace the words of a line. A removed line that is given words counts as corrected: see `put_back`."""
    with transaction.atomic():
        line = _line(voice_session, seq)
        change = Change(what=What.WORDS, seq=seq, before=line.text, after=text)
        line.text = text
        line.payload = {name: value for name, value in line.payload.items() if name != "removed"} | {"corrected": True}
        line.save(update_fields=["text", "payload"])
        return revisions.record(voice_session.pk, [change], author=author)


def give_to_speaker(voice_session: VoiceSession, seq: int, speaker: str, *, author: AbstractBaseUser) -> Revised:
    """Say that another voice spoke the line: one of the session's marks ("Speaker B"), or `SOMEBODY_ELSE`."""
    with transaction.atomic():
        line = _line(voice_session, seq)
        if speaker == SOMEBODY_ELSE:
            speaker = _free_mark(voice_session)
        else:
            _check_voice(voice_session, speaker)
        change = Change(what=What.SPEAKER, seq=seq, before=line.speaker, after=speaker)
        line.speaker = speaker
        line.save(update_fields=["speaker"])
        return revisions.record(voice_session.pk, [change], author=author)


def remove_line(voice_session: VoiceSession, seq: int, *, author: AbstractBaseUser) -> Removed:
    """Take the words of a line out of the record for good; that there was one remains.

    Nothing is kept that the words could be guessed from, no digest either: a line is short, and the key lies beside
    the database. What takes the removal back is answered instead, and with it what the removal emptied: the line, and
    its earlier changes, the first ones of very many.
    """
    with transaction.atomic():
        line = _line(voice_session, seq)
        earlier = Revision.objects.filter(session=voice_session, seq=seq)
        was = {"text": line.text, "payload": line.payload, "revisions": _words_of(earlier)}
        line.text = ""
        line.payload = {"utterance_id": line.payload.get("utterance_id", ""), "removed": True}
        line.save(update_fields=["text", "payload"])
        earlier.update(before="", after="")
        revised = revisions.record(voice_session.pk, [Change(what=What.REMOVED, seq=seq)], author=author)
        return Removed(revised, _receipt(voice_session, seq, revised.last, was))


def put_back(voice_session: VoiceSession, seq: int, receipt: str, *, author: AbstractBaseUser) -> Revised:
    """Take a removal back: the line is as it was, and says "corrected" only when it was corrected before.

    Raises `ValueError` when `receipt` is not what the last change of this line answered, or is older than `UNDO_S`.
    """
    with transaction.atomic():
        line = _line(voice_session, seq)
        was = _opened(voice_session, line, receipt)
        line.text, line.payload = was["text"], was["payload"]
        line.save(update_fields=["text", "payload"])
        _fill(voice_session, was["revisions"])
        change = Change(what=What.WORDS, seq=seq, after=line.text)
        return revisions.record(voice_session.pk, [change], author=author)


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
    """Give a note other words, a bookmark its first. Raises `ValueError` for none, and for what others whispered."""
    if not text:
        raise ValueError(_("Write a few words, or remove it."))
    with transaction.atomic():
        note = Note.objects.select_for_update().filter(session=voice_session, pk=note_id).first()
        if note is None:
            raise NotThere("note")
        if note.author_name:
            raise ValueError(_("Somebody else wrote this. Write a note of your own beside it."))
        note.text = text
        note.save(update_fields=["text"])
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


def _free_mark(voice_session: VoiceSession) -> str:
    """Return the next mark from the end of the alphabet: listeners take theirs from its beginning, at any time."""
    spoken = Event.objects.filter(session=voice_session).order_by().values_list("speaker", flat=True).distinct()
    named = SpeakerName.objects.filter(session=voice_session).values_list("speaker", flat=True)
    taken = {*spoken, *named}
    return next(mark for mark in _marks_from_the_end() if mark not in taken)


def _marks_from_the_end() -> Iterator[str]:
    yield from (f"Speaker {letter}" for letter in reversed(ascii_uppercase))
    yield from (f"Speaker {number}" for number in count(1))


def _words_of(revisions_of_line: QuerySet[Revision]) -> list[tuple[int, str, str]]:
    """Return number, old and new words of changes, from the first on, as many as a receipt has room for."""
    kept, room_bytes = [], CHANGES_IN_RECEIPT_BYTES
    filled = revisions_of_line.exclude(before="", after="").order_by("number")
    for change in filled.values_list("number", "before", "after"):
        room_bytes -= len(orjson.dumps(change))
        if room_bytes < 0:
            break
        kept.append(change)
    return kept


def _fill(voice_session: VoiceSession, words: list[tuple[int, str, str]]) -> None:
    """Give changes their words back, as `_words_of` returned them; two queries."""
    texts = {number: (before, after) for number, before, after in words}
    changes = list(Revision.objects.filter(session=voice_session, number__in=texts))
    for change in changes:
        change.before, change.after = texts[change.number]
    Revision.objects.bulk_update(changes, ["before", "after"])


class _Utf8Json:
    """A receipt in JSON without escapes, which make words of other scripts three times as long."""

    def dumps(self, kept: dict[str, Any]) -> bytes:
        return orjson.dumps(kept)

    def loads(self, written: bytes) -> dict[str, Any]:
        kept: dict[str, Any] = orjson.loads(written)
        return kept


def _receipt(voice_session: VoiceSession, seq: int, number: int, was: dict[str, Any]) -> str:
    kept = {"session": str(voice_session.pk), "seq": seq, "number": number, "was": was}
    return signing.dumps(kept, salt=RECEIPT_SALT, serializer=_Utf8Json, compress=True)


def _opened(voice_session: VoiceSession, line: Event, receipt: str) -> dict[str, Any]:
    """Return what a removal took away, if `receipt` is of the last change of `line`. Raises `ValueError`."""
    last = Revision.objects.filter(session=voice_session, seq=line.seq).order_by("-number").first()
    try:
        kept = signing.loads(receipt, salt=RECEIPT_SALT, serializer=_Utf8Json, max_age=UNDO_S)
    except signing.BadSignature as error:
        raise ValueError(_("This cannot be undone any more. You can still write the words anew.")) from error
    is_of_line = (kept["session"], kept["seq"]) == (str(voice_session.pk), line.seq)
    if not is_of_line or last is None or kept["number"] != last.number:
        raise ValueError(_("The line was changed meanwhile, so its removal cannot be undone."))
    was: dict[str, Any] = kept["was"]
    return was


def _root(voice_session: VoiceSession, speaker: str) -> str:
    """Follow merges to the voice that stands for all of them."""
    same_as = dict(SpeakerName.objects.filter(session=voice_session).values_list("speaker", "same_as"))
    while following := same_as.get(speaker):
        speaker = following
    return speaker
