"""A session as lines to read: words with speaker and tone, gaps, what the line did, and what its owner marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from django.db.models import Min

from sessions_app.annotation.bands import softer
from sessions_app.annotation.clock import timecode as timecode
from sessions_app.annotation.elcor import elcor_prefix
from sessions_app.annotation.events import Kind
from sessions_app.annotation.tone_of_line import ToneMatcher
from sessions_app.engine.observation import UNKNOWN_SPEAKER
from sessions_app.models import Revision

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from sessions_app.models import Event, Note, VoiceSession
    from sessions_app.models.event import EventQuerySet, StoredEvent

CHUNK_EVENTS = 1000
E = TypeVar("E", "Event", "StoredEvent")
READABLE = (Kind.TRANSCRIPT, Kind.TONE, Kind.GAP, Kind.STATE, Kind.QUEUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. `tone` is the one that belongs to its words (`annotation.tone_of_line`); "" without one.

    `speaker` is what the voice is called, `mark` what the engine calls it; both are "" when nobody knows.
    A note or bookmark has a `note_id` and no number.
    """

    seq: int = 0
    kind: str
    start_ms: int
    end_ms: int
    mark: str = ""
    speaker: str = ""
    text: str = ""
    label: str = ""
    tone: str = ""
    tone_band: str = ""
    tone_affect: str = ""
    tone_seq: int = 0
    is_softened: bool = False  # its reader often heard this tone as another one
    is_corrected: bool = False
    is_removed: bool = False
    simulated: bool = False
    note_id: int = 0
    author: str = ""  # of a note that somebody else whispered

    @property
    def timecode(self) -> str:
        return timecode(self.start_ms)

    @property
    def anchor(self) -> str:
        return f"note-{self.note_id}" if self.note_id else f"line-{self.seq}"

    @property
    def elcor(self) -> str:
        return elcor_prefix(self.tone, self.tone_band)


def events_of(voice_session: VoiceSession) -> Iterator[Event]:
    """Yield all events in order, a query for every `CHUNK_EVENTS` of them."""
    return _in_chunks(lambda after: list(voice_session.events.after(after)[:CHUNK_EVENTS]))


def columns_of(voice_session: VoiceSession) -> Iterator[StoredEvent]:
    """Yield what lines are made of, of all events in order; as many queries as `events_of`."""
    return _in_chunks(lambda after: voice_session.events.after(after)[:CHUNK_EVENTS].columns())


def _in_chunks(behind: Callable[[int], list[E]]) -> Iterator[E]:
    """Short queries instead of one cursor: a slow reader holds no transaction open, and memory stays bounded."""
    after = 0
    while rows := behind(after):
        yield from rows
        after = rows[-1].seq


class PagedLines:
    """The lines of an ended session, without notes, for a `Paginator`.

    Made, it asks once for the places of all lines; each part costs two queries and the events of its own lines. They
    are the lines of the whole: a part is read from the first tone that reaches into its words on, and until the words
    behind it.
    """

    def __init__(self, voice_session: VoiceSession, *, names: Mapping[str, str]) -> None:
        self._events = voice_session.events.filter(kind__in=READABLE).order_by("seq")
        self._names = names
        self._places = list(_places(self._events))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, part: slice) -> list[Line]:
        places = self._places[part]
        if not places:
            return []
        events = self._events.filter(seq__gte=self._beginning(places))
        words_behind = _first_words(self._places[part.stop :])
        if words_behind is not None:
            events = events.filter(seq__lt=words_behind.seq)
        shown = {place.seq for place in places}
        return [line for line in lines_of(events.columns(), names=self._names) if line.seq in shown]

    def _beginning(self, places: Sequence[_Place]) -> int:
        first, words = places[0].seq, _first_words(places)
        if words is None:
            return first
        tones = self._events.filter(kind=Kind.TONE, seq__lt=first, end_ms__gt=words.words_ms)
        return tones.aggregate(first=Min("seq"))["first"] or first


class _Place(NamedTuple):
    """The number of a line, and when its words begin; None when it has none."""

    seq: int
    words_ms: int | None


def _places(events: EventQuerySet) -> Iterator[_Place]:
    """Yield the places of the lines that `_lines` makes of `events`; one query."""
    phone_line = _PhoneLine()
    of_lines = events.exclude(kind=Kind.TONE).values_list("seq", "kind", "label", "start_ms")
    for seq, kind, label, start_ms in of_lines:
        if kind != Kind.QUEUE or phone_line.is_news(label):
            yield _Place(seq, start_ms if kind == Kind.TRANSCRIPT else None)


def _first_words(places: Iterable[_Place]) -> _Place | None:
    return next((place for place in places if place.words_ms is not None), None)


