"""What a line does, from the rhythm of its tones: ringback, busy, reorder, dial tone, special information.

A tone alone proves little (music is full of 440 Hz); a pure tone keyed in the rhythm of a standard does.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sessions_app.engine.line_tones import ToneFamily

LineTone = Literal["dial", "ringback", "busy", "reorder", "special_information"]

FIRST_CONFIDENCE = 0.7  # one burst of the right length and the silence it wants after it
SURE_CONFIDENCE = 0.95  # the rhythm came round again

US_DIAL_AFTER_S = 1.0  # no other US or UK signal uses the dial pairs
SINGLE_DIAL_AFTER_S = 2.6  # longer than any ring burst at 425 Hz (E.180: up to 2 s)
RING_BURST_S = {"us_ringback": (1.5, 2.6), "uk_ringback": (0.7, 2.3), "single": (0.67, 2.3)}
RING_QUIET_S = {"us_ringback": 0.3, "uk_ringback": 0.8, "single": 0.8}  # busy would be back by then
RING_OFF_S = {"us_ringback": 4.0, "uk_ringback": 5.0, "single": 5.0}  # longest pause of the standards
DOUBLE_RING_S = ((0.3, 0.52), (0.12, 0.3), (0.3, 0.52))  # UK, IE, AU, NZ: on 0.4, off 0.2, on 0.4, off 2.0
DOUBLE_RING_QUIET_S = 0.4
DOUBLE_RING_OFF_S = 3.0  # 2.0, in Hong Kong 3.0
UK_CONGESTION_S = (0.4, 0.35, 0.225, 0.525)
BUSY_STEP_S = (0.14, 0.78)
BUSY_PERIOD_S = 0.64  # US and CEPT busy 0.75 to 1.0, reorder and congestion 0.4 to 0.6
SPECIAL_TONE_S = (0.2, 0.5)  # 330 ± 70 ms, US 274 or 380 ms
SPECIAL_HOLDS_S = 1.0

LONGEST_BURST_S: dict[LineTone, float] = {"ringback": 2.6, "busy": 0.85, "reorder": 0.85}
GRACE_S = 1.2  # how long after a burst of its rhythm a state waits for the rule that renews it

LATE_S = 0.35  # how late the next burst may come before its state is left
OTHER_SOUND_S = 0.3  # so much speech or music in half a second ends a state at once
OTHER_SOUND_DB = -10.0  # over the tone; what is fainter is line noise

_HOLE_S = 0.05
_RECENT_S = 0.5
_MEASURE_S = 0.07  # frames of 50 ms blur each edge of a burst by as much


@dataclass(frozen=True, slots=True)
class LineState:
    """What the line does. `since_s` is when the pattern began, before it could be recognised."""

    tone: LineTone
    confidence: float
    since_s: float


@dataclass(slots=True)
class _Burst:
    start_s: float
    end_s: float
    level_dbfs: float
    votes: Counter[ToneFamily] = field(default_factory=Counter)
    is_truncated: bool = False  # the stream began inside it

    @property
    def family(self) -> ToneFamily:
        return self.votes.most_common(1)[0][0]

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


class Cadence:
    """Follows named frames and knows the line's state.

    A state is left when the next burst of its rhythm fails to come (`LATE_S` after the longest pause its
    standard allows, or after the pause heard before), or as soon as speech or music is there: the four seconds
    of silence in a ringback are waited for, a voice is not.
    """

    def __init__(self) -> None:
        self._bursts: deque[_Burst] = deque(maxlen=6)
        self._other_s: deque[float] = deque()
        self._began_s: float | None = None
        self._state: LineState | None = None
        self._expires_s = 0.0

    @property
    def state(self) -> LineState | None:
        return self._state

    def step(self, family: ToneFamily, level_dbfs: float, start_s: float, end_s: float) -> None:
        """Take one frame; frames come in order."""
        if self._began_s is None:
            self._began_s = start_s
        if family:
            self._extend(family, level_dbfs, start_s, end_s)
            self._hold_through(self._bursts[-1])
        else:
            self._note_other(level_dbfs, end_s)
        verdict = self._judge(end_s)
        if verdict is not None and end_s <= verdict[1]:
            self._enter(*verdict)
        elif self._state is not None and (end_s > self._expires_s or self._is_interrupted(end_s)):
            self.leave()

    def leave(self) -> None:
        """Forget the rhythm: somebody speaks, or the stream was cut."""
        self._state = None
        self._bursts.clear()
        self._other_s.clear()

    def _extend(self, family: ToneFamily, level_dbfs: float, start_s: float, end_s: float) -> None:
        last = self._bursts[-1] if self._bursts else None
        is_next_special = family.startswith("sit") and last is not None and last.family != family
        if last is None or start_s - last.end_s > _HOLE_S or is_next_special:
            last = _Burst(start_s, end_s, level_dbfs, is_truncated=start_s == self._began_s)
            self._bursts.append(last)
        last.end_s = end_s
        last.level_dbfs = max(last.level_dbfs, level_dbfs)
        last.votes[family] += 1

    def _hold_through(self, burst: _Burst) -> None:
        if self._state is not None and burst.length_s <= LONGEST_BURST_S.get(self._state.tone, 0.0):
            self._expires_s = max(self._expires_s, burst.end_s + GRACE_S)

    def _note_other(self, level_dbfs: float, now_s: float) -> None:
        if self._bursts and level_dbfs > self._bursts[-1].level_dbfs + OTHER_SOUND_DB:
            self._other_s.append(now_s)
        while self._other_s and self._other_s[0] < now_s - _RECENT_S:
            self._other_s.popleft()

    def _is_interrupted(self, now_s: float) -> bool:
        recent = sum(1 for at_s in self._other_s if at_s > now_s - _RECENT_S)
        return recent * 0.02 >= OTHER_SOUND_S

    def _enter(self, state: LineState, expires_s: float) -> None:
        held = self._state
        if held is not None and held.tone == state.tone:
            state = replace(state, since_s=held.since_s, confidence=max(held.confidence, state.confidence))
        self._state = state
        self._expires_s = expires_s

    def _judge(self, now_s: float) -> tuple[LineState, float] | None:
        """Return the state that the bursts so far prove, with the time it holds without another burst."""
        if not self._bursts or self._is_interrupted(now_s):
            return None
        quiet_s = now_s - self._bursts[-1].end_s
        for rule in (self._special, self._dial, self._double_ring, self._busy, self._ring):
            verdict = rule(quiet_s)
            if verdict is not None:
                return verdict
        return None

    def _dial(self, quiet_s: float) -> tuple[LineState, float] | None:
        last = self._bursts[-1]
        needed_s = {"us_dial": US_DIAL_AFTER_S, "uk_dial": US_DIAL_AFTER_S, "single": SINGLE_DIAL_AFTER_S}
        if last.length_s < needed_s.get(last.family, float("inf")) or quiet_s > LATE_S:
            return None
        is_sure = last.length_s > needed_s[last.family] + 1.0
        confidence = SURE_CONFIDENCE if is_sure else FIRST_CONFIDENCE
        return LineState("dial", confidence, last.start_s), last.end_s + LATE_S

    def _special(self, quiet_s: float) -> tuple[LineState, float] | None:
        three = list(self._bursts)[-3:]
        names = [burst.family for burst in three]
        if names != ["sit_1", "sit_2", "sit_3"] or quiet_s > SPECIAL_HOLDS_S:
            return None
        lengths_fit = all(_within(burst.length_s, SPECIAL_TONE_S) for burst in three)
        joined = all(later.start_s - earlier.end_s < 0.1 for earlier, later in pairwise(three))
        if not (lengths_fit and joined):
            return None
        return LineState("special_information", 0.9, three[0].start_s), three[-1].end_s + SPECIAL_HOLDS_S

    def _double_ring(self, quiet_s: float) -> tuple[LineState, float] | None:
        if len(self._bursts) < 2 or quiet_s < DOUBLE_RING_QUIET_S:
            return None
        first, second = list(self._bursts)[-2:]
        if first.family != second.family or first.family not in RING_BURST_S:
            return None
        steps_s = (first.length_s, second.start_s - first.end_s, second.length_s)
        if not all(_within(step, bounds) for step, bounds in zip(steps_s, DOUBLE_RING_S, strict=True)):
            return None
        is_sure = self._state is not None and self._state.tone == "ringback"
        confidence = SURE_CONFIDENCE if is_sure and self._state and first.start_s > self._state.since_s else 0.8
        return LineState("ringback", confidence, first.start_s), second.end_s + DOUBLE_RING_OFF_S + LATE_S

    def _ring(self, quiet_s: float) -> tuple[LineState, float] | None:
        last = self._bursts[-1]
        if last.family not in RING_BURST_S or quiet_s < RING_QUIET_S[last.family]:
            return None
        shortest_s, longest_s = RING_BURST_S[last.family]
        if not (0.6 if last.is_truncated else shortest_s) <= last.length_s <= longest_s:
            return None
        pause_s = self._pause_before(last)
        if pause_s is None:
            confidence = FIRST_CONFIDENCE - 0.1 * last.is_truncated
            return LineState("ringback", confidence, last.start_s), last.end_s + RING_OFF_S[last.family] + LATE_S
        return LineState("ringback", SURE_CONFIDENCE, self._bursts[-2].start_s), last.end_s + pause_s + LATE_S

    def _pause_before(self, last: _Burst) -> float | None:
        """Return the ring pause heard before `last`, None when there was none of a ring's length."""
        if len(self._bursts) < 2 or self._bursts[-2].family != last.family:
            return None
        pause_s = last.start_s - self._bursts[-2].end_s
        return pause_s if _within(pause_s, (1.5, 6.0)) else None

    def _busy(self, quiet_s: float) -> tuple[LineState, float] | None:
        last = self._bursts[-1]
        wanted = {"us_busy": 2, "single": 3}.get(last.family)
        if wanted is None or len(self._bursts) < wanted or quiet_s < _MEASURE_S:
            return None
        recent = list(self._bursts)[-wanted:]
        if any(burst.family != last.family for burst in recent):
            return None
        on_s = [burst.length_s for burst in recent]
        off_s = [later.start_s - earlier.end_s for earlier, later in pairwise(recent)]
        if not all(_within(step, BUSY_STEP_S) for step in on_s + off_s):
            return None
        if not (_is_even(on_s, off_s) or _is_uk_congestion(on_s, off_s)):
            return None
        period_s = (recent[-1].start_s - recent[0].start_s) / (wanted - 1)
        is_busy = period_s >= BUSY_PERIOD_S and not _is_uk_congestion(on_s, off_s)
        confidence = SURE_CONFIDENCE if len(self._bursts) > wanted else 0.85
        state = LineState("busy" if is_busy else "reorder", confidence, recent[0].start_s)
        return state, last.end_s + max(off_s) + LATE_S


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _is_even(on_s: list[float], off_s: list[float]) -> bool:
    """Whether bursts are alike, pauses are alike, and a burst is about as long as a pause."""
    if max(on_s) - min(on_s) > _MEASURE_S or max(off_s) - min(off_s) > _MEASURE_S:
        return False
    return abs(on_s[0] - off_s[0]) <= 0.3 * max(on_s[0], off_s[0]) + _MEASURE_S


def _is_uk_congestion(on_s: list[float], off_s: list[float]) -> bool:
    if len(on_s) < 3:
        return False
    long_on, long_off, short_on, short_off = UK_CONGESTION_S
    starts_long = on_s[0] > on_s[1]
    wanted_on = (long_on, short_on, long_on) if starts_long else (short_on, long_on, short_on)
    wanted_off = (long_off, short_off) if starts_long else (short_off, long_off)
    steps = zip(on_s + off_s, wanted_on + wanted_off, strict=True)
    return all(abs(heard - wanted) <= _MEASURE_S for heard, wanted in steps)
