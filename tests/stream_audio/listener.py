"""The server's end of the audio socket, as docs/protocol.md has it, with a temper that each test chooses."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from sessions_app.management.commands.stream_audio import frames_of
from sessions_app.management.site import Site
from sessions_app.management.streaming import Microphone

SECOND = 16_000
SESSION_ID = "00000000-0000-0000-0000-000000000001"


class Listener:
    def __init__(self):
        self.heard: dict[int, int] = {}  # sample number → its value
        self.next_sample = 0
        self.settled_sample = 0
        self.gap_samples = 0
        self.connections = []
        self.most_ahead_samples = 0
        self.is_deaf = asyncio.Event()
        self.drop_once_at = None
        self.forgotten_until = 0
        self.refusal = None

    async def serve(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        configure = await socket.receive_json()
        self.connections.append(configure)
        if self.refusal:
            code, message = self.refusal
            await socket.send_json({"type": "error", "message": message, "retry_after_s": 0, "fatal": True})
            await socket.close(code=code)
            return socket
        self.position = self.next_sample = self.settled_sample
        await socket.send_json({"type": "ready", "next_sample": self.position, "window_ms": 1000})
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                self._take(message.data)
                if self.drop_once_at is not None and self.position >= self.drop_once_at:
                    self.drop_once_at = None
                    self.settled_sample += self.forgotten_until
                    request.transport.abort()
                    break
                await self._acknowledge(socket)
            elif (fields := json.loads(message.data))["type"] == "gap":
                self.gap_samples += fields["samples"]
                self.position += fields["samples"]
                self.next_sample = self.position
            elif fields["type"] == "close":
                self.next_sample = self.settled_sample = self.position
                await socket.send_json({"type": "summary", "reason": "closed"})
                await socket.send_json({"type": "bye", "code": 1000, "reason": ""})
                await socket.close(code=1000)
        return socket

    def _take(self, pcm16):
        for at in range(0, len(pcm16), 2):
            self.heard[self.position + at // 2] = int.from_bytes(pcm16[at : at + 2], "little")
        self.position += len(pcm16) // 2
        self.most_ahead_samples = max(self.most_ahead_samples, self.position - self.next_sample)

    async def _acknowledge(self, socket):
        if self.is_deaf.is_set() or self.position - self.next_sample < SECOND:
            return
        self.next_sample += (self.position - self.next_sample) // SECOND * SECOND
        self.settled_sample = max(self.settled_sample, self.next_sample - 5 * SECOND)
        await socket.send_json({"type": "ack", "heard_sample": self.next_sample, "through_sample": self.settled_sample})

    def heard_everything(self, samples):
        return self.heard == {number: number % 32_768 for number in range(samples)}


@asynccontextmanager
async def microphone_at(listener, sound, **options):
    application = web.Application()
    application.router.add_get("/ws/sessions/{id}/audio/", listener.serve)
    said = []
    async with TestServer(application) as server, Site(str(server.make_url(""))) as site:
        options = {"is_fast": True} | options
        microphone = Microphone(site, SESSION_ID, frames_of([sound]), tell=said.append, **options)
        microphone.said = said
        yield microphone
