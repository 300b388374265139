"""The events of a session and their one wire form (live socket, SSE, `/events/`, JSON export)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


class Kind(StrEnum):
    TONE = "tone"
    SPEAKER = "speaker"
    TRANSCRIPT = "transcript"
    QUEUE = "queue"
    ENVIRON = "environ"
    SCENE = "scene"
    ACCENT = "accent"
    GAP = "gap"
    STATE = "state"


class GapCause(StrEnum):
    CONNECTION = "connection"  # the client could not replay it
    OVERLOAD = "overload"  # more came than could be listened to
    SERVICE = "service"  # the classifier did not answer
    CLIENT = "client"  # the client says it left it out
    OFF_RECORD = "off_record"


_GAP_WORDS = {
    GapCause.CONNECTION: "the connection was lost",
    GapCause.OVERLOAD: "more sound came than could be listened to",
    GapCause.SERVICE: "the voice service did not answer",
    GapCause.CLIENT: "the microphone left it out",
    GapCause.OFF_RECORD: "off the record",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent:
    """An event as it is stored; its number comes with the storing.

    `label` is the tone, the speaker state, the line state, the accent's region, the gap's cause, the session's
    state; `text` is for people to read; `payload` holds what is particular to the kind (see `to_wire`).
    """

    kind: Kind
    start_ms: int
    end_ms: int
    speaker: str = ""
    label: str = ""
    text: str = ""
    confidence: float = 1.0
    engine: str = ""
    simulated: bool = False
    payload: dict[str, Json] = field(default_factory=dict)


def gap(*, cause: GapCause, start_ms: int, end_ms: int) -> SessionEvent:
    """Return the event that says which stretch is not in the record, and why."""
    seconds = (end_ms - start_ms) / 1000
    fate = "not kept" if cause is GapCause.OFF_RECORD else "not captioned"
    text = f"{seconds:.1f} s {fate}: {_GAP_WORDS[cause]}"
    return SessionEvent(kind=Kind.GAP, start_ms=start_ms, end_ms=end_ms, label=cause, text=text)


def state(label: str, *, at_ms: int, reason: str = "") -> SessionEvent:
    """Return the event that says that the session is now `label` (running, stopped)."""
    payload: dict[str, Json] = {"reason": reason} if reason else {}
    return SessionEvent(kind=Kind.STATE, start_ms=at_ms, end_ms=at_ms, label=label, payload=payload)


def to_wire(event: SessionEvent, *, session_id: str, seq: int | None) -> dict[str, Json]:
    """Return the event as the protocol spells it (docs/protocol.md, "An event"); ready for a JSON encoder."""
    own: dict[str, Json] = {
        "event_type": str(event.kind),
        "session_id": session_id,
        "seq": seq,
        "start_ms": event.start_ms,
        "end_ms": event.end_ms,
        "timestamp": event.end_ms / 1000,
        "engine": event.engine,
        "simulated": event.simulated,
        **_named(event),
    }
    return own | _DEFAULTS.get(event.kind, {}) | event.payload | own  # again: no payload speaks for the event


def _named(event: SessionEvent) -> dict[str, Json]:
    """Return the event's own columns by the names that its kind gives them."""
    match event.kind:
        case Kind.TONE | Kind.SPEAKER:
            return {"label": event.label, "confidence": event.confidence, "speaker_id": event.speaker}
        case Kind.TRANSCRIPT:
            return {"text": event.text, "speaker_id": event.speaker, "confidence": event.confidence}
        case Kind.ACCENT:
            return {"region": event.label, "confidence": event.confidence}
        case Kind.GAP:
            return {"cause": event.label, "text": event.text}
        case Kind.STATE:
            return {"label": event.label}
        case Kind.SCENE | Kind.QUEUE | Kind.ENVIRON:
            return {"label": event.label, "confidence": event.confidence}


_DEFAULTS: dict[Kind, dict[str, Json]] = {
    Kind.TONE: {
        "shift_magnitude": 0.0,
        "subtext": "",
        "affect": "neutral",
        "shift_direction": "stable",
        "prosody_flags": [],
        "band": "unclear",
        "alternatives": [],
        "evidence": {},
    },
    Kind.TRANSCRIPT: {"utterance_id": ""},
    Kind.ACCENT: {"language": ""},
    Kind.SCENE: {"privacy_risk": ""},
}
