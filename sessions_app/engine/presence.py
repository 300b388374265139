"""Whether anybody speaks, and whether it is one voice or several; said once each time it changes."""

from __future__ import annotations

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, ms_from_samples
from sessions_app.engine.observation import Observation

SETTLE_SAMPLES = 3 * SAMPLE_RATE_HZ  # a pause between two sentences is shorter

# A detector of speech cannot tell a person from a recorded one.
HUMAN_CONFIDENCE = 0.6
NOBODY_CONFIDENCE = 0.9
MENU = "ivr_synth"


class Presence:
    """One session's memory of who was last said to be there."""

    def __init__(self, start_sample: int) -> None:
        self._said = ""
        self.resume(start_sample)

    def resume(self, start_sample: int) -> None:
        """Go on at `start_sample`: sound is missing before it, so no silence lasted through."""
        self._silent_from = start_sample

    def hear(self, start_sample: int, end_sample: int, *, spoken: bool | None, voices: str | None) -> list[Observation]:
        """Return what changed from `start_sample` to `end_sample`.

        `spoken`: somebody speaks in them, None when nobody can tell. `voices`: `human_single` or `human_multi`, as
        the voices of the last half minute were told apart.
        """
        if spoken is None:
            self._silent_from, self._said = end_sample, ""
            return []
        if spoken:
            self._silent_from = end_sample
            if self._said == MENU:
                return []  # only other words, or silence, end a menu
            return self._change(voices or "human_single", start_sample, end_sample, HUMAN_CONFIDENCE)
        if end_sample - self._silent_from < SETTLE_SAMPLES:
            return []
        return self._change("no_speaker", self._silent_from, end_sample, NOBODY_CONFIDENCE)

    def note_menu(self, menu: Observation | None) -> list[Observation]:
        """Take what the words of an utterance say: a recorded menu, or (None) a person again."""
        if menu is None:
            if self._said == MENU:
                self._said = ""
            return []
        if self._said == MENU:
            return []
        self._said = MENU
        return [menu]

    def _change(self, label: str, start_sample: int, end_sample: int, confidence: float) -> list[Observation]:
        if label == self._said:
            return []
        self._said = label
        return [
            Observation(
                kind="speaker",
                label=label,
                start_ms=ms_from_samples(start_sample),
                end_ms=ms_from_samples(end_sample),
                confidence=confidence,
            )
        ]
