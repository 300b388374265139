"""A back end that follows a script instead of listening: for tests, screenshots and demonstrations.

Everything it says is marked simulated, on every event and by a banner.
"""

from __future__ import annotations

from sessions_app.audio.pcm import ms_from_samples
from sessions_app.voice.contract import BackendStatus, Hearing, Observation, PcmWindow, StreamConfig

UTTERANCE_WINDOWS = 3  # each line takes three windows: two partials and the final

# Speaker, words, tone, confidence.
_SCRIPT = (
    ("Speaker A", "Thank you for holding, how can I help you today?", "Calm and steady", 0.82),
    ("Speaker B", "I have been waiting for forty minutes about this bill.", "Frustrated", 0.71),
    ("Speaker A", "I am sorry about the wait, let me look at that for you.", "Apologetic", 0.78),
    ("Speaker B", "It says I owe two hundred, but I paid last week.", "Tense or excited", 0.46),
    ("Speaker A", "I can see the payment now, it had simply not been matched.", "Warm", 0.52),
    ("Speaker B", "Oh. Then that is fine, thank you.", "Unclear", 0.2),
)


class ScriptedBackend:
    name = "scripted"
    is_simulated = True

    async def status(self) -> BackendStatus:
        return BackendStatus(status="simulated", detail="These captions are made up. Nobody is listening.")

    def warnings_for(self, config: StreamConfig) -> tuple[str, ...]:
        return ()

    async def open(self, config: StreamConfig) -> ScriptedStream:
        return ScriptedStream(config)

    async def aclose(self) -> None:
        return None


class ScriptedStream:
    """Says one line of the script every three windows, whatever the windows hold; the clock alone decides which."""

    def __init__(self, config: StreamConfig) -> None:
        self._open_since: int | None = None
        self._heard = config.start_sample
        self._line = 0
        self._windows = 0

    async def classify(self, window: PcmWindow) -> Hearing:
        if self._open_since is None:
            self._open_since = window.start_sample
            self._line = window.start_sample // (UTTERANCE_WINDOWS * max(window.samples, 1)) % len(_SCRIPT)
        self._heard = window.end_sample
        self._windows += 1
        if self._windows < UTTERANCE_WINDOWS:
            return Hearing((self._words(is_final=False),), self._open_since)
        return self._end()

    async def flush(self) -> Hearing:
        return self._end() if self._open_since is not None else Hearing((), self._heard)

    async def aclose(self) -> None:
        return None

    def _end(self) -> Hearing:
        observations = (self._words(is_final=True), self._tone())
        self._open_since, self._windows = None, 0
        return Hearing(observations, self._heard)

    def _words(self, *, is_final: bool) -> Observation:
        speaker, words, _, _ = _SCRIPT[self._line]
        start_ms = ms_from_samples(self._open_since or 0)
        said = words if is_final else " ".join(words.split()[: 4 * self._windows])
        return Observation(
            kind="transcript",
            label=said,
            start_ms=start_ms,
            end_ms=ms_from_samples(self._heard),
            confidence=0.9,
            speaker_id=speaker,
            utterance_id=f"u{start_ms}",
            is_final=is_final,
        )

    def _tone(self) -> Observation:
        speaker, _, tone, confidence = _SCRIPT[self._line]
        return Observation(
            kind="tone",
            label=tone,
            start_ms=ms_from_samples(self._open_since or 0),
            end_ms=ms_from_samples(self._heard),
            confidence=confidence,
            speaker_id=speaker,
            shift_magnitude=0.4,
            prosody_flags=("louder",) if tone == "Frustrated" else (),
            evidence={"why": "this is a script"},
        )
