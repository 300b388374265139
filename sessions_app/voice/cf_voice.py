"""cf-voice over HTTP: every session's windows over one pool of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_app.audio.pcm import ms_from_samples, samples_from_ms
from sessions_app.voice import codec, http
from sessions_app.voice.contract import BackendStatus, Hearing
from sessions_app.voice.errors import BackendUnavailable, VoiceError

if TYPE_CHECKING:
    from sessions_app.voice.codec import ClassifyReply
    from sessions_app.voice.contract import PcmWindow, StreamConfig

HEALTH_TIMEOUT_S = 3.0
CLASSIFY_TIMEOUT_S = 5.0  # in all: connect, send, and every byte of the answer


class CfVoiceBackend:
    """One cf-voice. Its `/health` says whether it speaks our extensions."""

    name = "cf-voice"
    is_simulated = False

    def __init__(self, url: str, *, token: str = "") -> None:
        self._client = http.client_for(url, token=token)
        self._extensions: frozenset[str] | None = None

    async def status(self) -> BackendStatus:
        try:
            body = await http.request(self._client, "GET", "/health", timeout_s=HEALTH_TIMEOUT_S)
        except BackendUnavailable:
            return BackendStatus(status="unavailable", detail="The voice service does not answer.")
        except VoiceError:
            return BackendStatus(status="unavailable", detail="The voice service says that it is not ready.")
        health = codec.decode_health(body)
        self._extensions = health.extensions
        return health.status

    async def open(self, config: StreamConfig) -> CfVoiceStream:
        if self._extensions is None:
            await self.status()
        return CfVoiceStream(self, config)

    async def aclose(self) -> None:
        await self._client.aclose()

    def has(self, extension: str) -> bool:
        return extension in (self._extensions or ())

    async def post(self, path: str, content: bytes) -> bytes:
        """Return the body of a successful answer. Raises `VoiceError`."""
        return await http.request(self._client, "POST", path, content=content, timeout_s=CLASSIFY_TIMEOUT_S)

    async def delete(self, path: str) -> None:
        await http.request(self._client, "DELETE", path, timeout_s=HEALTH_TIMEOUT_S)


class CfVoiceStream:
    """One session at a cf-voice."""

    def __init__(self, backend: CfVoiceBackend, config: StreamConfig) -> None:
        self._backend = backend
        self._config = config
        self._heard_sample = config.start_sample
        self._open_since_ms: int | None = None
        self._is_closed = False

    async def classify(self, window: PcmWindow) -> Hearing:
        body = await self._backend.post("/classify", codec.encode_window(window, self._config))
        start_ms, end_ms = codec.window_span_ms(window)
        reply = codec.decode_events(body, start_ms=start_ms, end_ms=end_ms)
        self._heard_sample = window.end_sample
        return self._hearing(reply)

    async def flush(self) -> Hearing:
        """A cf-voice without the flush extension keeps no utterance open: there is nothing to end."""
        if not self._backend.has("flush"):
            return Hearing((), self._heard_sample)
        content = b'{"session_id":"' + self._config.session_id.encode() + b'"}'
        body = await self._backend.post("/flush", content)
        end_ms = ms_from_samples(self._heard_sample)
        reply = codec.decode_events(body, start_ms=end_ms, end_ms=end_ms)
        self._open_since_ms = None
        return Hearing(reply.observations, self._heard_sample)

    async def aclose(self) -> None:
        if self._is_closed or not self._backend.has("flush"):
            return
        self._is_closed = True
        try:
            await self._backend.delete(f"/sessions/{self._config.session_id}")
        except VoiceError:
            return  # its state expires there by itself

    def _hearing(self, reply: ClassifyReply) -> Hearing:
        """Work out what is settled: as the server says, else up to the utterance whose partials still come."""
        for observation in reply.observations:
            if observation.kind == "transcript":
                self._open_since_ms = None if observation.is_final else observation.start_ms
        settled_ms = reply.settled_ms if reply.settled_ms is not None else self._open_since_ms
        settled_sample = self._heard_sample if settled_ms is None else samples_from_ms(settled_ms)
        return Hearing(reply.observations, min(settled_sample, self._heard_sample))
