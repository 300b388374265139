"""cf-voice's JSON, both ways; the one place that knows its field names. Tolerant of extras, strict on values."""

from __future__ import annotations

import binascii
import json
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

import orjson

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, ms_from_samples
from sessions_app.voice.contract import UNKNOWN_SPEAKER, BackendStatus, Observation, ObservationKind
from sessions_app.voice.errors import BadReply

if TYPE_CHECKING:
    from sessions_app.voice.contract import PcmWindow, StreamConfig

MAX_EVENTS_PER_REPLY = 200
MAX_TEXT_CHARS = 2000
MAX_LABEL_CHARS = 200
MAX_MODELS = 20

_KINDS = frozenset(get_args(ObservationKind))
_BREAKS = {"\n": " ", "\r": " ", "\t": " "}


@dataclass(frozen=True, slots=True)
class Health:
    """What a cf-voice said about itself."""

    status: BackendStatus
    extensions: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClassifyReply:
    """The events of one answer, and what only our own server says.

    `settled_ms`: up to where everything is final; `since_ms`: where the server began to hear this session.
    """

    observations: tuple[Observation, ...]
    settled_ms: int | None
    since_ms: int | None


def encode_window(window: PcmWindow, config: StreamConfig) -> bytes:
    """Return the body of `POST /classify`; optional fields are left out when unset."""
    fields: dict[str, object] = {
        "timestamp": window.start_sample / SAMPLE_RATE_HZ,
        "elcor": config.elcor,
        "session_id": config.session_id,
    }
    if config.language:
        fields["language"] = config.language
    if config.num_speakers:
        fields["num_speakers"] = config.num_speakers
    # The sound needs no escaping: joining bytes costs a quarter of encoding it as a JSON string.
    sound = binascii.b2a_base64(window.pcm16, newline=False)
    return b"".join((b'{"audio_chunk":"', sound, b'",', orjson.dumps(fields)[1:]))


def decode_events(body: bytes, *, start_ms: int, end_ms: int) -> ClassifyReply:
    """Return the observations of an answer to sound from `start_ms` to `end_ms`.

    One bad event does not lose its neighbours. Raises `BadReply` when the answer as a whole is not the contract's.
    """
    reply = _object(body)
    events = reply.get("events")
    if not isinstance(events, list):
        raise BadReply("the answer has no list of events")
    observations = tuple(
        observation
        for event in events[:MAX_EVENTS_PER_REPLY]
        if isinstance(event, dict) and (observation := _observation(event, start_ms, end_ms)) is not None
    )
    return ClassifyReply(
        observations,
        _time_ms(reply.get("settled_ms"), end_ms),
        _time_ms(reply.get("since_ms"), end_ms),
    )


def decode_health(body: bytes) -> Health:
    """Return the state of a cf-voice that answered 200; a body that is not JSON still means ready."""
    try:
        fields = _object(body)
    except BadReply:
        fields = {}
    models = _named_strings(fields.get("models"))
    warnings = fields.get("warnings")
    texts = tuple(_text(text, MAX_LABEL_CHARS) for text in warnings[:20]) if isinstance(warnings, list) else ()
    extensions = fields.get("extensions")
    status = (
        "loading" if "loading" in models.values() else "warning" if "error" in models.values() or texts else "ready"
    )
    return Health(
        BackendStatus(status=status, detail=" ".join(filter(None, texts)), models=models, warnings=texts),
        frozenset(name for name in extensions if isinstance(name, str))
        if isinstance(extensions, list)
        else frozenset(),
    )


def _observation(event: dict[str, object], start_ms: int, end_ms: int) -> Observation | None:
    """Return one event, or None when it cannot be used."""
    kind, label = event.get("event_type"), event.get("label")
    if not isinstance(kind, str) or kind not in _KINDS or not isinstance(label, str):
        return None
    confidence = _number(event.get("confidence"))
    if confidence is None and kind != "tone":
        confidence = 1.0  # only a tone must say how sure it is
    words = _text(label, MAX_TEXT_CHARS if kind == "transcript" else MAX_LABEL_CHARS)
    if confidence is None or not words:
        return None
    start, end = _span(event, start_ms, end_ms)
    is_final = event.get("is_final", True)
    return Observation(
        kind=cast("ObservationKind", kind),
        label=words,
        start_ms=start,
        end_ms=end,
        confidence=_clamped(confidence),
        speaker_id=_text(event.get("speaker_id"), 64) or UNKNOWN_SPEAKER,
        utterance_id=_text(event.get("utterance_id"), 64),
        is_final=is_final if isinstance(is_final, bool) else True,
        shift_magnitude=_clamped(_number(event.get("shift_magnitude")) or 0.0),
        shift_direction=_text(event.get("shift_direction"), 20),
        affect=_text(event.get("affect"), 20),
        prosody_flags=_texts(event.get("prosody_flags")),
        evidence=_evidence(event.get("evidence")),
        alternatives=_alternatives(event.get("alternatives")),
        privacy_risk=_text(event.get("privacy_risk"), 20),
        language=_text(event.get("language"), 20),
    )


