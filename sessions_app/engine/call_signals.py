"""What a telephone line says with tones: pressed digits, and ringing, busy and dial tones with their rhythm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32
from sessions_app.engine.cadence import Cadence, LineState, LineTone
from sessions_app.engine.dtmf import Digit, DtmfDetector
from sessions_app.engine.line_tones import FRAME, HOP, name_frames

__all__ = ["QUEUE_LABELS", "CallReport", "CallSignals", "Digit", "LineState", "LineTone"]

# cf-voice has one word for every tone that says "no"; for a dial tone it has none.
QUEUE_LABELS: dict[LineTone, str] = {
    "ringback": "ringback",
    "busy": "busy",
    "reorder": "busy",
    "special_information": "busy",
}

MOSTLY_TONE = 0.6  # share of a stretch; music holds a pure note for half a second at most


@dataclass(frozen=True, slots=True)
class CallReport:
    """What the line said in the latest stretch.

    `is_tone_on`: the stretch is mostly tone or lies in the pause of one; music and silence judgements about it would
    be wrong.
    """

    digits: tuple[Digit, ...]
    line: LineState | None
    is_tone_on: bool


class CallSignals:
    """Hears one session's line. State carries across windows of any length.

    States are entered within 2.5 s of the pattern's first burst (a ringback whose first burst was not heard
    whole: within 6 s). They are left 0.35 s after the next burst was due, or at once when somebody speaks.
    """

    def __init__(self) -> None:
        self._dtmf = DtmfDetector()
        self._cadence = Cadence()
        self._pending: Float32 = np.zeros(0, dtype=np.float32)
        self._next_sample = 0

    def hear(self, samples: Float32, start_sample: int, *, is_speech: bool = False) -> CallReport:
        """Return what is known at the end of `samples` (float32 in [-1, 1), shape (n,), any n).

        `is_speech`: the caller's voice detector heard speech in them, which ends a line state at once. A
        `start_sample` other than the end of the last stretch forgets the rhythm so far.
        """
        digits = self._dtmf.hear(samples, start_sample)
        if start_sample != self._next_sample:
            self._pending = samples[:0]
            self._cadence = Cadence()
        self._next_sample = start_sample + samples.size
        tone_s = self._follow(np.concatenate([self._pending, samples]))
        if is_speech:
            self._cadence.leave()
        line = self._cadence.state
        is_mostly_tone = tone_s * SAMPLE_RATE_HZ > MOSTLY_TONE * max(samples.size, FRAME)
        return CallReport(digits, line, line is not None or bool(digits) or is_mostly_tone)

    def _follow(self, sound: Float32) -> float:
        """Feed whole frames to the cadence, keep the rest; return the seconds of call tone in them."""
        named = name_frames(sound)
        first_sample = self._next_sample - sound.size
        for index, (family, level_dbfs) in enumerate(zip(named.families, named.levels_dbfs, strict=True)):
            begin_s = (first_sample + index * HOP + (FRAME - HOP) // 2) / SAMPLE_RATE_HZ
            self._cadence.step(family, level_dbfs, begin_s, begin_s + HOP / SAMPLE_RATE_HZ)
        self._pending = sound[len(named.families) * HOP :].copy()
        return sum(1 for family in named.families if family) * HOP / SAMPLE_RATE_HZ
