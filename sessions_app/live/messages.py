"""The sockets' JSON: what clients may say, parsed strictly; what the server says, built in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

import orjson

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, ms_from_samples

# Whoever speaks the protocol finds its codes here.
from sessions_app.live.refusals import CloseCode as CloseCode
from sessions_app.live.refusals import ErrorCode as ErrorCode
from sessions_app.live.refusals import Refusal as Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessions_app.annotation.events import Json
    from sessions_app.live.pipeline import Progress, Totals
    from sessions_app.voice.contract import Observation

MAX_TEXT_CHARS = 4096  # a control message; the longest honest one is a note of 1000 characters
MAX_FRAME_BYTES = 32_000  # one second of PCM16 at 16 kHz
MIN_WINDOW_MS, MAX_WINDOW_MS = 500, 5000
MAX_SPEAKERS = 8
MAX_GAP_SAMPLES = 24 * 3600 * 16_000  # a day: longer than any session is a mistake
MAX_CLOCK_MS = 366 * 24 * 3600 * 1000
MAX_NOTE_CHARS = 1000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    window_ms: int | None = None
    language: str | None = None
    num_speakers: int | None = None
    take_over: bool = False


@dataclass(frozen=True, slots=True)
class MissingSamples:
    samples: int


Control: TypeAlias = Literal["mute", "unmute", "keepalive", "finalize", "close"]
AudioMessage: TypeAlias = Configure | MissingSamples | Control


@dataclass(frozen=True, slots=True)
class Replay:
    after: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment to keep: a bookmark, or a note when it has text. `at_ms` is None for "now"."""

    at_ms: int | None
    text: str = ""


ViewerMessage: TypeAlias = Replay | Mark | Literal["ping"]


def parse_audio_message(text: str) -> AudioMessage:
    """Return what a microphone's text frame asks for. Raises `Refusal`."""
    fields = _object(text)
    match fields.get("type"):
        case "configure":
            return _configure(fields)
        case "gap":
            return MissingSamples(_integer(fields, "samples", 1, MAX_GAP_SAMPLES))
        case "mute" | "unmute" | "keepalive" | "finalize" | "close" as control:
            return control
        case other:
            raise _bad(f"Unknown message type {_shown(other)}.")


def parse_viewer_message(text: str) -> ViewerMessage:
    """Return what a viewer's text frame asks for. Raises `Refusal`."""
    fields = _object(text)
    match fields.get("type"):
        case "ping":
            return "ping"
        case "replay":
            return Replay(_integer(fields, "after", 0, 2**62))
        case "bookmark":
            return Mark(_optional_integer(fields, "at_ms", 0, MAX_CLOCK_MS))
        case "note":
            return Mark(_optional_integer(fields, "at_ms", 0, MAX_CLOCK_MS), _note_text(fields))
        case other:
            raise _bad(f"Unknown message type {_shown(other)}.")


def check_audio_frame(frame: bytes) -> None:
    """Raise `Refusal` when `frame` cannot be PCM16 of a sensible length."""
    if len(frame) > MAX_FRAME_BYTES:
        message = f"An audio frame may have at most {MAX_FRAME_BYTES} bytes; this one has {len(frame)}."
        raise Refusal(ErrorCode.FRAME_TOO_LARGE, message, CloseCode.TOO_LARGE)
    if len(frame) < 2 or len(frame) % 2:
        message = f"An audio frame is a whole number of 16-bit samples; this one has {len(frame)} bytes."
        raise Refusal(ErrorCode.INVALID_AUDIO_FRAME, message, CloseCode.BAD_MESSAGE)


def _object(text: str) -> dict[str, object]:
    if len(text) > MAX_TEXT_CHARS:
        raise _bad(f"A message may have at most {MAX_TEXT_CHARS} characters.", CloseCode.TOO_LARGE)
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad("A text message must be a JSON object; sound is sent as binary frames.") from error
    if not isinstance(fields, dict):
        raise _bad("A text message must be a JSON object with a type.")
    return fields


def _configure(fields: dict[str, object]) -> Configure:
    language = fields.get("language")
    if language is not None and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        raise _invalid_config("language must be a code such as en.")
    spoken = language.partition("-")[0] if isinstance(language, str) else None  # listeners know no regions
    if fields.get("sample_rate", SAMPLE_RATE_HZ) != SAMPLE_RATE_HZ:
        raise _invalid_config(
            f"sample_rate must be {SAMPLE_RATE_HZ}: sound at another rate is converted before it is sent."
        )
    take_over = fields.get("take_over", False)
    if not isinstance(take_over, bool):
        raise _invalid_config("take_over must be true or false.")
    try:
        return Configure(
            window_ms=_optional_integer(fields, "window_ms", MIN_WINDOW_MS, MAX_WINDOW_MS),
            language=spoken,
            num_speakers=_optional_integer(fields, "num_speakers", 1, MAX_SPEAKERS),
            take_over=take_over,
        )
    except Refusal as refusal:
        raise _invalid_config(refusal.message) from refusal


