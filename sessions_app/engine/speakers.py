"""Who is speaking, told apart while the session runs: "Speaker A", "Speaker B", … in the order they are met."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import exp
from string import ascii_uppercase
from typing import TYPE_CHECKING

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32
from sessions_app.engine.observation import UNKNOWN_SPEAKER
from sessions_app.engine.voice_space import likeness, merged, place

if TYPE_CHECKING:
    from sessions_app.engine.embedding import VoiceSample

MOST_SPEAKERS = 6
NEW_SPEAKER_S = 1.2  # a shorter utterance does not say enough to open a speaker
TOGETHER_S = 30.0  # two voices within it make a conversation
MEMORY_S = 60.0  # of speech: a voice may change with the hour

NEW_CONFIDENCE = 0.6
INHERITED_CONFIDENCE = 0.3
MOST_CONFIDENT = 0.9


@dataclass(frozen=True, slots=True)
class SpeakerVerdict:
    """Who an utterance is thought to be from; confidence 0..0.9, low when it was inherited."""

    speaker_id: str
    confidence: float


class SpeakerClusters:
    """Online clustering of one session's utterances. Labels are never taken back."""

    def __init__(self, *, num_speakers: int | None = None) -> None:
        """`num_speakers`: what the user said; no more than that, and never more than six, are told apart."""
        self._most = max(1, min(num_speakers or MOST_SPEAKERS, MOST_SPEAKERS))
        self._voices: list[VoiceSample] = []
        self._last: int | None = None
        self._turns: deque[tuple[float, int]] = deque()  # end in seconds, voice

    def assign(self, samples: Float32, end_sample: int) -> SpeakerVerdict:
        """Return who said the utterance `samples` (float32 in [-1, 1), shape (n,)) that ended at `end_sample`.

        Less than 1.2 s is given to the voice it clearly resembles, else to whoever spoke last, else to
        `UNKNOWN_SPEAKER` with confidence 0. So is what holds no voice.
        """
        sample = place(samples)
        is_long = samples.size >= NEW_SPEAKER_S * SAMPLE_RATE_HZ
        if sample is None or not (is_long or self._voices):
            return self._inherit(end_sample)
        odds = [likeness(voice, sample) for voice in self._voices]
        nearest = max(range(len(odds)), key=odds.__getitem__, default=0)
        is_known = bool(odds) and odds[nearest] >= 0.0
        if not is_long:
            confidence = min(0.5, _confidence(odds, nearest))
            return self._verdict(nearest, confidence, end_sample) if is_known else self._inherit(end_sample)
        if is_known or len(self._voices) == self._most:
            self._voices[nearest] = merged(self._voices[nearest], sample, most_s=MEMORY_S)
            return self._verdict(nearest, _confidence(odds, nearest), end_sample)
        self._voices.append(sample)
        return self._verdict(len(self._voices) - 1, NEW_CONFIDENCE, end_sample)

    def presence(self, now_sample: int) -> str | None:
        """Return `human_multi` or `human_single` for the last 30 s, None when nobody spoke in them."""
        while self._turns and self._turns[0][0] < now_sample / SAMPLE_RATE_HZ - TOGETHER_S:
            self._turns.popleft()
        voices = {voice for _, voice in self._turns}
        if not voices:
            return None
        return "human_multi" if len(voices) > 1 else "human_single"

    def _inherit(self, end_sample: int) -> SpeakerVerdict:
        if self._last is None:
            return SpeakerVerdict(UNKNOWN_SPEAKER, 0.0)
        return self._verdict(self._last, INHERITED_CONFIDENCE, end_sample)

    def _verdict(self, index: int, confidence: float, end_sample: int) -> SpeakerVerdict:
        self._last = index
        self._turns.append((end_sample / SAMPLE_RATE_HZ, index))
        return SpeakerVerdict(_name(index), round(confidence, 3))


def _confidence(odds: list[float], index: int) -> float:
    """Return the odds against the next best, a stranger among them, as a probability kept below certainty."""
    others = [value for at, value in enumerate(odds) if at != index]
    lead = odds[index] - max(0.0, *others) if others else odds[index]
    return MOST_CONFIDENT / (1.0 + exp(-max(-20.0, min(20.0, lead / 4.0))))


def _name(index: int) -> str:
    return f"Speaker {ascii_uppercase[index]}"
