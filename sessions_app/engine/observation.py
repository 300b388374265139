"""What a listener reports about a stretch of sound, whoever the listener is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

UNKNOWN_SPEAKER = "speaker_a"  # cf-voice's word for "no idea who", not for a first person

ObservationKind = Literal["tone", "speaker", "transcript", "queue", "environ", "scene", "accent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing heard between `start_ms` and `end_ms` of the session's own sample clock."""

    kind: ObservationKind
    label: str  # for a transcript the words themselves, for an accent the region
    start_ms: int
    end_ms: int
    confidence: float = 1.0  # 0..1
    speaker_id: str = UNKNOWN_SPEAKER
    utterance_id: str = ""  # transcripts: partials and the final of one utterance share it
    is_final: bool = True  # False: a partial, replaced by the next one of its utterance, never stored
    shift_magnitude: float = 0.0  # tone, 0..1: distance from this speaker's usual
    shift_direction: str = ""  # tone: stable, escalating, de-escalating; "" lets the annotator judge
    affect: str = ""  # tone: "" lets the annotator judge from the label
    prosody_flags: tuple[str, ...] = ()  # tone, plain words: "louder", "faster"
    alternatives: tuple[tuple[str, float], ...] = ()  # tone: other labels with their confidence
    evidence: dict[str, str | float] = field(default_factory=dict)  # tone: why, in plain words and numbers
    privacy_risk: str = ""  # scene
    language: str = ""  # transcript, accent
    engine: str = ""  # who heard it, when that is not the back end the session was opened with


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came of listening to one window.

    `settled_sample`: everything before it is final. It is the start of the open utterance, or the end of the
    window when no utterance is open; sound after it must be heard again by whoever takes over.
    """

    observations: tuple[Observation, ...]
    settled_sample: int
