"""One session's ears: windows in, in order; what was heard in them out. Blocking: call it from a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_app.audio.pcm import to_float32
from sessions_app.engine.endpointing import Endpointer
from sessions_app.engine.observation import Hearing, Observation
from sessions_app.engine.presence import Presence
from sessions_app.engine.vad import CHUNK_SAMPLES, SpeechStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sessions_app.audio.pcm import Float32
    from sessions_app.audio.window import PcmWindow
    from sessions_app.engine.asr import Recogniser
    from sessions_app.engine.endpointing import Utterance
    from sessions_app.engine.vad import SpeechModel

GUESS_EVERY_SAMPLES = 30 * CHUNK_SAMPLES  # 0.96 s: the whole chunks that every window of 1 s holds
GUESS_LEAST_SAMPLES = 15 * CHUNK_SAMPLES  # a pause brings no words


class Listener:
    """Hears one session. Not for two threads at once.

    A window that does not start where the last one ended means that sound is missing: the open utterance ends
    there, and everything that needs unbroken sound starts anew.
    """

    def __init__(
        self,
        speech_model: SpeechModel | None,
        recogniser: Recogniser | None,
        *,
        language: str | None = None,
        start_sample: int = 0,
        may_guess: Callable[[], bool] = lambda: False,
    ) -> None:
        """`may_guess`: asked before each partial; a final never asks."""
        self._recogniser = recogniser
        self._language = language
        self._may_guess = may_guess
        self._speech = SpeechStream(speech_model) if speech_model else None
        self._endpointer = Endpointer(start_sample)
        self._presence = Presence(start_sample)
        self._next_sample = start_sample
        self._settled_sample = start_sample
        self._guessed_until = start_sample
        self._guessed_id = ""

    def hear(self, window: PcmWindow) -> Hearing:
        """Return what `window` brought to light: transcripts that ended in it, and what changed."""
        samples = to_float32(window.pcm16)
        observations = self._skip_to(window.start_sample)
        self._next_sample = window.end_sample
        ended = self._follow_speech(samples)
        observations += self._about_window(samples, window.start_sample, has_ended=bool(ended))
        for utterance in ended:
            observations += self._about_utterance(utterance)
        observations += self._guess()
        return self._hearing(observations)

    def flush(self) -> Hearing:
        """End the open utterance and return what is left to say; the session may go on afterwards."""
        return self._hearing(self._end_utterance(self._next_sample))

    def _skip_to(self, start_sample: int) -> list[Observation]:
        if start_sample == self._next_sample:
            return []
        self._settled_sample = start_sample
        self._presence.resume(start_sample)
        return self._end_utterance(start_sample)

    def _end_utterance(self, next_sample: int) -> list[Observation]:
        """End what is open; whatever comes next begins at `next_sample` and knows nothing of it."""
        if self._speech is None:
            return []
        ended = self._endpointer.end(self._speech.rest)
        self._speech.reset()
        self._endpointer = Endpointer(next_sample)
        return self._about_utterance(ended) if ended else []

    def _follow_speech(self, samples: Float32) -> list[Utterance]:
        if self._speech is None:
            return []
        return self._endpointer.push(*self._speech.push(samples))

    def _about_window(self, samples: Float32, start_sample: int, *, has_ended: bool) -> Iterable[Observation]:
        """Ask all who judge a window by itself."""
        spoken = None if self._speech is None else has_ended or self._endpointer.is_speech_open
        return self._presence.hear(samples, start_sample, spoken=spoken)

    def _about_utterance(self, utterance: Utterance) -> list[Observation]:
        """Ask all who judge an utterance as a whole."""
        return self._transcript(utterance, is_final=True)

    def _guess(self) -> list[Observation]:
        """Return a partial of the open utterance, a second of it after the one before, if there is time for it."""
        open_start = self._endpointer.open_start_sample
        if open_start is None or not self._endpointer.is_speech_open:
            return []
        guessed_until = max(self._guessed_until, open_start)
        passed_samples = self._endpointer.next_sample - guessed_until
        spoken_samples = self._endpointer.spoken_until_sample - guessed_until
        if passed_samples < GUESS_EVERY_SAMPLES or spoken_samples < GUESS_LEAST_SAMPLES or not self._may_guess():
            return []
        self._guessed_until = self._endpointer.next_sample
        return self._transcript(self._endpointer.open_utterance(), is_final=False)

    def _transcript(self, utterance: Utterance, *, is_final: bool) -> list[Observation]:
        """Return what was said in `utterance`. A partial without words takes an earlier, mistaken one back."""
        if self._recogniser is None:
            return []
        words = self._recogniser.words(utterance.samples, language=self._language, is_final=is_final)
        was_guessed = self._guessed_id == utterance.utterance_id
        if not words.text and not (is_final and was_guessed):
            return []
        self._guessed_id = "" if is_final else utterance.utterance_id
        return [
            Observation(
                kind="transcript",
                label=words.text,
                start_ms=utterance.start_ms,
                end_ms=utterance.end_ms,
                confidence=words.confidence,
                utterance_id=utterance.utterance_id,
                is_final=is_final and bool(words.text),
                language=words.language,
            )
        ]

    def _hearing(self, observations: list[Observation]) -> Hearing:
        open_start = self._endpointer.open_start_sample
        reached = self._next_sample if open_start is None else open_start
        # The pre-roll of an utterance may lie in sound that was settled when nobody spoke yet.
        self._settled_sample = max(self._settled_sample, reached)
        return Hearing(tuple(observations), self._settled_sample)
