"""Whether anybody speaks and whether it is quiet, said once each time it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, dbfs, ms_from_samples
from sessions_app.engine.observation import Observation

if TYPE_CHECKING:
    from sessions_app.audio.pcm import Float32
    from sessions_app.engine.observation import ObservationKind

# A still room behind a laptop's microphone lies near -60 dBFS, soft speech near -40. Between the two levels
# nothing changes.
QUIET_BELOW_DBFS = -55.0
LOUD_ABOVE_DBFS = -50.0

SETTLE_SAMPLES = 3 * SAMPLE_RATE_HZ  # a pause between two sentences is shorter

# A detector of speech cannot tell a person from a recorded one, nor one voice from two.
HUMAN_CONFIDENCE = 0.6
NOBODY_CONFIDENCE = 0.9


class Presence:
    """One session's memory of what was last said about it."""

    def __init__(self, start_sample: int) -> None:
        self._is_quiet = False
        self._speaker = ""
        self.resume(start_sample)

    def resume(self, start_sample: int) -> None:
        """Go on at `start_sample`: sound is missing before it, so no silence lasted through."""
        self._quiet_from = start_sample
        self._silent_from = start_sample

    def hear(self, samples: Float32, start_sample: int, *, spoken: bool | None) -> list[Observation]:
        """Return what changed with `samples`. `spoken`: somebody speaks in them; None when nobody can tell."""
        level_dbfs = dbfs(samples)
        end_sample = start_sample + samples.size
        return [
            *self._about_level(level_dbfs, end_sample),
            *self._about_speaker(spoken, level_dbfs, start_sample, end_sample),
        ]

    def _about_level(self, level_dbfs: float, end_sample: int) -> list[Observation]:
        if level_dbfs > (LOUD_ABOVE_DBFS if self._is_quiet else QUIET_BELOW_DBFS):
            self._is_quiet = False
            self._quiet_from = end_sample
        if self._is_quiet or end_sample - self._quiet_from < SETTLE_SAMPLES:
            return []
        self._is_quiet = True
        return [_said("environ", "quiet", self._quiet_from, end_sample, NOBODY_CONFIDENCE)]

    def _about_speaker(
        self, spoken: bool | None, level_dbfs: float, start_sample: int, end_sample: int
    ) -> list[Observation]:
        if spoken:
            self._silent_from = end_sample
            return self._change("human_single", start_sample, end_sample, HUMAN_CONFIDENCE)
        if spoken is None and level_dbfs > QUIET_BELOW_DBFS:
            self._silent_from = end_sample
            self._speaker = ""
        if end_sample - self._silent_from < SETTLE_SAMPLES:
            return []
        return self._change("no_speaker", self._silent_from, end_sample, NOBODY_CONFIDENCE)

    def _change(self, label: str, start_sample: int, end_sample: int, confidence: float) -> list[Observation]:
        if label == self._speaker:
            return []
        self._speaker = label
        return [_said("speaker", label, start_sample, end_sample, confidence)]


def _said(kind: ObservationKind, label: str, start_sample: int, end_sample: int, confidence: float) -> Observation:
    return Observation(
        kind=kind,
        label=label,
        start_ms=ms_from_samples(start_sample),
        end_ms=ms_from_samples(end_sample),
        confidence=confidence,
    )
