"""A session as lines to read: words with speaker and tone, gaps, and what the line did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessions_app.annotation.elcor import elcor_prefix
from sessions_app.annotation.events import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sessions_app.models import Event

READABLE = (Kind.TRANSCRIPT, Kind.TONE, Kind.GAP, Kind.STATE, Kind.QUEUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. `tone` is the one that covers most of its words; "" without one."""

    seq: int
    kind: str
    start_ms: int
    end_ms: int
    speaker: str = ""
    text: str = ""
    label: str = ""
    tone: str = ""
    tone_band: str = ""
    tone_affect: str = ""
    simulated: bool = False

    @property
    def timecode(self) -> str:
        return timecode(self.start_ms)

    @property
    def elcor(self) -> str:
        return elcor_prefix(self.tone, self.tone_band)


def timecode(ms: int) -> str:
    """Return "1:02:03" or "2:03"."""
    seconds = ms // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def lines_of(events: Iterable[Event]) -> Iterator[Line]:
    """Yield the lines of a session's events, which come in `seq` order.

    A tone is fixed to the words it covers: the one with the longest overlap among those judged by the time the next
    words were stored. What the phone line does is said when it changes: some classifiers repeat it every second.
    """
    words: Event | None = None
    tones: list[Event] = []
    line_state = ""
    for event in events:
        if event.kind == Kind.TONE:
            tones.append(event)
            continue
        if event.kind not in READABLE or (event.kind == Kind.QUEUE and event.label == line_state):
            continue
        if event.kind == Kind.QUEUE:
            line_state = event.label
            if event.label == "none":
                continue
        if words is not None:
            yield _spoken(words, tones)
            tones = [tone for tone in tones if tone.end_ms > words.end_ms]
            words = None
        if event.kind == Kind.TRANSCRIPT:
            words = event
        else:
            yield _other(event)
    if words is not None:
        yield _spoken(words, tones)


def _spoken(words: Event, tones: list[Event]) -> Line:
    tone = max(tones, key=lambda candidate: _overlap_ms(words, candidate), default=None)
    if tone is not None and _overlap_ms(words, tone) <= 0:
        tone = None
    return Line(
        seq=words.seq,
        kind=words.kind,
        start_ms=words.start_ms,
        end_ms=words.end_ms,
        speaker=words.speaker,
        text=words.text,
        tone=tone.label if tone else "",
        tone_band=str(tone.payload.get("band", "")) if tone else "",
        tone_affect=str(tone.payload.get("affect", "")) if tone else "",
        simulated=words.simulated,
    )


def _other(event: Event) -> Line:
    return Line(
        seq=event.seq,
        kind=event.kind,
        start_ms=event.start_ms,
        end_ms=event.end_ms,
        text=event.text,
        label=event.label,
        simulated=event.simulated,
    )


def _overlap_ms(words: Event, tone: Event) -> int:
    return min(words.end_ms, tone.end_ms) - max(words.start_ms, tone.start_ms)