def encode_observation(observation: Observation) -> dict[str, object]:
    """Return an observation as our own `voice_server` answers it: the contract's fields and our extensions."""
    fields: dict[str, object] = {
        "event_type": observation.kind,
        "label": observation.label,
        "confidence": observation.confidence,
        "timestamp": observation.end_ms / 1000,
        "start_ms": observation.start_ms,
        "end_ms": observation.end_ms,
        "speaker_id": observation.speaker_id,
    }
    if observation.kind == "transcript":
        fields |= {"utterance_id": observation.utterance_id, "is_final": observation.is_final}
    if observation.kind == "tone":
        fields |= {
            "shift_magnitude": observation.shift_magnitude,
            "shift_direction": observation.shift_direction,
            "affect": observation.affect,
            "prosody_flags": list(observation.prosody_flags),
            "alternatives": [{"label": name, "confidence": odds} for name, odds in observation.alternatives],
        }
    optional: dict[str, object] = {
        "privacy_risk": observation.privacy_risk,
        "language": observation.language,
        "evidence": observation.evidence,
    }
    return fields | {name: value for name, value in optional.items() if value}


def _object(body: bytes) -> dict[str, object]:
    """Return the JSON object in `body`. Raises `BadReply`.

    A server in Python may write NaN where a number is missing; orjson refuses that, the standard library does not.
    """
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            fields = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadReply("the answer is not JSON") from error
    if not isinstance(fields, dict):
        raise BadReply("the answer is not a JSON object")
    return fields


def _span(event: dict[str, object], start_ms: int, end_ms: int) -> tuple[int, int]:
    """Return when the event was; a classifier's own times count only when they make sense."""
    start, end = _number(event.get("start_ms")), _number(event.get("end_ms"))
    if start is None or end is None or not 0 <= start <= end <= end_ms:
        return start_ms, end_ms
    return int(start), int(end)


def _number(value: object) -> float | None:
    """Return a finite number that a double can hold, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return None
    return float(value)


def _time_ms(value: object, end_ms: int) -> int | None:
    time_ms = _number(value)
    return None if time_ms is None else int(min(max(time_ms, 0), end_ms))


def _clamped(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _text(value: object, limit: int) -> str:
    """Return `value` without control characters and unpaired surrogates, cut at `limit`; "" for anything else."""
    if not isinstance(value, str):
        return ""
    if value.isprintable():  # has neither, and nearly every text is
        return value[:limit].strip()
    kept = (_BREAKS.get(char, char) for char in value)
    return "".join(char for char in kept if unicodedata.category(char) not in {"Cc", "Cs"})[:limit].strip()


def _texts(value: object) -> tuple[str, ...]:
    return tuple(filter(None, (_text(item, 40) for item in value[:10]))) if isinstance(value, list) else ()


def _named_strings(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {_text(name, 64): _text(state, 20) for name, state in list(value.items())[:MAX_MODELS]}


def _evidence(value: object) -> dict[str, str | float]:
    if not isinstance(value, dict):
        return {}
    evidence: dict[str, str | float] = {}
    for name, worth in list(value.items())[:MAX_MODELS]:
        number = _number(worth)
        evidence[_text(name, 64)] = _text(worth, MAX_LABEL_CHARS) if number is None else number
    return evidence


def _alternatives(value: object) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, list):
        return ()
    pairs = (
        (_text(item.get("label"), 200), _number(item.get("confidence"))) for item in value[:5] if isinstance(item, dict)
    )
    return tuple((name, _clamped(odds)) for name, odds in pairs if name and odds is not None)


def window_span_ms(window: PcmWindow) -> tuple[int, int]:
    """Return a window's time on the session's clock."""
    return ms_from_samples(window.start_sample), ms_from_samples(window.end_sample)
