"""The back end inside the process."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from benchmarks.engine.transcripts import word_error_rate
from sessions_app.engine.executor import Workers, default_threads
from sessions_app.engine.models import Engine
from sessions_app.engine.observation import Hearing
from sessions_app.voice.contract import PcmWindow, StreamConfig
from sessions_app.voice.embedded import EmbeddedBackend
from sessions_app.voice.errors import BackendUnavailable
from tests import speech

CONFIG = StreamConfig(session_id="a session")
FIRST, SECOND = PcmWindow(0, bytes(32_000)), PcmWindow(16_000, bytes(32_000))


class HeldListener:
    """Answers when it is let go, so that a test decides what happens meanwhile."""

    def __init__(self):
        self.go_on = threading.Event()
        self.heard = []

    def hear(self, window):
        assert self.go_on.wait(5)
        self.heard.append(window)
        return Hearing((window.start_sample,), window.end_sample)

    def flush(self):
        raise RuntimeError("out of memory")


@pytest.fixture
def deaf_engine(monkeypatch):
    """An engine without the voice extra: it loads at once."""
    for name in ("faster_whisper", "faster_whisper.utils", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)
    engine = Engine(threads=1)
    yield engine
    engine.close()


@pytest.fixture
def held_listener(deaf_engine, monkeypatch):
    listener = HeldListener()
    monkeypatch.setattr(deaf_engine, "listener", lambda **_: listener)
    yield listener
    listener.go_on.set()


@pytest.mark.speech
async def test_a_session_is_captioned():
    backend = EmbeddedBackend(speech.loaded_engine())
    stream = await backend.open(CONFIG)

    hearing = await stream.classify(PcmWindow(0, speech.prompt("agent-pass")))
    rest = await stream.flush()

    (final,) = speech.finals(hearing.observations + rest.observations)
    assert word_error_rate(speech.TEXTS["agent-pass"], final.label) == 0
    assert stream.windows == 1
    assert stream.busy_s > 0
    await stream.aclose()
    await backend.aclose()


@pytest.mark.parametrize(("language", "is_warned"), [(None, False), ("de", False), ("xx", True)])
def test_a_language_that_no_speech_model_knows_is_said(language, is_warned):
    warnings = EmbeddedBackend(Engine()).warnings_for(StreamConfig(session_id="s", language=language))

    assert [f"“{language}”" in warning for warning in warnings] == [True] * is_warned


@pytest.mark.speech
async def test_a_loaded_backend_is_ready():
    status = await EmbeddedBackend(speech.loaded_engine()).status()

    assert status.status == "ready"
    assert status.models["asr"] == "ready"


async def test_the_first_look_starts_to_load(deaf_engine):
    backend = EmbeddedBackend(deaf_engine)

    first = await backend.status()
    await asyncio.wrap_future(deaf_engine.start())
    later = await backend.status()

    assert first.status in ("loading", "warning")
    assert later.status == "warning"
    assert 'pip install "linnet[voice]"' in later.detail


async def test_a_stream_opens_before_the_models_are_there(deaf_engine, monkeypatch):
    may_load = threading.Event()
    load = deaf_engine.load
    monkeypatch.setattr(deaf_engine, "load", lambda: may_load.wait(5) and load())

    stream = await EmbeddedBackend(deaf_engine).open(CONFIG)
    answer = asyncio.create_task(stream.classify(FIRST))
    await asyncio.sleep(0.05)
    was_waiting = not answer.done()
    may_load.set()

    assert was_waiting
    assert (await answer).settled_sample == FIRST.end_sample


async def test_what_a_hasty_caller_gave_up_comes_with_the_next_answer(deaf_engine, held_listener):
    stream = await EmbeddedBackend(deaf_engine).open(CONFIG)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await stream.classify(FIRST)
    held_listener.go_on.set()

    hearing = await stream.classify(SECOND)

    assert held_listener.heard == [FIRST, SECOND]
    assert hearing == Hearing((0, 16_000), SECOND.end_sample)


async def test_asking_again_for_a_window_does_not_hear_it_twice(deaf_engine, held_listener):
    stream = await EmbeddedBackend(deaf_engine).open(CONFIG)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await stream.classify(FIRST)
    held_listener.go_on.set()

    hearing = await stream.classify(FIRST)

    assert held_listener.heard == [FIRST]
    assert hearing.settled_sample == FIRST.end_sample


async def test_a_failing_engine_is_unavailable(deaf_engine, held_listener):
    stream = await EmbeddedBackend(deaf_engine).open(CONFIG)

    with pytest.raises(BackendUnavailable):
        await stream.flush()


async def test_closing_drops_what_waits_and_the_backend_opens_again(deaf_engine, held_listener):
    backend = EmbeddedBackend(deaf_engine)
    first, second = await backend.open(CONFIG), await backend.open(CONFIG)
    await asyncio.wrap_future(deaf_engine.start())  # else it is the loading that waits
    running = asyncio.create_task(first.classify(FIRST))
    waiting = asyncio.create_task(second.classify(FIRST))
    while backend.waiting != 1:
        await asyncio.sleep(0.01)

    closing = asyncio.create_task(backend.aclose())
    with pytest.raises(BackendUnavailable):
        await waiting
    held_listener.go_on.set()
    await closing

    assert (await running).settled_sample == FIRST.end_sample
    assert (await second.classify(FIRST)).settled_sample == FIRST.end_sample
    assert backend.waiting == 0


def test_one_engine_serves_event_loops_that_come_and_go(deaf_engine):
    async def settled():
        stream = await EmbeddedBackend(deaf_engine).open(CONFIG)
        return (await stream.classify(FIRST)).settled_sample

    assert [asyncio.run(settled()) for _ in range(3)] == [FIRST.end_sample] * 3


def test_a_cancelled_call_no_longer_waits():
    workers = Workers(threads=1)
    go_on = threading.Event()
    running = workers.submit(go_on.wait, 5)
    waiting = workers.submit(print)

    waiting.cancel()
    go_on.set()
    running.result()

    assert workers.waiting == 0
    workers.close()


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (4, 3), (32, 4), (None, 1)])
def test_one_core_is_left_for_the_server(monkeypatch, cores, threads):
    monkeypatch.setattr("os.cpu_count", lambda: cores)

    assert default_threads() == threads
