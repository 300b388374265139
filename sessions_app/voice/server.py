"""Any back end behind the cf-voice HTTP contract: `manage.py voice_server` serves the embedded engine with it.

Beyond the contract it speaks two extensions, said in `/health`: `flush` (POST /flush, DELETE /sessions/{id}) and
`partials` (unfinished transcripts; `settled_ms` and `since_ms` beside the events).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson
from aiohttp import web

from sessions_app.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, ms_from_samples
from sessions_app.audio.window import PcmWindow
from sessions_app.voice.codec import encode_observation
from sessions_app.voice.contract import StreamConfig
from sessions_app.voice.errors import VoiceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sessions_app.voice.contract import Backend, Hearing, VoiceStream

EXTENSIONS = ["flush", "partials"]
MAX_BODY_BYTES = 512 * 1024  # 5 s of sound in base64 take 214 KB
MAX_WINDOW_SAMPLES = 10 * SAMPLE_RATE_HZ
MAX_TIMESTAMP_S = 7 * 24 * 3600
MAX_SESSIONS = 1000
SESSION_IDLE_S = 120.0
SWEEP_S = 15.0
MAX_SPEAKERS = 8
REMEMBERED_OWNERS = 16  # of a session; a worker that froze wakes up once


class BadRequest(Exception):
    """The request is wrong; the message says what to change, without repeating what was sent."""


@dataclass(slots=True)
class _Session:
    """One session's stream. The last answer is kept: a client that gave up waiting asks for the same window again."""

    stream: VoiceStream
    since_sample: int
    owner: str = ""  # the client's name for its stream
    superseded: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED_OWNERS))
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    seen_s: float = field(default_factory=time.monotonic)
    last_window: tuple[int, int] | None = None
    last_answer: bytes = b""

    def belong_to(self, stream: str) -> None:
        """Let `stream` go on, or take over. Raises `HTTPConflict` for one that was superseded: its worker froze, and
        what it says now would be heard in the middle of its successor's words."""
        if stream in self.superseded:
            raise web.HTTPConflict(text='{"detail":"another stream took over"}')
        if stream != self.owner:
            self.superseded.append(self.owner)
            self.owner = stream


