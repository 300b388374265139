"""A person's sockets, through the whole application: cookie, origin, routing, consumer."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

from channels.testing import WebsocketCommunicator

from linnet_site.asgi import application

PATIENCE_S = 5.0


class Socket:
    """An open socket that remembers what came."""

    def __init__(self, communicator):
        self.communicator = communicator
        self.received = []

    async def say(self, type_, **fields):
        await self.communicator.send_to(text_data=json.dumps({"type": type_, **fields}))

    async def send_text(self, text):
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def send_sound(self, pcm16, frame_bytes=3200):
        for start in range(0, len(pcm16), frame_bytes):
            await self.communicator.send_to(bytes_data=pcm16[start : start + frame_bytes])

    async def next(self):
        """Return the next message; a close comes as {"type": "closed", "code": …}."""
        output = await self.communicator.receive_output(PATIENCE_S)
        if output["type"] == "websocket.close":
            message = {"type": "closed", "code": output.get("code", 1000)}
        else:
            message = json.loads(output["text"])
        self.received.append(message)
        return message

    async def until(self, type_, **expected):
        """Return the first message of that type with those fields, passing over others."""
        async with asyncio.timeout(PATIENCE_S * 4):
            while True:
                message = await self.next()
                if message["type"] == type_ and all(message.get(key) == value for key, value in expected.items()):
                    return message
                assert message["type"] != "closed", f"closed with {message['code']} while waiting for {type_}"

    async def until_event(self, event_type):
        while True:
            message = await self.until("event")
            if message["event"]["event_type"] == event_type:
                return message["event"]

    async def closed(self):
        while (message := await self.next())["type"] != "closed":
            pass
        return message["code"]

    async def is_silent(self):
        return await self.communicator.receive_nothing(0.3)


@asynccontextmanager
async def socket_of(cookies, path, *, origin="http://127.0.0.1"):
    """Connect with a browser's cookies; yields a `Socket`, or None when it was refused before it was accepted."""
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    headers = [(b"cookie", cookie.encode()), (b"host", b"127.0.0.1")]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    communicator = WebsocketCommunicator(application, path, headers=headers)
    is_accepted, _ = await communicator.connect(PATIENCE_S)
    try:
        yield Socket(communicator) if is_accepted else None
    finally:
        if is_accepted:
            await communicator.disconnect(timeout=12)


def microphone_of(cookies, voice_session, **options):
    return socket_of(cookies, f"/ws/sessions/{voice_session.pk}/audio/", **options)


def view_of(cookies, voice_session, *, after=0, **options):
    return socket_of(cookies, f"/ws/sessions/{voice_session.pk}/live/?after={after}", **options)
