"""What an index holds of a session: its words, line after line, and marks that say whose it is and how it sounded.

A mark is one word that nobody can type, for it begins with a sign that is no letter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from sessions_app.words.folding import folded_words
from sessions_app.words.pairs import pairs_in
from sessions_app.words.questions import Term, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINE_END = "¶"  # stands between lines, so that no phrase reaches from one into the next
MAX_PART_WORDS = 12_000  # PostgreSQL numbers words up to 16 383,
MAX_SAME_WORD = 255  # keeps the places of a word up to 256 times,
MAX_PART_BYTES = 500_000  # and takes a megabyte of words, pairs and places
_BYTES_OF_A_PLACE = 8


Place: TypeAlias = "int | tuple[int, int] | None"


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that can be found. Its place is a line's number, or a note's with the number of the line before it;
    a title or a name stands nowhere in particular."""

    text: str
    place: Place = None


@dataclass(slots=True)
class Part:
    """A stretch of a session that one row of the index holds: marks, then a line of words for each place."""

    marks: tuple[str, ...]
    lines: list[list[str]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    @property
    def padded(self) -> str:
        """The words as one text, a space before and after each; lines end with a sign."""
        lines = [" ".join(words) for words in self.lines]
        return f" {f' {LINE_END} '.join([' '.join(self.marks), *lines])} "

    def positions(self) -> dict[str, list[int]]:
        """Return the places of every word, counted from 1; marks have none."""
        found: dict[str, list[int]] = {mark: [] for mark in self.marks}
        at = 1
        for words in self.lines:
            for word in words:
                found.setdefault(word, []).append(at)
                at += 1
            at += 1
        return found

    @property
    def pairs(self) -> set[str]:
        """The pairs of short words that stand side by side in a line."""
        return {pair for words in self.lines for pair in pairs_in(words)}


def parts_of(marks: Iterable[str], passages: Iterable[Passage]) -> list[Part]:
    """Return the parts of a session; each holds all the marks. There is always one."""
    kept_marks = tuple(marks)
    parts = [Part(kept_marks)]
    seen: Counter[str] = Counter()
    part_words = part_bytes = 0
    for passage in passages:
        words = folded_words(passage.text)
        seen.update(words)
        own_bytes = len("".join(words).encode()) + _BYTES_OF_A_PLACE * len(words)
        part_words, part_bytes = part_words + len(words), part_bytes + own_bytes
        is_full = part_words > MAX_PART_WORDS or part_bytes > MAX_PART_BYTES
        if (is_full or max(map(seen.__getitem__, words), default=0) > MAX_SAME_WORD) and parts[-1].lines:
            parts.append(Part(kept_marks))
            seen, part_words, part_bytes = Counter(words), len(words), own_bytes
        parts[-1].lines.append(words)
        parts[-1].places.append(passage.place)
    return parts


def owner_mark(owner_id: int) -> str:
    return f"§o{owner_id}"


def tone_mark(affect: str) -> str:
    return f"§t{affect}"


def speaker_marks(name: str) -> list[str]:
    return [f"§s{word}" for word in folded_words(name)]


def speaker_terms(name: str) -> tuple[Term, ...]:
    """Return what to look for to find a speaker by words of the name."""
    return tuple(Term((f"§s{term.words[-1]}",), term.is_prefix) for term in _single_words(name))


def _single_words(name: str) -> Iterator[Term]:
    for term in terms_of(name.replace('"', " ")):
        yield from (Term((word,)) for word in term.words[:-1])
        yield Term(term.words[-1:], term.is_prefix)


def hits_in(padded: str, terms: Iterable[Term]) -> Counter[int]:
    """Return how many of `terms` stand in each line that has any, by the line's place in `Part.places`."""
    return Counter(number for term in terms for number in _lines_with(padded, term))


def _lines_with(padded: str, term: Term) -> Iterator[int]:
    """Yield each line once. The marks stand before the first, and are none."""
    number, counted = -1, 0
    at = padded.find(term.needle)
    while at != -1:
        number += padded.count(LINE_END, counted, at)
        if number >= 0:
            yield number
        counted = at
        line_end = padded.find(LINE_END, at)
        at = padded.find(term.needle, line_end) if line_end != -1 else -1
