"""The circuit breaker: what sessions learn from one another about a voice service that fails."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp import web

from sessions_app.annotation.annotator import Annotator
from sessions_app.audio.pcm import SAMPLE_RATE_HZ
from sessions_app.live.pipeline import Pipeline
from sessions_app.voice import breaker, cf_voice
from sessions_app.voice.breaker import FAILURES_TO_OPEN, PAUSE_S, Breaker
from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.contract import PcmWindow, StreamConfig
from sessions_app.voice.errors import BackendUnavailable, BadReply
from tests.voice.test_cf_voice import Classifier

SECOND = bytes(32_000)
SESSIONS = 20


class Clock:
    """Stands still until it is told to move."""

    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def closed(clock):
    return Breaker(clock)


@pytest.fixture
def opened(closed):
    for _ in range(FAILURES_TO_OPEN):
        fail(closed)
    return closed


def fail(one, error=BackendUnavailable):
    with pytest.raises(error), one.attempt():
        raise error("away")


def is_admitted(one):
    try:
        with one.attempt():
            return True
    except BackendUnavailable:
        return False


def test_failures_in_a_row_open_it(opened):
    assert opened.is_open
    assert not is_admitted(opened)


def test_an_answer_in_between_begins_the_count_anew(closed):
    for _ in range(FAILURES_TO_OPEN - 1):
        fail(closed)
    assert is_admitted(closed)
    for _ in range(FAILURES_TO_OPEN - 1):
        fail(closed)

    assert not closed.is_open


def test_an_answer_of_nonsense_is_an_answer(closed):
    for _ in range(FAILURES_TO_OPEN * 2):
        fail(closed, BadReply)

    assert not closed.is_open


def test_after_a_pause_one_at_a_time_may_ask(opened, clock):
    clock.now_s += PAUSE_S

    with opened.attempt():
        assert not is_admitted(opened)
    assert not opened.is_open
    assert is_admitted(opened)


def test_a_probe_that_fails_begins_another_pause(opened, clock):
    clock.now_s += PAUSE_S
    fail(opened)

    assert not is_admitted(opened)
    clock.now_s += PAUSE_S
    assert is_admitted(opened)


def test_a_probe_that_is_cancelled_gives_its_place_to_the_next(opened, clock):
    clock.now_s += PAUSE_S
    with pytest.raises(asyncio.CancelledError), opened.attempt():
        raise asyncio.CancelledError

    assert is_admitted(opened)


def test_failures_of_requests_from_before_it_closed_again_do_not_count(closed, clock):
    late = [closed.attempt() for _ in range(FAILURES_TO_OPEN)]
    for attempt in late:
        attempt.__enter__()
    for _ in range(FAILURES_TO_OPEN):
        fail(closed)
    clock.now_s += PAUSE_S
    assert is_admitted(closed)

    for attempt in late:
        with pytest.raises(BackendUnavailable):
            attempt.gen.throw(BackendUnavailable("late"))

    assert not closed.is_open


def test_the_sessions_of_one_address_share_it_and_another_address_has_its_own():
    here, there = breaker.of("http://127.0.0.1:8"), breaker.of("http://127.0.0.1:9")

    assert breaker.of("http://127.0.0.1:8") is here
    assert there is not here


class Sink:
    """Keeps what a pipeline tells."""

    def __init__(self):
        self.states, self.events = [], []

    async def commit(self, events, progress):
        self.events += events

    async def show_partials(self, partials):
        return None

    async def report_service(self, status, detail):
        self.states.append((time.monotonic(), status))


class Session:
    """A microphone that speaks in real time to a shared back end."""

    def __init__(self, backend, number):
        self.sink = Sink()
        self._config = StreamConfig(session_id=str(number))
        self._backend = backend

    async def speak(self, seconds):
        self.pipeline = Pipeline(
            stream=await self._backend.open(self._config),
            annotator=Annotator(engine="x", is_simulated=False),
            sink=self.sink,
            window_ms=1000,
        )
        running = asyncio.create_task(self.pipeline.run())
        for _ in range(seconds):
            self.pipeline.push(SECOND)
            await asyncio.sleep(1)
        async with asyncio.timeout(15):
            while self.pipeline.progress.heard_sample < seconds * SAMPLE_RATE_HZ:
                await asyncio.sleep(0.05)
        running.cancel()


async def test_twenty_sessions_do_not_each_wait_for_a_service_that_hangs(monkeypatch):
    """While it hangs they ask it one at a time; all are told, and all go on by themselves with nothing lost."""
    monkeypatch.setattr(cf_voice, "CLASSIFY_TIMEOUT_S", 1.0)
    is_ill, asked_at_s = True, []

    async def answer(request):
        if is_ill:
            asked_at_s.append(time.monotonic())
            await asyncio.sleep(2)
        return web.json_response({"events": []})

    async with Classifier(answer) as classifier:
        sessions = [Session(classifier.backend, number) for number in range(SESSIONS)]
        began_s = time.monotonic()
        speaking = asyncio.gather(*(session.speak(6) for session in sessions))
        await asyncio.sleep(5)
        is_ill, well_s = False, time.monotonic()
        await speaking

    told_s = [at_s - began_s for session in sessions for at_s, state in session.sink.states if state == "degraded"]
    back_s = [at_s - well_s for session in sessions for at_s, state in session.sink.states if state == "ready"]
    later = [at_s for at_s in asked_at_s if at_s - began_s > 2.5]
    assert len(told_s) == len(back_s) == SESSIONS
    assert max(told_s) < 5
    assert max(back_s) < 15
    assert len(later) <= 3, "after the first deadline one asks for all of them"
    assert all(session.pipeline.totals.gap_samples == 0 for session in sessions)


async def test_two_back_ends_of_one_address_learn_from_one_another():
    async def broken(request):
        return web.Response(status=500)

    async with Classifier(broken) as classifier:
        other = CfVoiceBackend(str(classifier.server.make_url("/")).rstrip("/"))
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(BackendUnavailable):
                await classifier.stream.classify(PcmWindow(0, SECOND))

        assert other.breaker.is_open
        await other.aclose()
