"""How a whole session sounded, in one small strip: a letter for each forty-eighth of its time.

Upper case is clear, lower case maybe, "-" unclear and "." means that nobody spoke.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sessions_app.annotation.bands import Band

if TYPE_CHECKING:
    from collections.abc import Iterable

CELLS = 48
SILENT, UNCLEAR = ".", "-"
_LETTERS = {
    "warm": "w", "frustrated": "f", "confused": "c", "apologetic": "a",
    "genuine": "g", "dismissive": "d", "urgent": "u", "neutral": "n",
}  # fmt: skip
_AFFECTS = {letter: affect for affect, letter in _LETTERS.items()}
GROUND_HEIGHT = 10
_HEIGHTS = {Band.CLEAR: 10, Band.MAYBE: 7, Band.UNCLEAR: 3}  # so that a band is seen without its colour


@dataclass(frozen=True, slots=True)
class Tone:
    start_ms: int
    end_ms: int
    affect: str
    band: str


@dataclass(frozen=True, slots=True)
class Shape:
    """All that sounds alike in a strip, as the path of an SVG on a ground of 48 × 10; affect "" is unclear."""

    affect: str
    path: str


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the time that was heard sounded so; affect "" is unclear."""

    affect: str
    percent: int


def strip_of(tones: Iterable[Tone], *, length_ms: int) -> str:
    """Return the strip of a session of `length_ms`; "" when no tone was heard. What fills most of a cell wins."""
    cells: list[Counter[str]] = [Counter() for _ in range(CELLS)]
    for tone in tones:
        for cell, ms in _cells_of(tone, length_ms):
            cells[cell][_letter_of(tone)] += ms
    strip = "".join(max(cell, key=lambda letter: cell[letter]) if cell else SILENT for cell in cells)
    return strip if strip.strip(SILENT) else ""


def shapes_of(strip: str) -> list[Shape]:
    paths: dict[str, str] = {}
    x = 0
    for letter, run in groupby(strip):
        width = len(list(run))
        if letter != SILENT:
            height, affect = _HEIGHTS[_band_of(letter)], _affect_of(letter)
            paths[affect] = f"{paths.get(affect, '')}M{x} {GROUND_HEIGHT}v-{height}h{width}v{height}z"
        x += width
    return [Shape(affect, path) for affect, path in paths.items()]


def shares_of(strip: str) -> list[Share]:
    """Return what was heard, the commonest first. Percentages are rounded, so that they may not add up to 100."""
    heard = Counter(_affect_of(letter) for letter in strip if letter != SILENT)
    return [Share(affect, round(100 * cells / heard.total())) for affect, cells in heard.most_common()]


def _cells_of(tone: Tone, length_ms: int) -> Iterable[tuple[int, int]]:
    """Yield the cells that `tone` touches, each with how many milliseconds of it."""
    cell_ms = max(length_ms, 1) / CELLS
    first, last = (
        min(CELLS - 1, max(0, int(ms / cell_ms))) for ms in (tone.start_ms, max(tone.start_ms, tone.end_ms - 1))
    )
    for cell in range(first, last + 1):
        yield cell, max(1, round(min(tone.end_ms, (cell + 1) * cell_ms) - max(tone.start_ms, cell * cell_ms)))


def _letter_of(tone: Tone) -> str:
    letter = _LETTERS.get(tone.affect, "n")
    return {Band.CLEAR: letter.upper(), Band.MAYBE: letter}.get(tone.band, UNCLEAR)  # type: ignore[call-overload, no-any-return]


def _affect_of(letter: str) -> str:
    return _AFFECTS.get(letter.lower(), "")


def _band_of(letter: str) -> Band:
    if letter == UNCLEAR:
        return Band.UNCLEAR
    return Band.CLEAR if letter.isupper() else Band.MAYBE
