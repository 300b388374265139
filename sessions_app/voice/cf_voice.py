"""cf-voice over HTTP: one shared client per event loop, a deadline on everything, no foreign exception."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
from httpx_aiohttp import AiohttpTransport

from sessions_app.audio.pcm import ms_from_samples, samples_from_ms
from sessions_app.voice import codec
from sessions_app.voice.contract import BackendStatus, Hearing
from sessions_app.voice.errors import BackendRefused, BackendUnavailable, BadReply

if TYPE_CHECKING:
    from sessions_app.voice.codec import ClassifyReply
    from sessions_app.voice.contract import PcmWindow, StreamConfig

HEALTH_TIMEOUT_S = 3.0
CLASSIFY_TIMEOUT_S = 5.0  # in all: connect, send, and every byte of the answer
MAX_REPLY_BYTES = 256 * 1024


class CfVoiceBackend:
    """Every session's windows over one pool of connections."""

    name = "cf-voice"
    is_simulated = False

    def __init__(self, url: str, *, token: str = "", max_connections: int = 100) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            # httpx's own pool is wedged for good by some hundred cancelled requests; aiohttp's is not, at a third
            # of the cost.
            transport=AiohttpTransport(limits=httpx.Limits(max_connections=max_connections), trust_env=False),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(CLASSIFY_TIMEOUT_S),
            follow_redirects=False,
            trust_env=False,
        )
        self._extensions: frozenset[str] | None = None

    async def status(self) -> BackendStatus:
        try:
            body = await self._request("GET", "/health", timeout_s=HEALTH_TIMEOUT_S)
        except BackendUnavailable:
            return BackendStatus(status="unavailable", detail="The voice service does not answer.")
        except (BadReply, BackendRefused):
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
        return await self._request("POST", path, content=content, timeout_s=CLASSIFY_TIMEOUT_S)

    async def delete(self, path: str) -> None:
        await self._request("DELETE", path, timeout_s=HEALTH_TIMEOUT_S)

    async def _request(self, method: str, path: str, *, timeout_s: float, content: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._client.stream(method, path, content=content, headers=headers) as response,
            ):
                _check_status(response.status_code)
                return await _limited_body(response)
        except TimeoutError as error:
            raise BackendUnavailable(f"no complete answer within {timeout_s:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise BackendUnavailable(type(error).__name__) from error


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
        except (BackendUnavailable, BackendRefused, BadReply):
            return  # its state expires there by itself

    def _hearing(self, reply: ClassifyReply) -> Hearing:
        """Work out what is settled: as the server says, else up to the utterance whose partials still come."""
        for observation in reply.observations:
            if observation.kind == "transcript":
                self._open_since_ms = None if observation.is_final else observation.start_ms
        settled_ms = reply.settled_ms if reply.settled_ms is not None else self._open_since_ms
        settled_sample = self._heard_sample if settled_ms is None else samples_from_ms(settled_ms)
        return Hearing(reply.observations, min(settled_sample, self._heard_sample))


def _check_status(status_code: int) -> None:
    if status_code >= 500 or status_code == 429:
        raise BackendUnavailable(f"status {status_code}")
    if status_code >= 400:
        raise BackendRefused(f"status {status_code}")
    if status_code != 200:
        raise BadReply(f"status {status_code}")  # redirects too: sound goes only where the setting says


async def _limited_body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise BadReply(f"the answer is larger than {MAX_REPLY_BYTES} bytes")
    return bytes(body)
