"""Which tone belongs to which line: the live page and everything that is read later decide by the same rule.

The page's half is `static/js/lib/tone_matcher.js`; `tests/tone_of_line.json` holds cases that both have to pass.
"""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from sessions_app.annotation.bands import Band
from sessions_app.engine.observation import UNKNOWN_SPEAKER

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNKNOWN = frozenset({"", UNKNOWN_SPEAKER})


class Words(Protocol):
    @property
    def start_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...
    @property
    def speaker(self) -> str: ...


class Tone(Words, Protocol):
    @property
    def label(self) -> str: ...
    @property
    def band(self) -> str: ...


T = TypeVar("T", bound=Tone)


class ToneMatcher(Generic[T]):
    """Takes words and tones in the order in which they were stored, and knows the tone of the last words.

    It is the one that covers most of them. Once there is one it stays, so that nothing changes under a reader's eyes;
    only "unclear" may still become something until the next words come.
    """

    def __init__(self) -> None:
        self._tones: list[T] = []
        self._words: Words | None = None
        self.tone: T | None = None

    def take_words(self, words: Words) -> None:
        self._tones = [tone for tone in self._tones if tone.end_ms > words.start_ms]
        self._words = words
        self.tone = _best(self._tones, words)

    def take_tone(self, tone: T) -> None:
        self._tones.append(tone)
        if self._words is not None and (self.tone is None or self.tone.band == Band.UNCLEAR):
            self.tone = _best(self._tones, self._words)


def _best(tones: Iterable[T], words: Words) -> T | None:
    """Return the longest of the tones that together cover most of the words; at a draw a sure one, then the first."""
    overlaps = [
        (overlap_ms, tone)
        for tone in tones
        if (overlap_ms := _overlap_ms(tone, words)) > 0 and _may_be_same(tone.speaker, words.speaker)
    ]
    if len(overlaps) < 2:  # nearly always
        return overlaps[0][1] if overlaps else None
    covered_ms: Counter[str] = Counter()
    for overlap_ms, tone in overlaps:
        covered_ms[_name(tone)] += overlap_ms
    best = max(covered_ms, key=lambda name: (covered_ms[name], bool(name)))
    return max((each for each in overlaps if _name(each[1]) == best), key=itemgetter(0))[1]


def _name(tone: Tone) -> str:
    """Tones that are unclear count as one, whatever they might have been."""
    return "" if tone.band == Band.UNCLEAR else tone.label


def _overlap_ms(tone: Tone, words: Words) -> int:
    return min(tone.end_ms, words.end_ms) - max(tone.start_ms, words.start_ms)


def _may_be_same(one: str, other: str) -> bool:
    """Two known and different speakers exclude each other."""
    return one in _UNKNOWN or other in _UNKNOWN or one == other
