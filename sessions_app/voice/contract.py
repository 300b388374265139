"""The contract of a voice back end: `open` a stream for a session, `classify` its windows, `aclose` it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sessions_app.audio.window import PcmWindow
from sessions_app.engine.observation import UNKNOWN_SPEAKER, Hearing, Observation, ObservationKind

__all__ = [
    "UNKNOWN_SPEAKER",
    "Backend",
    "BackendStatus",
    "Hearing",
    "Observation",
    "ObservationKind",
    "PcmWindow",
    "StreamConfig",
    "VoiceStream",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamConfig:
    """What a back end may know about the session it listens to."""

    session_id: str
    language: str | None = None  # ISO 639-1, None = the back end's default
    num_speakers: int | None = None  # None = unknown
    elcor: bool = False
    start_sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendStatus:
    """How a back end is right now, in words fit for the page."""

    status: str  # ready | loading | degraded | unavailable | simulated | warning
    detail: str = ""
    models: dict[str, str] = field(default_factory=dict)  # name → loading | ready | error | missing
    warnings: tuple[str, ...] = ()


class VoiceStream(Protocol):
    """One microphone as one back end hears it. Windows come in order, one at a time."""

    async def classify(self, window: PcmWindow) -> Hearing:
        """Return what is heard up to the end of `window`. Raises `VoiceError`.

        A window that starts later than the last one ended means that sound is missing: the open utterance is ended
        there. One that starts earlier is a replay of what was not settled: it is heard anew.
        """
        ...

    async def flush(self) -> Hearing:
        """End the open utterance and return what is left to say. Raises `VoiceError`."""
        ...

    async def aclose(self) -> None:
        """Free the stream's state. Never raises, safe to call twice."""
        ...


class Backend(Protocol):
    """Somebody who can listen to many sessions at once."""

    name: str  # "embedded", "cf-voice", "scripted": stands on every event as `engine`
    is_simulated: bool

    async def status(self) -> BackendStatus:
        """Return the state of the back end. Never raises."""
        ...

    def warnings_for(self, config: StreamConfig) -> tuple[str, ...]:
        """Return what `status` cannot know and people should: what is asked for and cannot be done. Never raises."""
        ...

    async def open(self, config: StreamConfig) -> VoiceStream:
        """Return a stream that listens to one session. Raises `VoiceError`."""
        ...

    async def aclose(self) -> None:
        """Free connections and threads."""
        ...
