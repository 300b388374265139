"""One session's ears: windows in, in order; what was heard in them out. Blocking: call it from a worker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, dbfs, to_float32
from sessions_app.engine.endpointing import Endpointer
from sessions_app.engine.ivr import recorded_menu
from sessions_app.engine.observation import Hearing, Observation
from sessions_app.engine.presence import Presence
from sessions_app.engine.speakers import SpeakerClusters
from sessions_app.engine.surroundings import Surroundings
from sessions_app.engine.tone import JUDGED_S, NOT_ENOUGH, ToneJudge
from sessions_app.engine.vad import CHUNK_SAMPLES, SpeechStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sessions_app.audio.pcm import Float32
    from sessions_app.audio.window import PcmWindow
    from sessions_app.engine.asr import Recogniser
    from sessions_app.engine.endpointing import Utterance
    from sessions_app.engine.sound_kinds import KindDetector
    from sessions_app.engine.vad import SpeechModel

GUESS_EVERY_SAMPLES = 30 * CHUNK_SAMPLES  # 0.96 s: the whole chunks that every window of 1 s holds
QUIET_DBFS = -55.0  # a still room behind a laptop's microphone lies near -60, soft speech near -40
GUESS_LEAST_SAMPLES = 15 * CHUNK_SAMPLES  # a pause brings no words


class Listener:
    """Hears one session. Not for two threads at once.

    A window that starts later than the last one ended means that sound is missing: the open utterance ends there,
    and everything that needs unbroken sound starts anew. One that starts earlier is heard anew.
    """

    def __init__(
        self,
        speech_model: SpeechModel | None,
        recogniser: Recogniser | None,
        *,
        detector: KindDetector | None = None,
        language: str | None = None,
        num_speakers: int | None = None,
        start_sample: int = 0,
        may_guess: Callable[[], bool] = lambda: False,
    ) -> None:
        """`detector`: tells music from speech; `may_guess`: asked before each partial, a final never asks."""
        self._recogniser = recogniser
        self._language = language
        self._may_guess = may_guess
        self._speech = SpeechStream(speech_model) if speech_model else None
        self._endpointer = Endpointer(start_sample)
        self._presence = Presence(start_sample)
        self._surroundings = Surroundings(detector)
        self._speakers = SpeakerClusters(num_speakers=num_speakers)
        self._tone = ToneJudge()
        self._too_little_said: set[str] = set()
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
        """Go on at `start_sample`. Sound from before is a replay: what is open was never final, and comes again."""
        if start_sample == self._next_sample:
            return []
        is_replay = start_sample < self._next_sample
        self._settled_sample = start_sample
        self._presence.resume(start_sample)
        if not is_replay or self._speech is None:
            return self._end_utterance(start_sample)
        self._speech.reset()
        self._endpointer = Endpointer(start_sample)
        self._guessed_until = start_sample
        return []

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
        end_sample = start_sample + samples.size
        spoken = None if self._speech is None else has_ended or self._endpointer.is_speech_open
        voices = self._speakers.presence(end_sample)
        changes = self._surroundings.hear(samples, start_sample, spoken=spoken)
        if spoken is None and dbfs(samples) < QUIET_DBFS:
            spoken = False  # that much can be told without a model
        return [
            *changes,
            *self._presence.hear(start_sample, end_sample, spoken=spoken, voices=voices),
        ]

    def _about_utterance(self, utterance: Utterance) -> list[Observation]:
        """Ask all who judge an utterance as a whole: what was said, by whom, and how it sounded."""
        said = self._transcript(utterance, is_final=True)
        has_words = bool(said) and said[0].is_final
        if self._recogniser is not None and not has_words:
            return said
        speaker = self._speakers.assign(utterance.samples, utterance.end_sample)
        words = [replace(transcript, speaker_id=speaker.speaker_id) for transcript in said]
        return [*words, *self._menu(words), *self._tones(utterance, speaker.speaker_id)]

    def _menu(self, words: list[Observation]) -> list[Observation]:
        found = [recorded_menu(said.label, said.start_ms, said.end_ms, speaker_id=said.speaker_id) for said in words]
        return self._presence.note_menu(found[0] if found else None)

    def _tones(self, utterance: Utterance, speaker_id: str) -> list[Observation]:
        """Return how it sounded, a judgement for every 3 s; that there is too little speech is said once a speaker."""
        tones = []
        for samples, start_sample in _stretches(utterance):
            tone = self._tone.hear(
                samples,
                start_sample,
                speaker_id=speaker_id,
                snr_db=self._surroundings.snr_db,
                is_obscured=self._surroundings.is_obscured,
            )
            if tone is None or (tone.label == NOT_ENOUGH and speaker_id in self._too_little_said):
                continue
            if tone.label == NOT_ENOUGH:
                self._too_little_said.add(speaker_id)
            tones.append(tone)
        return tones

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


def _stretches(utterance: Utterance) -> Iterator[tuple[Float32, int]]:
    """Yield an utterance in pieces of about `JUDGED_S`, each with its first sample; a short rest goes with the last."""
    piece = round(JUDGED_S * SAMPLE_RATE_HZ)
    count = max(1, utterance.samples.size // piece)
    for index in range(count):
        end = utterance.samples.size if index == count - 1 else (index + 1) * piece
        yield utterance.samples[index * piece : end], utterance.start_sample + index * piece
