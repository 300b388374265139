"""Listeners that outlive their worker, and workers that outlive their listener: open words are said once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import TestServer

from sessions_app.annotation.annotator import Annotator
from sessions_app.live.pipeline import Pipeline
from sessions_app.voice import cf_orch, cf_voice, fallback
from sessions_app.voice.cf_orch import Allocation, CfOrchBackend
from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.contract import PcmWindow, StreamConfig
from sessions_app.voice.embedded import EmbeddedBackend
from sessions_app.voice.fallback import FallbackBackend
from sessions_app.voice.server import VoiceServer
from tests import speech
from tests.canary import CANARY
from tests.conftest import require
from tests.faults.checker import Row, account
from tests.faults.classifier import Classifier
from tests.faults.frames import FRAME_SAMPLES, frame

CONFIG = StreamConfig(session_id="s")


class Listening:
    """A classifier whose words stay open for three windows, and a client of it."""

    async def __aenter__(self, port=None):
        self.server = TestServer(Classifier(3).application(), port=port)
        await self.server.start_server()
        self.backend = CfVoiceBackend(str(self.server.make_url("/")).rstrip("/"))
        return self

    async def __aexit__(self, *error):
        await self.backend.aclose()
        await self.server.close()

    async def restart(self):
        """Forget everything, at the same address."""
        port = self.server.port
        await self.server.close()
        self.server = TestServer(Classifier(3).application(), port=port)
        await self.server.start_server()


class Sink:
    def __init__(self):
        self.events = []

    async def commit(self, events, progress):
        self.events += events

    async def show_partials(self, partials):
        return None

    async def report_service(self, status, detail):
        return None

    def account(self, frames):
        rows = [Row(0, event.kind, event.start_ms, event.end_ms, event.text, event.label) for event in self.events]
        return account(rows, frames)


class Speaking:
    """A pipeline that numbered frames are pushed into."""

    def __init__(self, stream, **marks):
        self.sink = Sink()
        self.pipeline = Pipeline(
            stream=stream, annotator=Annotator(engine="x", is_simulated=False), sink=self.sink, window_ms=1000, **marks
        )

    async def __aenter__(self):
        self.task = asyncio.create_task(self.pipeline.run())
        return self

    async def __aexit__(self, *error):
        self.task.cancel()
        await asyncio.wait([self.task])

    async def say(self, first, last):
        """Say these frames, and wait until they are heard."""
        self.pipeline.push(b"".join(map(frame, range(first, last))))
        async with asyncio.timeout(20):
            while self.pipeline.progress.heard_sample < last * FRAME_SAMPLES:
                await asyncio.sleep(0.01)


def second(number):
    return PcmWindow(number * 16_000, b"".join(map(frame, range(number * 10, number * 10 + 10))))


def finals(hearing):
    return [observation.label for observation in hearing.observations if observation.is_final]


async def test_a_listener_that_restarts_in_the_middle_of_a_sentence_hears_it_again():
    async with Listening() as listening:
        stream = await listening.backend.open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 50)
            await listening.restart()
            await speaking.say(50, 120)
        await stream.aclose()

    assert speaking.sink.account(120).is_clean


async def test_a_stand_in_hears_the_words_that_were_open(monkeypatch):
    monkeypatch.setattr(fallback, "PATIENCE_S", 0.2)
    async with Listening() as first, Listening() as second_choice:
        stream = await FallbackBackend(first.backend, second_choice.backend).open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 50)
            await first.server.close()
            await speaking.say(50, 120)
        await stream.aclose()

    assert speaking.sink.account(120).is_clean


class Leases:
    """Leases these listeners, one after another; what was given back is forgotten."""

    def __init__(self, *listeners):
        self._listeners = iter(listeners)

    async def allocate(self):
        server = next(self._listeners).server
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        return Allocation(str(server.port), str(server.make_url("/")).rstrip("/"), expires_at)

    async def release(self, allocation_id):
        return True

    async def current(self, session_id):
        return None

    async def remember(self, session_id, allocation):
        return None

    async def forget(self, allocation_id):
        return None


async def test_a_new_lease_hears_the_words_that_the_dead_one_took_along(monkeypatch):
    monkeypatch.setattr(cf_orch, "DEAD_AFTER_S", 0.2)
    async with Listening() as first, Listening() as next_one:
        leases = Leases(first, next_one)
        stream = await CfOrchBackend(leases, leases).open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 50)
            await first.server.close()
            await speaking.say(50, 120)
        await stream.aclose()

    assert speaking.sink.account(120).is_clean


async def test_a_stream_that_was_superseded_takes_nothing_from_its_successor():
    async with Listening() as listening, asyncio.timeout(10):
        old = await listening.backend.open(CONFIG)
        for number in range(5):
            await old.classify(second(number))
        new = await listening.backend.open(StreamConfig(session_id="s", start_sample=48_000))
        await new.classify(second(3))
        await new.classify(second(4))

        await old.aclose()

        assert finals(await new.classify(second(5))) == [" ".join([CANARY, *map(str, range(30, 60))])]
        await new.aclose()


@pytest.mark.speech
async def test_a_voice_server_says_a_sentence_once_though_its_worker_died_in_the_middle(monkeypatch):
    require(speech.PROMPTS.is_dir(), "spoken sentences (asterisk-core-sounds-en-g722)")
    monkeypatch.setattr(cf_voice, "CLASSIFY_TIMEOUT_S", 60)
    engine = EmbeddedBackend(speech.loaded_engine())
    server = TestServer(VoiceServer(engine).application())
    await server.start_server()
    client = CfVoiceBackend(str(server.make_url("/")).rstrip("/"))
    pcm16 = bytes(32_000) + speech.prompt("vm-intro") + speech.SILENCE

    async def say(stream, start_sample, windows):
        heard = []
        for number in range(windows):
            begin = start_sample + number * 16_000
            hearing = await stream.classify(PcmWindow(begin, pcm16[2 * begin : 2 * begin + 32_000]))
            heard += [one for one in hearing.observations if one.kind == "transcript" and one.is_final]
        return heard, hearing.settled_sample

    before, settled = await say(await client.open(CONFIG), 0, 4)  # and here the worker dies
    new = await client.open(StreamConfig(session_id="s", start_sample=settled))
    after, _ = await say(new, settled, (len(pcm16) // 2 - settled) // 16_000)

    words = " ".join(one.label for one in before + after).lower()
    assert words.count("leave your message") == 1
    await new.aclose()
    await client.aclose()
    await server.close()