def originals_of(session_id: uuid.UUID, seqs: Iterable[int]) -> dict[int, str]:
    """Return the words as they were heard, of those lines that were corrected; one query.

    The words of a line that was removed are gone; when it got new ones, those count as the original.
    """
    corrected = Revision.objects.filter(session_id=session_id, what=Revision.What.WORDS, seq__in=list(seqs))
    latest_first = corrected.exclude(before="").order_by("-number")
    return {seq: before for seq, before in latest_first.values_list("seq", "before") if seq is not None}


def lines_of(
    events: Iterable[StoredEvent],
    *,
    names: Mapping[str, str] | None = None,
    notes: Iterable[Note] = (),
    softened: AbstractSet[str] = frozenset(),
) -> Iterator[Line]:
    """Yield the lines of a session's events, which come in `seq` order.

    `names` says what voices are called (`revisions.names_of`), `notes` come in order of time and are for the owner
    alone; tones whose label is in `softened` are shown one band less sure.
    """
    lines = _lines(events, names or {})
    if softened:
        lines = (_softened(line, softened) for line in lines)
    return _with_notes(lines, list(notes))


def _lines(events: Iterable[StoredEvent], names: Mapping[str, str]) -> Iterator[Line]:
    """Words wait for their tone until the next ones come, and what happened in between waits with them."""
    matcher: ToneMatcher[_Tone] = ToneMatcher()
    words: StoredEvent | None = None
    behind: list[Line] = []
    phone_line = _PhoneLine()
    for event in events:
        if event.kind == Kind.TONE:
            matcher.take_tone(_Tone(event))
        elif event.kind == Kind.TRANSCRIPT:
            yield from _settled(words, matcher, behind, names)
            words, behind = event, []
            matcher.take_words(event)
        elif event.kind == Kind.QUEUE:
            if phone_line.is_news(event.label):
                behind.append(_other(event))
        elif event.kind in READABLE:
            behind.append(_other(event))
    yield from _settled(words, matcher, behind, names)


def _settled(
    words: StoredEvent | None, matcher: ToneMatcher[_Tone], behind: list[Line], names: Mapping[str, str]
) -> Iterator[Line]:
    if words is not None:
        yield _spoken(words, matcher.tone.event if matcher.tone else None, names)
    yield from behind


class _PhoneLine:
    """What the phone line does is said when it changes: some classifiers repeat it every second."""

    def __init__(self) -> None:
        self._state = ""

    def is_news(self, label: str) -> bool:
        is_news = label not in {self._state, "none"}
        self._state = label
        return is_news


class _Tone:
    """A stored tone, as the rule wants to see it."""

    __slots__ = ("band", "end_ms", "event", "label", "speaker", "start_ms")

    def __init__(self, event: StoredEvent) -> None:
        self.event = event
        self.start_ms, self.end_ms, self.speaker, self.label = event.start_ms, event.end_ms, event.speaker, event.label
        self.band = str(event.payload.get("band", ""))


def _spoken(words: StoredEvent, tone: StoredEvent | None, names: Mapping[str, str]) -> Line:
    mark = "" if words.speaker == UNKNOWN_SPEAKER else words.speaker
    line = Line(
        seq=words.seq,
        kind=words.kind,
        start_ms=words.start_ms,
        end_ms=words.end_ms,
        mark=mark,
        speaker=names.get(mark, mark),
        text=words.text,
        is_corrected=bool(words.payload.get("corrected")),
        is_removed=bool(words.payload.get("removed")),
        simulated=words.simulated,
    )
    if line.is_removed or tone is None:
        return line
    return replace(
        line,
        tone=tone.label,
        tone_band=str(tone.payload.get("band", "")),
        tone_affect=str(tone.payload.get("affect", "")),
        tone_seq=tone.seq,
        is_softened=bool(tone.payload.get("softened")),
    )


def _other(event: StoredEvent) -> Line:
    return Line(
        seq=event.seq,
        kind=event.kind,
        start_ms=event.start_ms,
        end_ms=event.end_ms,
        text=event.text,
        label=event.label,
        simulated=event.simulated,
    )


def _softened(line: Line, softened: AbstractSet[str]) -> Line:
    """Show a tone that its reader keeps rejecting as less sure, once: live captions may have done so before."""
    if line.tone not in softened or line.is_softened:
        return line
    return replace(line, tone_band=softer(line.tone_band), is_softened=True)


def _with_notes(lines: Iterable[Line], notes: list[Note]) -> Iterator[Line]:
    """Put every note before the first line that begins after it."""
    waiting = iter(notes)
    note = next(waiting, None)
    for line in lines:
        while note is not None and note.at_ms < line.start_ms:
            yield _noted(note)
            note = next(waiting, None)
        yield line
    while note is not None:
        yield _noted(note)
        note = next(waiting, None)


def _noted(note: Note) -> Line:
    return Line(
        kind="bookmark" if note.is_bookmark else "note",
        start_ms=note.at_ms,
        end_ms=note.at_ms,
        text=note.text,
        note_id=note.pk,
        author=note.author_name,
    )
