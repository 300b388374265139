"""What a session says to the index: its words, names and notes, and how it sounded, read in one query."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, TextField, Value
from django.db.models.fields.json import KT

from sessions_app.annotation.bands import Band
from sessions_app.annotation.events import Kind
from sessions_app.annotation.tone_strip import Tone
from sessions_app.models import Event, Note, SpeakerName, VoiceSession
from sessions_app.models.review import names_from
from sessions_app.words.documents import Passage, owner_mark, speaker_marks, tone_mark

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from sessions_app.models import VoiceSessionQuerySet

UNKNOWN_SPEAKERS = frozenset({"", "speaker_a"})


@dataclass(slots=True)
class Record:
    """What can be found of one session. `next_seq` and `revision` say as of when."""

    session_id: uuid.UUID
    owner_id: int = 0
    next_seq: int = 0
    revision: int = 0
    title: str = ""
    lines: list[tuple[int, int, int, str, str]] = field(default_factory=list)  # seq, start_ms, end_ms, speaker, text
    tones: list[Tone] = field(default_factory=list)
    notes: list[tuple[int, int, str]] = field(default_factory=list)  # id, at_ms, text
    names: list[SpeakerName] = field(default_factory=list)

    @property
    def length_ms(self) -> int:
        ends = [end_ms for _, _, end_ms, _, _ in self.lines] + [tone.end_ms for tone in self.tones]
        return max(ends, default=0)

    @property
    def speakers(self) -> list[str]:
        """Who spoke, by name where there is one, in the order in which they began."""
        names = names_from(self.names)
        marks = dict.fromkeys(line[3] for line in self.lines if line[3] not in UNKNOWN_SPEAKERS)
        return list(dict.fromkeys(names.get(mark, mark) for mark in marks))

    @property
    def marks(self) -> list[str]:
        """Whose it is, who spoke, and every affect that was heard with at least some certainty."""
        affects = {
            tone.affect for tone in self.tones if tone.band in {Band.CLEAR, Band.MAYBE} and tone.affect.isalpha()
        }
        speakers = dict.fromkeys(mark for name in self.speakers for mark in speaker_marks(name))
        return [owner_mark(self.owner_id), *map(tone_mark, sorted(affects)), *speakers]

    @property
    def passages(self) -> Iterable[Passage]:
        yield Passage(self.title)
        yield from (Passage(name) for name in self.speakers)
        starts = [line[1] for line in self.lines]
        for note_id, at_ms, text in sorted(self.notes):
            before = bisect_right(starts, at_ms) - 1
            yield Passage(text, (note_id, self.lines[max(before, 0)][0] if self.lines else 0))
        yield from (Passage(line[4], line[0]) for line in self.lines)


def read_records(sessions: VoiceSessionQuerySet, *, with_tones: bool = True) -> list[Record]:
    """Return the records of `sessions`, in no particular order. One query."""
    records: dict[uuid.UUID, Record] = {}
    for row in _rows(sessions, with_tones=with_tones):
        session_id, what, number, start_ms, end_ms, speaker, text, affect, band = row
        record = records.setdefault(session_id, Record(session_id))
        match what:
            case Kind.TRANSCRIPT:
                record.lines.append((number, start_ms, end_ms, speaker, text))
            case Kind.TONE:
                record.tones.append(Tone(start_ms, end_ms, affect or "", band or ""))
            case "note":
                record.notes.append((number, start_ms, text))
            case "name":
                record.names.append(SpeakerName(speaker=speaker, name=text, same_as=affect))
            case "session":
                record.next_seq, record.revision, record.owner_id, record.title = number, start_ms, end_ms, text
    for record in records.values():
        record.lines.sort()
    return list(records.values())


def _rows(sessions: VoiceSessionQuerySet, *, with_tones: bool) -> Iterable[tuple[Any, ...]]:
    """Read everything in one statement, so that it is of one moment; each kind of row puts its own in the columns."""
    of_these = {"session_id__in": sessions.values("pk")}
    nothing, none = Value("", TextField()), Value(0, BigIntegerField())
    kinds = [Kind.TRANSCRIPT, Kind.TONE] if with_tones else [Kind.TRANSCRIPT]
    events = Event.objects.filter(**of_these, kind__in=kinds).order_by()
    notes = Note.objects.filter(**of_these).exclude(text="").order_by()
    return events.values_list(
        "session_id", "kind", "seq", "start_ms", "end_ms", "speaker", "text", KT("payload__affect"), KT("payload__band")
    ).union(
        notes.values_list("session_id", Value("note"), "id", "at_ms", "at_ms", "author_name", "text", nothing, nothing),
        SpeakerName.objects.filter(**of_these).values_list(
            "session_id", Value("name"), none, none, none, "speaker", "name", "same_as", nothing
        ),
        VoiceSession.objects.filter(pk__in=sessions.values("pk"))
        .order_by()
        .values_list("pk", Value("session"), "next_seq", "revision", "owner_id", "state", "title", nothing, nothing),
        all=True,
    )
