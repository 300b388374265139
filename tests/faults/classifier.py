"""A cf-voice that says which numbered frames it heard, and misbehaves when told to, over HTTP.

It says the canary with them: whatever a server writes into its log, this sentence may not be in it.

`POST /control {"session_id": id or "*", "mode": name}` changes its mood. With more than one window an utterance it
speaks our extensions: it keeps words open over several windows, as an engine does.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from tests.canary import CANARY
from tests.faults.frames import heard_in

SAMPLES_PER_MS = 16
WINDOW_MS = 1000
BIG_BYTES = 50_000_000
HARMLESS = {"", "nan", "slow", "chatty", "busy"}  # moods in which it listens
LONG_LINE = {"event_type": "transcript", "label": "word " * 200}
SHORT_LINE = {"event_type": "transcript", "label": "word " * 10}


@dataclass
class Open:
    """The words of an utterance that has not ended."""

    start_ms: int
    end_ms: int
    frames: list[int] = field(default_factory=list)


@dataclass
class Ear:
    """What is kept of one session."""

    stream: str
    since_ms: int
    superseded: set[str] = field(default_factory=set)  # streams that may not say anything here any more
    utterance: Open | None = None
    last_asked: bytes = b""  # a client that gave up waiting asks for the same again
    last_events: list[dict[str, object]] = field(default_factory=list)


class Classifier:
    def __init__(self, utterance_windows: int) -> None:
        self._utterance_ms = utterance_windows * WINDOW_MS
        self._has_extensions = utterance_windows > 1
        self._moods: dict[str, str] = {}
        self._ears: dict[str, Ear] = {}

    def application(self) -> web.Application:
        application = web.Application(client_max_size=1 << 20)
        application.router.add_get("/health", self.health)
        application.router.add_post("/control", self.control)
        application.router.add_post("/classify", self.classify)
        application.router.add_post("/flush", self.flush)
        application.router.add_delete("/sessions/{session_id}", self.forget)
        return application

    async def health(self, request: web.Request) -> web.StreamResponse:
        mood = self._moods.get("*", "")
        if mood not in HARMLESS:
            return await _misbehave(request, mood)
        return _json({"extensions": ["flush", "partials"] if self._has_extensions else []})

    async def control(self, request: web.Request) -> web.Response:
        wish = orjson.loads(await request.read())
        if wish["mode"] == "well":
            self._moods.pop(wish["session_id"], None)
        else:
            self._moods[wish["session_id"]] = wish["mode"]
        return web.Response()

    async def classify(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fields = orjson.loads(body)
        mood = self._moods.get(fields["session_id"], self._moods.get("*", ""))
        if mood not in HARMLESS:
            return await _misbehave(request, mood)
        start_ms = round(fields["timestamp"] * 1000)
        stream = request.headers.get("X-Stream", "")
        ear = self._ears.setdefault(fields["session_id"], Ear(stream, start_ms))
        if stream in ear.superseded:
            return web.Response(status=409)
        if ear.stream != stream:
            ear.superseded.add(ear.stream)
            ear.stream = stream
        if ear.last_asked != body:
            ear.last_asked = body
            ear.last_events = self._hear(ear, base64.b64decode(fields["audio_chunk"]), start_ms)
        if mood == "slow":
            await asyncio.sleep(0.5)
        return self._answer(ear, mood)

    async def flush(self, request: web.Request) -> web.Response:
        ear = self._ears.get(orjson.loads(await request.read())["session_id"])
        if ear and request.headers.get("X-Stream", "") in ear.superseded:
            return web.Response(status=409)
        utterance = ear.utterance if ear else None
        if ear:
            ear.utterance = None
        return _json({"events": [_words(utterance)] if utterance else []})

    async def forget(self, request: web.Request) -> web.Response:
        """Only the stream that was heard last may free a session's state."""
        session_id = request.match_info["session_id"]
        if session_id in self._ears and self._ears[session_id].stream == request.headers.get("X-Stream", ""):
            del self._ears[session_id]
        return web.Response(status=204)

    def _hear(self, ear: Ear, pcm16: bytes, start_ms: int) -> list[dict[str, object]]:
        """Return the words that ended in this window, and a partial of those that did not."""
        end_ms = start_ms + len(pcm16) // 2 // SAMPLES_PER_MS
        events = []
        utterance, ear.utterance = ear.utterance, None
        if utterance and start_ms > utterance.end_ms:
            events.append(_words(utterance))
        if utterance is None or start_ms != utterance.end_ms:
            utterance = Open(start_ms, end_ms)  # a window from before is heard anew: its words were never told
        ear.since_ms = min(ear.since_ms, start_ms)
        utterance.end_ms = end_ms
        utterance.frames += heard_in(pcm16)
        is_over = end_ms // self._utterance_ms > start_ms // self._utterance_ms
        if not is_over:
            ear.utterance = utterance
        return [*events, _words(utterance, is_final=is_over)]

    def _answer(self, ear: Ear, mood: str) -> web.Response:
        answer: dict[str, object] = {"events": ear.last_events}
        if mood == "nan":
            tone = {"event_type": "tone", "label": "Warm", "confidence": float("nan")}
            return web.json_response(
                {"events": [tone, *({**event, "confidence": float("nan")} for event in ear.last_events)]}
            )
        if mood in {"chatty", "busy"}:
            answer["events"] = [*ear.last_events, *[LONG_LINE if mood == "chatty" else SHORT_LINE] * 199]
        if self._has_extensions:
            answer["since_ms"] = ear.since_ms
            if ear.utterance:
                answer["settled_ms"] = ear.utterance.start_ms
        return _json(answer)


async def _misbehave(request: web.Request, mood: str) -> web.StreamResponse:
    match mood:
        case "error":
            return web.Response(status=500, text="<h1>500</h1>")
        case "html":
            return web.Response(text="<html>all is well</html>", content_type="text/html")
        case "big":
            return web.Response(body=b" " * BIG_BYTES, content_type="application/json")
        case "drip":
            return await _drip(request)
        case _:
            await asyncio.sleep(3600)
            return web.Response()


async def _drip(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.5)


def _words(utterance: Open, *, is_final: bool = True) -> dict[str, object]:
    return {
        "event_type": "transcript",
        "label": " ".join([CANARY, *map(str, utterance.frames)]),
        "start_ms": utterance.start_ms,
        "end_ms": utterance.end_ms,
        "utterance_id": f"u{utterance.start_ms}",
        "is_final": is_final,
        "speaker_id": "Speaker A",
    }


def _json(body: dict[str, object]) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")


if __name__ == "__main__":
    web.run_app(
        Classifier(int(sys.argv[2])).application(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        print=lambda *_: None,
        shutdown_timeout=0.1,
    )