class VoiceServer:
    """The four addresses. State lives per session id and expires after two minutes of silence."""

    def __init__(self, backend: Backend, *, token: str = "") -> None:
        self._backend = backend
        self._token = token.encode()
        self._sessions: dict[str, _Session] = {}

    def application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._guard])
        application.router.add_get("/health", self.health)
        application.router.add_post("/classify", self.classify)
        application.router.add_post("/flush", self.flush)
        application.router.add_delete("/sessions/{session_id}", self.forget)
        application.cleanup_ctx.append(self._sweeping)
        return application

    async def health(self, request: web.Request) -> web.Response:
        status = await self._backend.status()
        body = {
            "status": "ok",
            "engine": self._backend.name,
            "simulated": self._backend.is_simulated,
            "models": status.models,
            "warnings": list(status.warnings),
            "extensions": EXTENSIONS,
            "sessions": len(self._sessions),
        }
        return _json(orjson.dumps(body))

    async def classify(self, request: web.Request) -> web.Response:
        fields = _fields(await request.read())
        window, config = _window(fields), _config(fields)
        session = await self._session(config, request.headers.get("X-Stream", ""))
        session.belong_to(request.headers.get("X-Stream", ""))
        asked = (window.start_sample, window.samples)
        async with session.lock:
            if session.last_window != asked:
                hearing = await session.stream.classify(window)
                session.since_sample = min(session.since_sample, window.start_sample)
                session.last_window, session.last_answer = asked, _answer(hearing, session.since_sample)
            session.seen_s = time.monotonic()
            return _json(session.last_answer)

    async def flush(self, request: web.Request) -> web.Response:
        session_id = _session_id(_fields(await request.read()))
        session = self._sessions.get(session_id)
        if session is None:
            return _json(b'{"events":[]}')
        session.belong_to(request.headers.get("X-Stream", session.owner))
        async with session.lock:
            session.seen_s = time.monotonic()
            session.last_window = None
            return _json(_answer(await session.stream.flush(), session.since_sample))

    async def forget(self, request: web.Request) -> web.Response:
        session_id = request.match_info["session_id"]
        session = self._sessions.get(session_id)
        if session is not None and request.headers.get("X-Stream", session.owner) == session.owner:
            del self._sessions[session_id]
            await session.stream.aclose()
        return web.Response(status=204)

    async def _session(self, config: StreamConfig, owner: str) -> _Session:
        session = self._sessions.get(config.session_id)
        if session is None:
            if len(self._sessions) >= MAX_SESSIONS:
                raise web.HTTPServiceUnavailable(text='{"detail":"too many sessions"}')
            session = self._sessions[config.session_id] = _Session(
                await self._backend.open(config), config.start_sample, owner
            )
        return session

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Ask for the token, and answer every failure in JSON."""
        if self._token and not self._may_enter(request):
            return _problem(401, "A bearer token is needed.")
        try:
            return await handler(request)
        except BadRequest as error:
            return _problem(400, str(error))
        except web.HTTPRequestEntityTooLarge:
            return _problem(413, f"A request may have at most {MAX_BODY_BYTES} bytes.")
        except VoiceError:
            return _problem(503, "The engine does not answer.")

    def _may_enter(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        as_it_came = given.encode(errors="surrogateescape")  # so aiohttp decodes what is not UTF-8
        return hmac.compare_digest(as_it_came, self._token)

    async def _sweeping(self, application: web.Application) -> AsyncIterator[None]:
        """Drop forgotten sessions while the application runs."""
        task = asyncio.create_task(self._sweep(), name="linnet-voice-sweep")
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            oldest_s = time.monotonic() - SESSION_IDLE_S
            for session_id, session in list(self._sessions.items()):
                if session.seen_s < oldest_s and not session.lock.locked():
                    del self._sessions[session_id]
                    await session.stream.aclose()


def _answer(hearing: Hearing, since_sample: int) -> bytes:
    body = {
        "events": [encode_observation(observation) for observation in hearing.observations],
        "settled_ms": ms_from_samples(hearing.settled_sample),
        "since_ms": ms_from_samples(since_sample),
    }
    return orjson.dumps(body)


def _fields(body: bytes) -> dict[str, object]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("The body must be a JSON object.") from error
    if not isinstance(fields, dict):
        raise BadRequest("The body must be a JSON object.")
    return fields


def _session_id(fields: dict[str, object]) -> str:
    session_id = fields.get("session_id")
    if not isinstance(session_id, str) or not 0 < len(session_id) <= 100:
        raise BadRequest("session_id must be a text of 1 to 100 characters.")
    return session_id


def _config(fields: dict[str, object]) -> StreamConfig:
    language, num_speakers = fields.get("language"), fields.get("num_speakers")
    if language is not None and not (isinstance(language, str) and 2 <= len(language) <= 12):
        raise BadRequest("language must be a code such as en, or left out.")
    if num_speakers is not None and not (isinstance(num_speakers, int) and 1 <= num_speakers <= MAX_SPEAKERS):
        raise BadRequest(f"num_speakers must be a whole number from 1 to {MAX_SPEAKERS}, or left out.")
    return StreamConfig(
        session_id=_session_id(fields),
        language=None if language is None else language.partition("-")[0],
        num_speakers=num_speakers,
        elcor=fields.get("elcor") is True,
        start_sample=_start_sample(fields),
    )


def _start_sample(fields: dict[str, object]) -> int:
    timestamp = fields.get("timestamp", 0.0)
    if isinstance(timestamp, bool) or not isinstance(timestamp, int | float) or not 0 <= timestamp <= MAX_TIMESTAMP_S:
        raise BadRequest("timestamp must be the window's start in seconds.")
    return round(timestamp * SAMPLE_RATE_HZ)


def _window(fields: dict[str, object]) -> PcmWindow:
    chunk = fields.get("audio_chunk")
    if not isinstance(chunk, str):
        raise BadRequest("audio_chunk must be base64 of signed 16-bit samples at 16 kHz.")
    try:
        pcm16 = base64.b64decode(chunk, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("audio_chunk is not base64.") from error
    if not pcm16 or len(pcm16) % BYTES_PER_SAMPLE or len(pcm16) > MAX_WINDOW_SAMPLES * BYTES_PER_SAMPLE:
        raise BadRequest("audio_chunk must hold whole 16-bit samples, 10 s of them at most.")
    return PcmWindow(_start_sample(fields), pcm16)


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json")


def _problem(status: int, detail: str) -> web.Response:
    return _json(orjson.dumps({"detail": detail}), status)
