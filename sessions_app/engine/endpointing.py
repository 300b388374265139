"""Where utterances begin and end: chunks with their speech probability in, whole utterances out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sessions_app.audio.pcm import ms_from_samples
from sessions_app.engine.vad import CHUNK_SAMPLES

if TYPE_CHECKING:
    from sessions_app.audio.pcm import Float32

# Silero's own thresholds, with hysteresis between them.
SPEECH_AT = 0.5
SILENCE_BELOW = 0.35

# Counted in chunks of 32 ms.
PRE_ROLL_CHUNKS = 10  # 320 ms: the soft consonant before the detector is sure
TAIL_CHUNKS = 4  # 128 ms of the silence stay with the utterance: last words fade out
ENDPOINT_CHUNKS = 19  # 0.6 s: below it word errors rise (voice measurements: 0.5 s 4.5 %, 0.8 s 2.7 %)
SOFT_CUT_CHUNKS = 375  # 12 s: from here on any breath will do
SOFT_CUT_SILENCE_CHUNKS = 3  # 96 ms
SOFT_CUT_CARRIED_CHUNKS = 1  # the detector is a chunk late: the next word may have begun
HARD_CUT_CHUNKS = 562  # 18 s: a client's 30 s of memory must reach behind the open utterance
HARD_CUT_SEARCH_CHUNKS = 94  # within the last 3 s the quietest chunk is the likeliest gap between words
MIN_SPEECH_CHUNKS = 8  # 0.25 s: shorter is a click or a cough


@dataclass(frozen=True, slots=True)
class Utterance:
    """Sound from `start_sample` on, pre-roll and tail included; `samples` float32, shape (n,)."""

    start_sample: int
    samples: Float32
    speech_chunks: int

    @property
    def end_sample(self) -> int:
        return self.start_sample + self.samples.size

    @property
    def start_ms(self) -> int:
        return ms_from_samples(self.start_sample)

    @property
    def end_ms(self) -> int:
        return ms_from_samples(self.end_sample)

    @property
    def utterance_id(self) -> str:
        """The same for the partials and the final, and for whoever hears the same sound again."""
        return f"u{self.start_ms}"


@dataclass(slots=True)
class _Open:
    start_sample: int
    chunks: list[Float32] = field(default_factory=list)
    speech_chunks: int = 0
    silent_chunks: int = 0  # since the last speech

    @property
    def ended_chunks(self) -> int:
        """How many chunks belong to it if nothing more is said."""
        return len(self.chunks) - max(0, self.silent_chunks - TAIL_CHUNKS)

    def utterance(self, count: int, rest: Float32 | None = None) -> Utterance:
        """Return the first `count` chunks, and `rest` after them."""
        parts = self.chunks[:count] if rest is None else [*self.chunks[:count], rest]
        return Utterance(self.start_sample, np.concatenate(parts), self.speech_chunks)


class Endpointer:
    """One session's utterances, one at a time, none longer than 18 s."""

    def __init__(self, start_sample: int) -> None:
        self.next_sample = start_sample  # the first one not yet pushed
        self._before: deque[Float32] = deque(maxlen=PRE_ROLL_CHUNKS)
        self._open: _Open | None = None

    @property
    def open_start_sample(self) -> int | None:
        """Where the open utterance begins, pre-roll included; None when nobody is speaking."""
        return self._open.start_sample if self._open else None

    @property
    def spoken_until_sample(self) -> int:
        """Where the last speech of the open utterance ends."""
        silent_chunks = self._open.silent_chunks if self._open else 0
        return self.next_sample - silent_chunks * CHUNK_SAMPLES

    @property
    def is_speech_open(self) -> bool:
        """True when the open utterance is long enough to be one."""
        return self._open is not None and self._open.speech_chunks >= MIN_SPEECH_CHUNKS

    def open_utterance(self) -> Utterance:
        """Return what there is of the open utterance so far, as if it ended. Only to be asked while one is."""
        assert self._open is not None
        return self._open.utterance(self._open.ended_chunks)

    def push(self, chunks: Float32, speech: Float32) -> list[Utterance]:
        """Return the utterances that end within `chunks` (shape (n, 512)), given how likely each is speech."""
        return [
            ended
            for chunk, probability in zip(chunks, speech.tolist(), strict=True)
            if (ended := self._push_chunk(chunk, probability)) is not None
        ]

    def end(self, rest: Float32) -> Utterance | None:
        """Return the open utterance with `rest`, the sound that fills no chunk, behind it. Nothing follows."""
        if self._open is None or not self.is_speech_open:
            return None
        return self._open.utterance(len(self._open.chunks), rest)

    def _push_chunk(self, chunk: Float32, probability: float) -> Utterance | None:
        self.next_sample += CHUNK_SAMPLES
        if self._open is None:
            self._wait_for_speech(chunk, probability)
            return None
        self._extend(self._open, chunk, probability)
        return self._cut(self._open)

    def _wait_for_speech(self, chunk: Float32, probability: float) -> None:
        if probability < SPEECH_AT:
            self._before.append(chunk)
            return
        chunks = [*self._before, chunk]
        self._before.clear()
        self._open = _Open(self.next_sample - len(chunks) * CHUNK_SAMPLES, chunks, speech_chunks=1)

    def _extend(self, utterance: _Open, chunk: Float32, probability: float) -> None:
        utterance.chunks.append(chunk)
        if probability < SILENCE_BELOW:
            utterance.silent_chunks += 1
            return
        utterance.silent_chunks = 0
        utterance.speech_chunks += 1

    def _cut(self, utterance: _Open) -> Utterance | None:
        length = len(utterance.chunks)
        if utterance.silent_chunks >= ENDPOINT_CHUNKS:
            return self._cut_at_silence(utterance)
        if length >= SOFT_CUT_CHUNKS and utterance.silent_chunks >= SOFT_CUT_SILENCE_CHUNKS:
            return self._cut_before(utterance, length - SOFT_CUT_CARRIED_CHUNKS)
        if length >= HARD_CUT_CHUNKS:
            return self._cut_before(utterance, _quietest(utterance.chunks, HARD_CUT_SEARCH_CHUNKS))
        return None

    def _cut_at_silence(self, utterance: _Open) -> Utterance | None:
        kept = utterance.ended_chunks
        self._before.extend(utterance.chunks[kept:])
        self._open = None
        return utterance.utterance(kept) if utterance.speech_chunks >= MIN_SPEECH_CHUNKS else None

    def _cut_before(self, utterance: _Open, kept: int) -> Utterance:
        """Cut after `kept` chunks; what follows begins the next utterance, for the speaker has not stopped."""
        carried = utterance.chunks[kept:]
        spoken = max(0, len(carried) - utterance.silent_chunks)
        start_sample = self.next_sample - len(carried) * CHUNK_SAMPLES
        self._open = _Open(start_sample, carried, spoken, min(utterance.silent_chunks, len(carried)))
        return utterance.utterance(kept)


def _quietest(chunks: list[Float32], last: int) -> int:
    """Return the index of the quietest of the `last` chunks."""
    energies = [float(np.dot(chunk, chunk)) for chunk in chunks[-last:]]
    return len(chunks) - last + int(np.argmin(energies))
