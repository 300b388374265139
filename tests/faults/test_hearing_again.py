"""Hearing again may fail in the middle, too: no word is lost, and none is said twice."""

from __future__ import annotations

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sessions_app.live import pipeline
from sessions_app.voice import breaker, cf_orch, fallback
from sessions_app.voice.cf_orch import CfOrchBackend
from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.contract import StreamConfig
from sessions_app.voice.fallback import FallbackBackend
from tests.faults.classifier import Classifier
from tests.faults.test_listeners import CONFIG, Leases, Listening, Speaking


class Stumbling(Classifier):
    """Answers 503 when it is asked for a window for the n-th time, counting from 1."""

    def __init__(self, *stumbles):
        super().__init__(3)
        self._stumbles = set(stumbles)
        self._asked = 0

    async def classify(self, request):
        self._asked += 1
        if self._asked in self._stumbles:
            orjson.loads(await request.read())
            return web.Response(status=503)
        return await super().classify(request)


class Stumblers(Listening):
    """Listening that restarts as one that stumbles."""

    def __init__(self, *stumbles):
        self._stumbles = stumbles

    async def restart(self):
        port = self.server.port
        await self.server.close()
        self.server = TestServer(Stumbling(*self._stumbles).application(), port=port)
        await self.server.start_server()


class StumblingFromTheStart(Stumblers):
    async def __aenter__(self):
        self.server = TestServer(Stumbling(*self._stumbles).application())
        await self.server.start_server()
        self.backend = CfVoiceBackend(str(self.server.make_url("/")).rstrip("/"))
        return self


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch):
    monkeypatch.setattr(pipeline, "RETRY_FIRST_S", 0.05)
    monkeypatch.setattr(pipeline, "RETRY_MAX_S", 0.1)
    monkeypatch.setattr(breaker, "PAUSE_S", 0.05)


def assert_said_once(sink, frames=120):
    account = sink.account(frames)
    assert (account.lost, account.duplicated, account.missed) == ([], [], [])


STUMBLES = [(1,), (2,), (3,), (3, 4, 5), (2, 5)]  # which requests fail, counted from the restart


@pytest.mark.parametrize("stumbles", STUMBLES, ids=str)
async def test_a_listener_that_restarted_and_stumbles_hears_every_word_once(stumbles):
    async with Stumblers(*stumbles) as listening:
        stream = await listening.backend.open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 50)
            await listening.restart()
            await speaking.say(50, 120)
        await stream.aclose()

    assert_said_once(speaking.sink)


async def test_a_listener_that_restarts_before_the_flush_says_the_open_words_first():
    async with Listening() as listening:
        stream = await listening.backend.open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 50)
            await listening.restart()
            await speaking.pipeline.finalize()
        await stream.aclose()

    assert_said_once(speaking.sink, frames=50)


async def test_a_listener_that_restarts_twice_in_one_sentence_hears_it_a_third_time():
    async with Listening() as listening:
        stream = await listening.backend.open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 40)
            await listening.restart()
            await speaking.say(40, 50)
            await listening.restart()
            await speaking.say(50, 120)
        await stream.aclose()

    assert_said_once(speaking.sink)


@pytest.mark.parametrize("stumbles", STUMBLES, ids=str)
async def test_a_new_lease_that_stumbles_hears_every_word_once(stumbles, monkeypatch):
    monkeypatch.setattr(cf_orch, "DEAD_AFTER_S", 0.2)
    async with Listening() as first, StumblingFromTheStart(*stumbles) as next_one, Listening() as last_one:
        leases = Leases(first, next_one, last_one)
        stream = await CfOrchBackend(leases, leases).open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 50)
            await first.server.close()
            await speaking.say(50, 120)
        await stream.aclose()

    assert_said_once(speaking.sink)


@pytest.mark.parametrize("stumbles", [(1,), (2,)], ids=str)
async def test_a_new_lease_that_stumbles_keeps_the_last_words_of_the_old_one(stumbles):
    async with Listening() as first, StumblingFromTheStart(*stumbles) as next_one, Listening() as last_one:
        leases = Leases(first, next_one, last_one)
        stream = await CfOrchBackend(leases, leases).open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 50)
            stream._renew_at_s = 0.0
            await speaking.say(50, 120)
        await stream.aclose()

    assert_said_once(speaking.sink)


@pytest.mark.parametrize("stumbles", STUMBLES, ids=str)
async def test_a_stand_in_that_stumbles_hears_every_word_once(stumbles, monkeypatch):
    monkeypatch.setattr(fallback, "PATIENCE_S", 0.2)
    async with Listening() as first, StumblingFromTheStart(*stumbles) as second_choice:
        stream = await FallbackBackend(first.backend, second_choice.backend).open(CONFIG)
        async with Speaking(stream) as speaking:
            await speaking.say(0, 50)
            await first.server.close()
            await speaking.say(50, 120)
        await stream.aclose()

    assert_said_once(speaking.sink)


@pytest.mark.parametrize("stumbles", STUMBLES, ids=str)
async def test_another_workers_stream_that_stumbles_on_the_replay_hears_every_word_once(stumbles):
    """The worker died with words open; the client sends them again to the next one, which another classifier serves."""
    async with Listening() as first, StumblingFromTheStart(*stumbles) as next_one:
        async with Speaking(await first.backend.open(CONFIG)) as before:
            await before.say(0, 50)
            settled = before.pipeline.progress.settled_sample
        stream = await next_one.backend.open(StreamConfig(session_id="s", start_sample=settled))
        async with Speaking(stream, settled_sample=settled, already_heard_sample=50 * 1600) as after:
            await after.say(settled // 1600, 120)
        await stream.aclose()

    before.sink.events += after.sink.events
    assert_said_once(before.sink)
