"""Where in the sessions of one page the words stand that were looked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TYPE_CHECKING

from django.db.models import Q, Value

from sessions_app.annotation.clock import timecode
from sessions_app.models import Event, Note
from sessions_app.words.documents import hits_in
from sessions_app.words.questions import excerpt_of

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping

    from sessions_app.words.documents import Place
    from sessions_app.words.questions import Term

MAX_HITS = 3  # shown of a session


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A line, or a note, with the words that were looked for."""

    number: int
    start_ms: int
    fragments: list[tuple[str, bool]]
    is_note: bool = False

    @property
    def kind(self) -> str:
        return "note" if self.is_note else "line"

    @property
    def timecode(self) -> str:
        return timecode(self.start_ms)


@dataclass(slots=True)
class Hits:
    """The best of a session's hits, in order, and how many there are beside them."""

    shown: list[Hit] = field(default_factory=list)
    more: int = 0


def hits_of(
    texts: Mapping[uuid.UUID, Iterable[tuple[str, list[Place]]]], terms: tuple[Term, ...]
) -> dict[uuid.UUID, Hits]:
    """Return the hits of every session. `texts`: the words and places of its parts. One query."""
    found, places = {}, {}
    for session_id, parts in texts.items():
        counted = [(-count, place) for words, own in parts for place, count in _places_of(words, own, terms)]
        places[session_id] = [place for _, place in nsmallest(MAX_HITS, counted, key=_best_first)]
        found[session_id] = Hits(more=len(counted) - len(places[session_id]))
    for session_id, hit in _read(places, terms):
        found[session_id].shown.append(hit)
    for hits in found.values():
        hits.shown.sort(key=lambda hit: (hit.start_ms, hit.number))
    return found


def _places_of(words: str, own: list[Place], terms: tuple[Term, ...]) -> Iterable[tuple[Place, int]]:
    return ((own[number], count) for number, count in hits_in(words, terms).items() if own[number] is not None)


def _best_first(counted: tuple[int, Place]) -> tuple[int, int]:
    """Order by how many of the words stand there, then by where it is."""
    missed, place = counted
    return missed, place[1] if isinstance(place, (list, tuple)) else place or 0


def _read(places: Mapping[uuid.UUID, list[Place]], terms: tuple[Term, ...]) -> Iterable[tuple[uuid.UUID, Hit]]:
    """Read the lines and notes as they are written now."""
    lines, notes = Q(), []
    for session_id, own in places.items():
        if seqs := [place for place in own if isinstance(place, int)]:
            lines |= Q(session_id=session_id, seq__in=seqs)
        notes += [place[0] for place in own if isinstance(place, (list, tuple))]
    if not lines and not notes:
        return
    of_lines = Event.objects.filter(lines) if lines else Event.objects.none()
    of_notes = Note.objects.filter(pk__in=notes, session_id__in=places)
    rows = of_lines.order_by().values_list("session_id", "seq", "start_ms", "text", Value(0))
    if notes:
        rows = rows.union(of_notes.order_by().values_list("session_id", "id", "at_ms", "text", Value(1)), all=True)
    for session_id, number, start_ms, text, is_note in rows:
        fragments = excerpt_of(text, terms)
        yield session_id, Hit(number=number, start_ms=start_ms, fragments=fragments, is_note=bool(is_note))
