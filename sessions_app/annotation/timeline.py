"""A session at a glance: who spoke when, how it sounded, what the line did. So many marks, however long it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sessions_app.annotation.bands import Band
from sessions_app.annotation.clock import timecode

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MARKS = 600
MAX_VOICES = 8
CELLS = 512  # halved until the marks are few enough; a quarter of a percent is what a narrow screen can show
MAX_TICKS = 6
LAST_TICK = 0.92  # further right there is no room for its words
LEAST_WIDTH_PERCENT = 0.4  # thinner than this is not seen

# What stands out must not drown in what does not: a few seconds of a clear tone among a minute of "unclear".
_PLAIN_WEIGHT = 0.2
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)


class Look(NamedTuple):
    """How a mark is drawn. `kind` is "speech", what the line does, the gap's cause, "note" or "bookmark"."""

    kind: str
    affect: str = ""
    band: str = ""

    @property
    def weight(self) -> float:
        return _PLAIN_WEIGHT if self.affect in {"", "neutral"} or self.band == Band.UNCLEAR else 1.0


class Target(NamedTuple):
    """The line that a mark leads to, and its tone in words."""

    anchor: str
    seq: int = 0
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One bar. `level` 1–4 says how much of its time was filled; x and width are percents of the whole."""

    look: Look
    target: Target
    start_ms: int
    end_ms: int
    level: int
    x: str
    width: str

    @property
    def start(self) -> str:
        return timecode(self.start_ms)

    @property
    def end(self) -> str:
        return timecode(self.end_ms)

    @property
    def height(self) -> str:
        return f"{25 * self.level}%"

    @property
    def top(self) -> str:
        return f"{100 - 25 * self.level}%"

    @property
    def tone_height(self) -> str:
        """A clear tone fills the bar, one that may be half of it, an unclear one is a line at its foot."""
        shares: dict[str, float] = {Band.CLEAR: 25.0, Band.MAYBE: 12.5}
        return f"{shares.get(self.look.band, 5.0) * self.level:.1f}%"

    @property
    def tone_top(self) -> str:
        return f"{100 - float(self.tone_height[:-1]):.1f}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row of the picture: a voice, or "line", "missing", "marked" for what belongs to nobody."""

    kind: str
    name: str
    marks: list[Mark]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    lanes: list[Lane]
    ticks: list[tuple[str, str]]  # (timecode, percent from the left)

    @property
    def marks(self) -> list[tuple[Lane, Mark]]:
        """Return all marks in the order of time."""
        return sorted(((lane, mark) for lane in self.lanes for mark in lane.marks), key=lambda each: each[1].start_ms)

    @property
    def tones(self) -> list[str]:
        """Return the affects in the picture, and "unclear", for its legend."""
        looks = {mark.look for lane in self.lanes for mark in lane.marks if mark.look.band}
        return sorted({"unclear" if look.band == Band.UNCLEAR else look.affect for look in looks})

    @property
    def others(self) -> list[tuple[str, Look]]:
        """Return what else is in the picture: lane and look, each once."""
        return sorted({(lane.kind, mark.look) for lane in self.lanes for mark in lane.marks if lane.kind != "voice"})


@dataclass(slots=True)
class _Cell:
    """What happened in one lane in one small stretch of time."""

    start_ms: int
    end_ms: int
    filled_ms: int = 0
    weights: dict[Look, float] = field(default_factory=dict)
    targets: dict[Look, Target] = field(default_factory=dict)  # the first of each

    def take(self, look: Look, target: Target, start_ms: int, end_ms: int) -> None:
        self.start_ms, self.end_ms = min(self.start_ms, start_ms), max(self.end_ms, end_ms)
        self.filled_ms += end_ms - start_ms
        self.weights[look] = self.weights.get(look, 0.0) + look.weight * (end_ms - start_ms)
        self.targets.setdefault(look, target)

    def joined(self, later: _Cell) -> _Cell:
        weights = dict(self.weights)
        for look, weight in later.weights.items():
            weights[look] = weights.get(look, 0.0) + weight
        filled_ms = self.filled_ms + later.filled_ms
        return _Cell(self.start_ms, later.end_ms, filled_ms, weights, later.targets | self.targets)

    @property
    def look(self) -> Look:
        return max(self.weights, key=lambda look: self.weights[look])


_LaneKey = tuple[str, str]


