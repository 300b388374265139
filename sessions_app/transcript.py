"""A session gone through once, from its first event to its last: one page of its lines, its picture, its sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sessions_app.annotation.events import GapCause, Kind
from sessions_app.annotation.timeline import Look, Target, Timeline, TimelineMaker
from sessions_app.lines import Line, columns_of, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from sessions_app.models import Note, VoiceSession
    from sessions_app.models.event import StoredEvent

PAGE_LINES = 1000
LATEST_EVENTS = 50  # among so many is the one that ends last; a change of state may be stored behind it
MAX_TONES = 60  # so many labels are offered to choose from; a voice service may have any number
_PEOPLE = {"human_single", "human_multi"}
_NOTED = {"note", "bookmark"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines: of whom, in which tone, and which page of them; or the page that holds a line or note."""

    speaker: str = ""
    tone: str = ""
    page: int = 1
    line: int | None = None
    note: int | None = None

    @property
    def is_filtered(self) -> bool:
        return bool(self.speaker or self.tone)

    def takes(self, line: Line) -> bool:
        if not self.is_filtered:
            return True
        is_spoken = line.kind == Kind.TRANSCRIPT and not line.is_removed
        return is_spoken and self.speaker in {"", line.speaker} and self.tone in {"", line.tone}

    def is_at(self, line: Line, page: int) -> bool:
        if self.note is not None:
            return line.note_id == self.note
        return page == self.page if self.line is None else line.seq >= self.line


@dataclass(slots=True)
class Reading:
    """What a page shows. `voices` gives each speaker's marks; `page` counts from 1."""

    lines: list[Line] = field(default_factory=list)
    page: int = 1
    pages: int = 1
    matches: int = 0
    spoken: int = 0  # lines with words, on all pages and of everybody
    gaps: int = 0  # stretches that nobody listened to,
    off_record: int = 0  # and those of which nothing was kept, on purpose
    voices: dict[str, set[str]] = field(default_factory=dict)
    tones: set[str] = field(default_factory=set)
    has_softened: bool = False
    timeline: Timeline | None = None


def read(
    voice_session: VoiceSession,
    wanted: Wanted,
    *,
    names: Mapping[str, str],
    notes: Iterable[Note] = (),
    softened: AbstractSet[str] = frozenset(),
    page_lines: int = PAGE_LINES,
) -> Reading:
    """Go through all events and keep one page of lines; a query for every thousand events."""
    noted = list(notes)
    maker = TimelineMaker(_duration_ms(voice_session, noted))
    reading, pager = Reading(), _Pager(wanted, page_lines)
    events = _line_states(columns_of(voice_session), maker)
    for line in lines_of(events, names=names, notes=noted, softened=softened):
        _draw(maker, line)
        _count(reading, line)
        if wanted.takes(line):
            pager.take(line)
    reading.lines, reading.page, reading.pages, reading.matches = pager.result()
    reading.timeline = maker.timeline()
    return reading


class _Pager:
    """Keeps the wanted page of the lines that pass by; the last one when there are not so many."""

    def __init__(self, wanted: Wanted, page_lines: int) -> None:
        self._wanted = wanted
        self._page_lines = page_lines
        self._lines: list[Line] = []
        self._page = 1
        self._matches = 0
        self._is_found = False

    def take(self, line: Line) -> None:
        page = self._matches // self._page_lines + 1
        self._matches += 1
        if page != self._page:
            if self._is_found:
                return
            self._lines, self._page = [], page
        self._lines.append(line)
        self._is_found = self._is_found or self._wanted.is_at(line, page)

    def result(self) -> tuple[list[Line], int, int, int]:
        pages = max(1, -(-self._matches // self._page_lines))
        return self._lines, self._page, pages, self._matches


def _duration_ms(voice_session: VoiceSession, notes: list[Note]) -> int:
    latest = voice_session.events.order_by("-seq").values_list("end_ms", flat=True)[:LATEST_EVENTS]
    return max(0, voice_session.audio_ms, *latest, *(note.at_ms for note in notes))


def _count(reading: Reading, line: Line) -> None:
    if line.kind == Kind.GAP:
        reading.gaps += line.label != GapCause.OFF_RECORD
        reading.off_record += line.label == GapCause.OFF_RECORD
    if line.kind != Kind.TRANSCRIPT:
        return
    reading.spoken += 1
    if line.speaker:
        reading.voices.setdefault(line.speaker, set()).add(line.mark)
    if line.tone and len(reading.tones) < MAX_TONES:
        reading.tones.add(line.tone)
    reading.has_softened = reading.has_softened or line.is_softened


def _draw(maker: TimelineMaker, line: Line) -> None:
    target = Target(line.anchor, line.seq, line.tone)
    if line.kind == Kind.TRANSCRIPT:
        look = Look("speech", line.tone_affect, line.tone_band)
        maker.speak(line.speaker, look, target, line.start_ms, line.end_ms)
    elif line.kind == Kind.GAP:
        maker.draw("missing", Look(line.label), target, line.start_ms, line.end_ms)
    elif line.kind in _NOTED:
        maker.draw("marked", Look(line.kind), target, line.start_ms, line.end_ms)


def _line_states(events: Iterable[StoredEvent], maker: TimelineMaker) -> Iterator[StoredEvent]:
    """Draw what the line does, from when it began until it does something else or a person speaks; pass all on."""
    began: StoredEvent | None = None
    last_ms = 0
    for event in events:
        last_ms = max(last_ms, event.end_ms)
        is_person = event.kind == Kind.SPEAKER and event.label in _PEOPLE
        if began is not None and (is_person or (event.kind == Kind.QUEUE and event.label != began.label)):
            _draw_state(maker, began, event.start_ms)
            began = None
        if event.kind == Kind.QUEUE and event.label != "none" and began is None:
            began = event
        yield event
    if began is not None:
        _draw_state(maker, began, last_ms)


def _draw_state(maker: TimelineMaker, began: StoredEvent, until_ms: int) -> None:
    target = Target(f"line-{began.seq}", began.seq)
    maker.draw("line", Look(began.label), target, began.start_ms, max(until_ms, began.end_ms))
