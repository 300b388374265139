"""Changes after the fact: numbered, kept beside the original, and told to views that missed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from sessions_app import search
from sessions_app.live import messages
from sessions_app.models import Event, Note, Revision, SpeakerName, VoiceSession
from sessions_app.models.review import names_from

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from django.contrib.auth.models import AbstractBaseUser

    from sessions_app.annotation.events import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that somebody changed. See `Revision` for the fields."""

    what: Revision.What
    seq: int | None = None
    note_id: int | None = None
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """Revisions `first..last` of a session as messages; `private_frames` are for its owner alone."""

    session_id: uuid.UUID
    first: int
    last: int
    frames: tuple[str, ...] = ()
    private_frames: tuple[str, ...] = ()


def record(session_id: uuid.UUID, changes: Iterable[Change], *, author: AbstractBaseUser | None) -> Revised:
    """Number and keep `changes`, in the caller's transaction. Return what to tell the views once it is committed."""
    kept = list(changes)
    VoiceSession.objects.filter(pk=session_id).update(revision=F("revision") + len(kept))
    last = VoiceSession.objects.values_list("revision", flat=True).get(pk=session_id)
    first = last - len(kept) + 1
    Revision.objects.bulk_create(
        Revision(
            session_id=session_id,
            number=number,
            what=change.what,
            seq=change.seq,
            note_id=change.note_id,
            before=change.before,
            after=change.after,
            author_id=author.pk if author else None,
        )
        for number, change in enumerate(kept, first)
    )
    _keep_index(session_id, kept)
    return read_after(session_id, first - 1)


def _keep_index(session_id: uuid.UUID, changes: list[Change]) -> None:
    """Have the search find what is there now; removed words leave its index with the change."""
    if any(change.what == Revision.What.REMOVED for change in changes):
        search.forget([session_id])
    else:
        search.outdate([session_id])


def read_after(session_id: uuid.UUID, number: int) -> Revised:
    """Return everything that changed behind revision `number`, as it stands now."""
    with transaction.atomic():
        rows = list(Revision.objects.filter(session_id=session_id, number__gt=number).order_by("number"))
        last = rows[-1].number if rows else number
        return Revised(
            session_id=session_id,
            first=number + 1,
            last=last,
            frames=tuple(_public_frames(session_id, rows)),
            private_frames=tuple(_private_frames(session_id, rows)),
        )


def names_of(session_id: uuid.UUID) -> dict[str, str]:
    """Return what each named or merged voice is called: {"Speaker B": "Dr. Okafor"}. One query.

    A voice that is another's carries the other's name, or its mark when it has none.
    """
    return names_from(SpeakerName.objects.filter(session_id=session_id))


def notes_of(session_id: uuid.UUID) -> list[dict[str, Json]]:
    """Return the session's notes and bookmarks as its owner's views show them."""
    return [note_wire(note) for note in Note.objects.filter(session_id=session_id)]


def note_wire(note: Note) -> dict[str, Json]:
    return {"id": note.pk, "at_ms": note.at_ms, "text": note.text, "author": note.author_name}


def _public_frames(session_id: uuid.UUID, rows: list[Revision]) -> list[str]:
    """Return a message for each line, and for what else changed, in the order of the last change it tells of.

    A view that has heard a message of revision n has heard of every change up to n, or is told of it later again.
    """
    last_of_line = {row.seq: row.number for row in rows if row.seq is not None}
    frames = [
        (last_of_line[event.seq], messages.revised(event.seq, event.as_wire(), revision=last_of_line[event.seq]))
        for event in Event.objects.filter(session_id=session_id, seq__in=last_of_line)
    ]
    last_of = {row.what: row.number for row in rows}
    if named := last_of.get(Revision.What.NAME):
        frames.append((named, messages.speakers(names_of(session_id), revision=named)))
    if changed := max(last_of.get(what, 0) for what in (Revision.What.TITLE, Revision.What.OFF_RECORD)):
        voice_session = VoiceSession.objects.get(pk=session_id)
        title, is_off_record = voice_session.title, voice_session.is_off_record
        frames.append((changed, messages.session(title=title, is_off_record=is_off_record, revision=changed)))
    return [frame for _, frame in sorted(frames)]


def _private_frames(session_id: uuid.UUID, rows: list[Revision]) -> Iterable[str]:
    last_of_note = {row.note_id: row.number for row in rows if row.note_id is not None}
    notes = Note.objects.filter(session_id=session_id).in_bulk(list(last_of_note))
    for note_id, number in sorted(last_of_note.items(), key=lambda last: last[1]):
        note = notes.get(note_id)
        yield messages.note(note_wire(note) if note else {"id": note_id, "removed": True}, revision=number)
