"""What goes on around the words: the phone line, music, silence, the room; said once each time it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_app.audio.pcm import ms_from_samples
from sessions_app.engine.call_signals import QUEUE_LABELS, CallSignals
from sessions_app.engine.observation import Observation
from sessions_app.engine.sound import SoundScene

if TYPE_CHECKING:
    from sessions_app.audio.pcm import Float32
    from sessions_app.engine.call_signals import CallReport
    from sessions_app.engine.observation import ObservationKind
    from sessions_app.engine.sound import Scene
    from sessions_app.engine.sound_kinds import KindDetector

NOTHING = "none"  # the line does none of the things it did before

_MOMENT_CONFIDENCE = 0.6
_DIGIT_CONFIDENCE = 0.95


class Surroundings:
    """One session's line and room."""

    def __init__(self, detector: KindDetector | None) -> None:
        self._calls = CallSignals()
        self._sound = SoundScene(detector)
        self._queue = self._environ = NOTHING
        self.snr_db = 0.0
        self.is_obscured = False  # music or a tone lies over whatever is said

    def hear(self, samples: Float32, start_sample: int, *, spoken: bool | None) -> list[Observation]:
        """Return what changed with `samples`. `spoken`: somebody speaks in them; None when nobody can tell."""
        calls = self._calls.hear(samples, start_sample, is_speech=spoken is True)
        scene = self._sound.hear(samples, is_tone_on=calls.is_tone_on, is_speech=spoken)
        self.snr_db = scene.snr_db
        self.is_obscured = calls.is_tone_on or "music" in {scene.environ, scene.queue} or scene.queue == "hold_music"
        start_ms, end_ms = ms_from_samples(start_sample), ms_from_samples(start_sample + samples.size)
        return [
            *_digits(calls),
            *self._about_line(calls, scene, start_ms, end_ms),
            *self._about_room(scene, start_ms, end_ms),
        ]

    def _about_line(self, calls: CallReport, scene: Scene, start_ms: int, end_ms: int) -> list[Observation]:
        tone = calls.line.tone if calls.line else None
        label = QUEUE_LABELS.get(tone) if tone else scene.queue
        if (label or NOTHING) == self._queue:
            return []
        self._queue = label or NOTHING
        confidence = calls.line.confidence if calls.line else scene.confidence
        evidence: dict[str, str | float] = {"tone": tone} if tone else {}
        return [_said("queue", self._queue, start_ms, end_ms, confidence, evidence)]

    def _about_room(self, scene: Scene, start_ms: int, end_ms: int) -> list[Observation]:
        moments = [_said("environ", change, start_ms, end_ms, _MOMENT_CONFIDENCE) for change in scene.changes]
        if (scene.environ or NOTHING) == self._environ:
            return moments
        self._environ = scene.environ or NOTHING
        if scene.environ is None:
            return moments  # an ordinary room needs no word
        return [_said("environ", scene.environ, start_ms, end_ms, scene.confidence), *moments]


def _digits(calls: CallReport) -> list[Observation]:
    return [
        _said(
            "queue",
            "dtmf_tone",
            ms_from_samples(digit.start_sample),
            ms_from_samples(digit.end_sample),
            _DIGIT_CONFIDENCE,
            {"digit": digit.symbol},
        )
        for digit in calls.digits
    ]


def _said(
    kind: ObservationKind,
    label: str,
    start_ms: int,
    end_ms: int,
    confidence: float,
    evidence: dict[str, str | float] | None = None,
) -> Observation:
    return Observation(
        kind=kind, label=label, start_ms=start_ms, end_ms=end_ms, confidence=confidence, evidence=evidence or {}
    )
