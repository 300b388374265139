"""The floor: an ASGI application that takes a microphone's sound, acknowledges each second of it, and does nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

BYTES_PER_SAMPLE = 2
SECOND_BYTES = 16_000 * BYTES_PER_SAMPLE

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await _swallow(receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def _swallow(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    await _say(send, type="ready", next_sample=0)
    received = acknowledged = 0
    while (message := await receive())["type"] == "websocket.receive":
        sound = message.get("bytes")
        if sound is None:
            if orjson.loads(message["text"])["type"] == "close":
                await send({"type": "websocket.close", "code": 1000})
            continue
        received += len(sound)
        if received - acknowledged >= SECOND_BYTES:
            acknowledged = received
            await _say(send, type="ack", heard_sample=received // BYTES_PER_SAMPLE)


async def _say(send: Send, **fields: object) -> None:
    await send({"type": "websocket.send", "text": orjson.dumps(fields).decode()})
