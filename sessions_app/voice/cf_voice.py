"""cf-voice over HTTP: every session's windows over one pool of connections."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import orjson

from sessions_app.audio.pcm import ms_from_samples, samples_from_ms
from sessions_app.voice import breaker, codec, http
from sessions_app.voice.contract import BackendStatus, Hearing
from sessions_app.voice.errors import BackendUnavailable, VoiceError
from sessions_app.voice.unsettled import Unsettled

if TYPE_CHECKING:
    from sessions_app.voice.codec import ClassifyReply
    from sessions_app.voice.contract import Observation, PcmWindow, StreamConfig

HEALTH_TIMEOUT_S = 3.0
CLASSIFY_TIMEOUT_S = 5.0  # in all: connect, send, and every byte of the answer


class CfVoiceBackend:
    """One cf-voice. Its `/health` says whether it speaks our extensions."""

    name = "cf-voice"
    is_simulated = False

    def __init__(self, url: str, *, token: str = "") -> None:
        self._client = http.client_for(url, token=token)
        self._poster = http.Poster(url, token=token)
        self.breaker = breaker.of(url)
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

    def warnings_for(self, config: StreamConfig) -> tuple[str, ...]:
        return ()  # the contract has no words for it

    async def open(self, config: StreamConfig) -> CfVoiceStream:
        if self._extensions is None:
            await self.status()
        return CfVoiceStream(self, config)

    async def aclose(self) -> None:
        await self._client.aclose()
        await self._poster.aclose()

    def has(self, extension: str) -> bool:
        return extension in (self._extensions or ())

    async def post(self, path: str, content: bytes, headers: dict[str, str]) -> bytes:
        """Return the body of a successful answer. Raises `VoiceError`."""
        return await self._poster.post(path, content, headers, timeout_s=CLASSIFY_TIMEOUT_S)

    async def delete(self, path: str, headers: dict[str, str]) -> None:
        await http.request(self._client, "DELETE", path, headers=headers, timeout_s=HEALTH_TIMEOUT_S)


class CfVoiceStream:
    """One session at a cf-voice. Its name keeps a stream that was superseded from freeing its successor's state."""

    def __init__(self, backend: CfVoiceBackend, config: StreamConfig) -> None:
        self._backend = backend
        self._config = config
        self._headers = {"X-Stream": secrets.token_hex(8)}
        self._heard_sample = self._settled_sample = config.start_sample
        self._open_since_ms: int | None = None
        self._unsettled = Unsettled()
        self._must_hear_again = False  # until it has heard all of the open utterance, for that may fail half-way
        self._is_closed = False

    async def classify(self, window: PcmWindow) -> Hearing:
        reply = None if self._must_hear_again else await self._ask(window)
        again: tuple[Observation, ...] = ()
        if reply is None or self._has_forgotten(reply):
            again = await self._hear_again()
            reply = await self._ask(window)
            self._must_hear_again = False
        hearing = self._hearing(reply, window)
        self._unsettled.heard(window, hearing.settled_sample)
        return Hearing(again + hearing.observations, hearing.settled_sample)

    async def flush(self) -> Hearing:
        """A cf-voice without the flush extension keeps no utterance open: there is nothing to end."""
        if not self._backend.has("flush"):
            return Hearing((), self._heard_sample)
        reply = None if self._must_hear_again else await self._end_utterance()
        again: tuple[Observation, ...] = ()
        if reply is None or self._has_forgotten(reply) or self._knows_nothing(reply):
            again = await self._hear_again()
            reply = await self._end_utterance()
            self._must_hear_again = False
        self._open_since_ms = None
        self._settled_sample = self._heard_sample
        self._unsettled.clear()
        return Hearing(again + reply.observations, self._heard_sample)

    async def aclose(self) -> None:
        if self._is_closed or not self._backend.has("flush"):
            return
        self._is_closed = True
        try:
            await self._backend.delete(f"/sessions/{self._config.session_id}", self._headers)
        except VoiceError:
            return  # its state expires there by itself

    async def _ask(self, window: PcmWindow) -> ClassifyReply:
        with self._backend.breaker.attempt():
            body = await self._backend.post("/classify", codec.encode_window(window, self._config), self._headers)
        start_ms, end_ms = codec.window_span_ms(window)
        return codec.decode_events(body, start_ms=start_ms, end_ms=end_ms)

    async def _end_utterance(self) -> ClassifyReply:
        body = await self._backend.post("/flush", orjson.dumps({"session_id": self._config.session_id}), self._headers)
        end_ms = ms_from_samples(self._heard_sample)
        return codec.decode_events(body, start_ms=end_ms, end_ms=end_ms)

    def _has_forgotten(self, reply: ClassifyReply) -> bool:
        """Return whether the server began anew since the utterance that is open here began."""
        is_new = reply.since_ms is not None and reply.since_ms > ms_from_samples(self._settled_sample)
        return is_new and bool(self._unsettled.windows())

    def _knows_nothing(self, reply: ClassifyReply) -> bool:
        """Return whether a flush found no session there though an utterance is open here."""
        return reply.since_ms is None and not reply.observations and bool(self._unsettled.windows())

    async def _hear_again(self) -> tuple[Observation, ...]:
        """Let the server hear the open utterance from its beginning; return the words that ended meanwhile."""
        self._must_hear_again = True
        replies = [await self._ask(earlier) for earlier in self._unsettled.windows()]
        return tuple(said for one in replies for said in one.observations if said.kind == "transcript")

    def _hearing(self, reply: ClassifyReply, window: PcmWindow) -> Hearing:
        """Work out what is settled: as the server says, else up to the utterance whose partials still come."""
        self._heard_sample = window.end_sample
        for observation in reply.observations:
            if observation.kind == "transcript":
                self._open_since_ms = None if observation.is_final else observation.start_ms
        settled_ms = reply.settled_ms if reply.settled_ms is not None else self._open_since_ms
        settled_sample = self._heard_sample if settled_ms is None else samples_from_ms(settled_ms)
        self._settled_sample = min(settled_sample, self._heard_sample)
        return Hearing(reply.observations, self._settled_sample)
