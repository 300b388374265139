"""A session's streams at the voice service: one that was superseded is not heard any more."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestServer

from sessions_app.audio.window import PcmWindow
from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.contract import BackendStatus, Hearing, StreamConfig
from sessions_app.voice.errors import VoiceError
from sessions_app.voice.server import VoiceServer


class Deaf:
    """An engine whose streams remember what they were given."""

    name, is_simulated = "deaf", False

    def __init__(self):
        self.heard = []

    async def status(self):
        return BackendStatus(status="ready")

    async def open(self, config):
        return self

    async def classify(self, window):
        self.heard.append(window.start_sample)
        return Hearing((), window.end_sample)

    async def flush(self):
        return Hearing((), 0)

    async def aclose(self):
        return None


async def test_a_stream_that_was_superseded_is_not_heard_in_the_middle_of_its_successors_words():
    engine = Deaf()
    server = TestServer(VoiceServer(engine).application())
    await server.start_server()
    client = CfVoiceBackend(str(server.make_url("/")).rstrip("/"))
    old = await client.open(StreamConfig(session_id="s"))
    await old.classify(PcmWindow(0, bytes(32_000)))
    new = await client.open(StreamConfig(session_id="s", start_sample=16_000))
    await new.classify(PcmWindow(16_000, bytes(32_000)))

    with pytest.raises(VoiceError):
        await old.classify(PcmWindow(16_000, bytes(32_000)))
    with pytest.raises(VoiceError):
        await old.flush()

    assert engine.heard == [0, 16_000]
    await client.aclose()
    await server.close()
