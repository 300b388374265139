"""A cf-voice that answers every window with three events after a chosen time; its words are the frames it was sent."""

from __future__ import annotations

import asyncio
import base64
import sys

import orjson
from aiohttp import web

from tests.faults.frames import heard_in

KINDS = ("tone", "transcript", "environ")


def events_of(pcm16: bytes) -> list[dict[str, object]]:
    words = " ".join(map(str, heard_in(pcm16)))
    return [
        {
            "event_type": "tone",
            "label": "More energetic than usual",
            "confidence": 0.48,
            "speaker_id": "Speaker A",
            "shift_magnitude": 0.31,
        },
        {"event_type": "transcript", "label": words, "speaker_id": "Speaker A"},
        {"event_type": "environ", "label": "quiet", "confidence": 0.8},
    ]


def application(latency_s: float) -> web.Application:
    async def health(request: web.Request) -> web.Response:
        return web.json_response({})

    async def classify(request: web.Request) -> web.Response:
        fields = orjson.loads(await request.read())
        body = orjson.dumps({"events": events_of(base64.b64decode(fields["audio_chunk"]))})
        if latency_s:
            await asyncio.sleep(latency_s)
        return web.Response(body=body, content_type="application/json")

    stub = web.Application(client_max_size=1 << 20)
    stub.router.add_get("/health", health)
    stub.router.add_post("/classify", classify)
    return stub


if __name__ == "__main__":
    web.run_app(
        application(float(sys.argv[2]) / 1000),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        print=lambda *_: None,
        shutdown_timeout=0.1,
    )