class TimelineMaker:
    """Takes what happened, in any order, and keeps no more of it than the picture can show."""

    def __init__(self, duration_ms: int) -> None:
        self._duration_ms = max(duration_ms, 1)
        self._lanes: dict[_LaneKey, dict[int, _Cell]] = {}
        self._voices = 0

    def speak(self, voice: str, look: Look, target: Target, start_ms: int, end_ms: int) -> None:
        """Draw words of `voice`; "" is an unknown one. Voices beyond the eighth share a lane without a name."""
        key = ("voice", voice)
        if key not in self._lanes and voice:
            self._voices += 1
            key = key if self._voices <= MAX_VOICES else ("voice", "")
        self._add(key, look, target, start_ms, end_ms)

    def draw(self, lane: str, look: Look, target: Target, start_ms: int, end_ms: int) -> None:
        """Draw what the line did ("line"), what is not captioned ("missing"), or what the owner marked ("marked")."""
        self._add((lane, ""), look, target, start_ms, end_ms)

    def timeline(self) -> Timeline:
        """Return the picture: one mark for each line, or when they are too many, for each stretch that looks alike."""
        lanes, cells = self._lanes, CELLS
        drawn = {key: list(_marks(lane, self._duration_ms, cells, is_by_line=True)) for key, lane in lanes.items()}
        while sum(map(len, drawn.values())) > MAX_MARKS:
            drawn = {key: list(_marks(lane, self._duration_ms, cells, is_by_line=False)) for key, lane in lanes.items()}
            lanes, cells = {key: _halved(lane) for key, lane in lanes.items()}, cells // 2
        order = {"voice": 0, "line": 1, "missing": 2, "marked": 3}
        return Timeline(
            lanes=[
                Lane(kind=kind, name=name, marks=drawn[kind, name])
                for kind, name in sorted(drawn, key=lambda key: (order[key[0]], not key[1]))
            ],
            ticks=list(_ticks(self._duration_ms)),
        )

    def _add(self, key: _LaneKey, look: Look, target: Target, start_ms: int, end_ms: int) -> None:
        start_ms = min(max(start_ms, 0), self._duration_ms - 1)
        end_ms = max(min(end_ms, self._duration_ms), start_ms + 1)
        lane = self._lanes.setdefault(key, {})
        first, last = (at_ms * CELLS // self._duration_ms for at_ms in (start_ms, end_ms - 1))
        for number in range(first, last + 1):
            from_ms = max(start_ms, -(-number * self._duration_ms // CELLS))
            until_ms = max(min(end_ms, -(-(number + 1) * self._duration_ms // CELLS)), from_ms)
            cell = lane.get(number)
            if cell is None:
                cell = lane[number] = _Cell(from_ms, until_ms)
            cell.take(look, target, from_ms, until_ms)


def _marks(lane: dict[int, _Cell], duration_ms: int, cells: int, *, is_by_line: bool) -> Iterator[Mark]:
    """Yield a mark for each run of neighbouring cells that look alike (and lead to the same line)."""
    run: list[_Cell] = []
    last_number, alike = -2, None
    for number in sorted(lane):
        cell = lane[number]
        look = cell.look
        level = 4 if is_by_line else min(4, 1 + 4 * cell.filled_ms * cells // duration_ms)
        now = (look, level, cell.targets[look].anchor if is_by_line else "")
        if run and (now != alike or number != last_number + 1):
            yield _mark(run, duration_ms, alike[1] if alike else 4)
            run = []
        run.append(cell)
        last_number, alike = number, now
    if run:
        yield _mark(run, duration_ms, alike[1] if alike else 4)


def _mark(run: list[_Cell], duration_ms: int, level: int) -> Mark:
    start_ms, end_ms, look = run[0].start_ms, run[-1].end_ms, run[0].look
    x = 100 * start_ms / duration_ms
    width = max(100 * (end_ms - start_ms) / duration_ms, LEAST_WIDTH_PERCENT)
    return Mark(
        look=look,
        target=run[0].targets[look],
        start_ms=start_ms,
        end_ms=end_ms,
        level=level,
        x=f"{min(x, 100 - LEAST_WIDTH_PERCENT):.2f}%",
        width=f"{width:.2f}%",
    )


def _halved(lane: dict[int, _Cell]) -> dict[int, _Cell]:
    halved: dict[int, _Cell] = {}
    for number in sorted(lane):
        earlier = halved.get(number // 2)
        halved[number // 2] = lane[number] if earlier is None else earlier.joined(lane[number])
    return halved


def _ticks(duration_ms: int) -> Iterator[tuple[str, str]]:
    step_ms = 1000 * next((step for step in _STEPS_S if duration_ms / 1000 / step <= MAX_TICKS), _STEPS_S[-1])
    for at_ms in range(0, int(duration_ms * LAST_TICK), step_ms):
        yield timecode(at_ms), f"{100 * at_ms / duration_ms:.2f}%"
