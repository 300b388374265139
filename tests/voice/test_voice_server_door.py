"""What the voice service takes from whom, before anything is listened to."""

from __future__ import annotations

import asyncio
import base64

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sessions_app.voice.scripted import ScriptedBackend
from sessions_app.voice.server import VoiceServer

WINDOW = {"audio_chunk": base64.b64encode(bytes(32_000)).decode(), "session_id": "s"}


class Backend(ScriptedBackend):
    """Remembers how its streams were asked for."""

    def __init__(self):
        self.configs = []

    async def open(self, config):
        self.configs.append(config)
        return await super().open(config)


@pytest.fixture
def backend():
    return Backend()


async def status_for(token, authorization):
    """Return the status that a request with these bytes as its `Authorization` gets."""
    async with TestServer(VoiceServer(ScriptedBackend(), token=token).application()) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: "
        writer.write(head + authorization + b"\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    return int(answer.split()[1])


@pytest.mark.parametrize("authorization", [b"Bearer \xff\xfe", "Bearer é".encode(), b"Bearer wrong", b""])
async def test_a_wrong_token_does_not_open_whatever_its_bytes(authorization):
    assert await status_for("secret", authorization) == 401


@pytest.mark.parametrize("token", ["secret", "geheim-ü"])
async def test_the_right_token_opens(token):
    assert await status_for(token, f"Bearer {token}".encode()) == 200


async def test_a_language_with_its_region_is_the_language(backend):
    async with TestClient(TestServer(VoiceServer(backend).application())) as client:
        await client.post("/classify", json={**WINDOW, "language": "de-DE"})

    assert backend.configs[0].language == "de"