def _note_text(fields: dict[str, object]) -> str:
    text = fields.get("text")
    words = text.replace("\0", " ").strip() if isinstance(text, str) else ""  # PostgreSQL takes no NUL
    if not 1 <= len(words) <= MAX_NOTE_CHARS:
        raise _bad(f"A note has 1 to {MAX_NOTE_CHARS} characters of text.", None)
    return words


def _optional_integer(fields: dict[str, object], name: str, low: int, high: int) -> int | None:
    return None if fields.get(name) is None else _integer(fields, name, low, high)


def _integer(fields: dict[str, object], name: str, low: int, high: int) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _bad(f"{name} must be a whole number from {low} to {high}.")
    return value


def _bad(message: str, close: CloseCode | None = CloseCode.BAD_MESSAGE) -> Refusal:
    return Refusal(ErrorCode.CONFIG_INVALID, message, close)


def _invalid_config(message: str) -> Refusal:
    return Refusal(ErrorCode.CONFIG_INVALID, message, CloseCode.BAD_MESSAGE)


def _shown(value: object) -> str:
    return repr(value)[:40] if isinstance(value, str) else "of that kind"


class Engine(TypedDict):
    name: str
    simulated: bool
    models: dict[str, str]
    warnings: list[str]


def ready(*, stream_id: str, next_sample: int, window_ms: int, engine: Engine) -> str:
    return _frame(
        "ready",
        stream_id=stream_id,
        next_sample=next_sample,
        sample_rate=SAMPLE_RATE_HZ,
        window_ms=window_ms,
        max_frame_bytes=MAX_FRAME_BYTES,
        engine=dict(engine),
    )


def ack(progress: Progress) -> str:
    return _frame(
        "ack",
        through_sample=progress.settled_sample,
        heard_sample=progress.heard_sample,
        lag_ms=progress.lag_ms,
        dropped_ms=progress.dropped_ms,
    )


def flow(state: str, *, lag_ms: int) -> str:
    return _frame("flow", state=state, lag_ms=lag_ms)


def service(status: str, *, detail: str = "", models: dict[str, str] | None = None) -> str:
    return _frame("service", status=status, detail=detail, models=dict(models or {}))


def finalized(*, through_sample: int) -> str:
    return _frame("finalized", through_sample=through_sample)


def summary(totals: Totals, *, reason: str) -> str:
    return _frame(
        "summary",
        audio_ms=ms_from_samples(totals.audio_samples),
        classified_ms=ms_from_samples(totals.classified_samples),
        gap_ms=ms_from_samples(totals.gap_samples),
        events=totals.events,
        reason=reason,
    )


def error(refusal: Refusal) -> str:
    return _frame(
        "error",
        code=refusal.code,
        message=refusal.message,
        fatal=refusal.close is not None,
        retry_after_s=refusal.retry_after_s,
    )


def bye(code: CloseCode, reason: str) -> str:
    return _frame("bye", code=int(code), reason=reason)


def snapshot(fields: dict[str, Json]) -> str:
    return _frame("snapshot", **fields)


def event(wire: dict[str, Json]) -> str:
    return _frame("event", event=wire)


def partial(said: Observation) -> str:
    return _frame(
        "partial",
        utterance_id=said.utterance_id,
        speaker_id=said.speaker_id,
        text=said.label,
        start_ms=said.start_ms,
        end_ms=said.end_ms,
    )


def revised(seq: int, wire: dict[str, Json], *, revision: int) -> str:
    """A line was corrected, removed or given to another speaker."""
    return _frame("revised", seq=seq, event=wire, revision=revision)


def speakers(names: dict[str, str], *, revision: int) -> str:
    return _frame("speakers", speakers=names, revision=revision)


def session(*, title: str, is_off_record: bool, revision: int) -> str:
    return _frame("session", title=title, off_record=is_off_record, revision=revision)


def note(fields: dict[str, Json], *, revision: int) -> str:
    """A note or bookmark of the session, new, changed or removed; the owner's views alone hear of it."""
    return _frame("note", **fields, revision=revision)


def state(label: str, *, reason: str = "") -> str:
    return _frame("state", state=label, reason=reason)


def presence(*, viewers: int, has_microphone: bool) -> str:
    return _frame("presence", viewers=viewers, microphone=has_microphone)


def look(values: Mapping[str, str | int | bool], *, changed_ms: int) -> str:
    """The account that watches changed how captions look, somewhere else perhaps."""
    return _frame("look", look=dict(values), changed_ms=changed_ms)


def alert(*, at_ms: int) -> str:
    """Somebody answered after ringing or hold music."""
    return _frame("alert", kind="human_picked_up", at_ms=at_ms)


def pong() -> str:
    return _frame("pong")


def _frame(type_: str, /, **fields: object) -> str:
    return orjson.dumps({"type": type_, **fields}).decode()
