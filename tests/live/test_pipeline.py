"""The pipeline with a voice stream that obeys the test, and a list for a sink."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from sessions_app.annotation.annotator import Annotator
from sessions_app.live import pipeline as pipeline_module
from sessions_app.live.pipeline import Pipeline
from sessions_app.voice.contract import Hearing, Observation
from sessions_app.voice.errors import BackendRefused, BackendUnavailable, BadReply

SECOND = bytes(32_000)


class Ear:
    """A voice stream: hears "window <n>" in each window, keeps everything since `open_since` unsettled."""

    def __init__(self):
        self.windows = []
        self.failures = []
        self.open_since = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def classify(self, window):
        await self.may_answer.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.windows.append(window)
        start_ms, end_ms = window.start_sample // 16, window.end_sample // 16
        words = Observation(kind="environ", label=f"window {start_ms}", start_ms=start_ms, end_ms=end_ms)
        return Hearing((words,), window.end_sample if self.open_since is None else self.open_since)

    async def flush(self):
        if self.open_since is None:
            return Hearing((), 0)
        start_ms, self.open_since = self.open_since // 16, None
        return Hearing((Observation(kind="transcript", label="flushed", start_ms=start_ms, end_ms=start_ms),), 0)

    async def aclose(self):
        return None


class Sink:
    def __init__(self):
        self.events = []
        self.progress = None
        self.services = []

    async def commit(self, events, progress):
        self.events += events
        self.progress = progress

    async def show_partials(self, partials):
        return None

    async def report_service(self, status, detail):
        self.services.append(status)

    def gaps(self):
        return [(event.label, event.start_ms, event.end_ms) for event in self.events if event.kind == "gap"]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(pipeline_module, "RETRY_FIRST_S", 0.001)
    monkeypatch.setattr(pipeline_module, "RETRY_MAX_S", 0.002)


@asynccontextmanager
async def running(ear, sink, **marks):
    annotator = Annotator(engine="test", is_simulated=False)
    pipeline = Pipeline(stream=ear, annotator=annotator, sink=sink, window_ms=1000, **marks)
    task = asyncio.create_task(pipeline.run())
    try:
        yield pipeline
    finally:
        task.cancel()


async def test_windows_are_heard_in_order_and_committed_with_their_marks():
    ear, sink = Ear(), Sink()
    async with running(ear, sink) as pipeline:
        pipeline.push(SECOND * 3)
        await pipeline.finalize()

    assert [event.label for event in sink.events] == ["window 0", "window 1000", "window 2000"]
    assert (sink.progress.heard_sample, sink.progress.settled_sample) == (48_000, 48_000)


async def test_an_open_utterance_is_heard_but_not_settled():
    ear, sink = Ear(), Sink()
    ear.open_since = 8_000
    async with running(ear, sink) as pipeline:
        pipeline.push(SECOND)
        while sink.progress is None:
            await asyncio.sleep(0)

        assert (sink.progress.heard_sample, sink.progress.settled_sample) == (16_000, 8_000)
        await pipeline.finalize()

    assert sink.progress.settled_sample == 16_000
    assert sink.events[-1].text == "flushed"


async def test_more_than_fifteen_seconds_of_backlog_become_one_gap_oldest_first():
    ear, sink = Ear(), Sink()
    ear.may_answer.clear()
    async with running(ear, sink) as pipeline:
        for _ in range(20):
            pipeline.push(SECOND)
            await asyncio.sleep(0)
        ear.may_answer.set()
        await pipeline.finalize()

    assert sink.gaps() == [("overload", 1000, 6000)]
    assert len(ear.windows) == 15
    assert sink.progress.dropped_ms == 5000


async def test_a_service_that_comes_back_loses_nothing():
    ear, sink = Ear(), Sink()
    ear.failures = [BackendUnavailable("down")] * 3
    async with running(ear, sink) as pipeline:
        pipeline.push(SECOND * 2)
        await pipeline.finalize()

    assert sink.services == ["degraded", "ready"]
    assert len(ear.windows) == 2
    assert sink.gaps() == []


async def test_a_service_that_stays_away_leaves_a_gap_that_names_it():
    ear, sink = Ear(), Sink()
    ear.failures = [BackendUnavailable("down")] * 10_000
    async with running(ear, sink) as pipeline:
        for _ in range(18):
            pipeline.push(SECOND)
            await asyncio.sleep(0.01)
        ear.failures.clear()
        await pipeline.finalize()

    assert sink.gaps() == [("service", 0, 3000)]


@pytest.mark.parametrize("failures", [[BadReply("nonsense")] * 3, [BackendRefused("no")] * 3])
async def test_a_window_that_cannot_be_classified_is_a_gap_and_the_session_goes_on(failures):
    ear, sink = Ear(), Sink()
    ear.failures = list(failures)
    async with running(ear, sink) as pipeline:
        pipeline.push(SECOND * 2)
        await pipeline.finalize()

    assert sink.gaps() == [("service", 0, 1000)]
    assert [event.label for event in sink.events if event.kind == "environ"] == ["window 1000"]


async def test_a_service_that_answers_nothing_but_nonsense_is_waited_for():
    ear, sink = Ear(), Sink()
    ear.failures = [BadReply("nonsense")] * 40
    async with running(ear, sink) as pipeline:
        pipeline.push(SECOND * 5)
        await pipeline.finalize()

    assert sink.gaps() == [("service", 0, 1000)]
    assert len(ear.windows) == 4


async def test_an_utterance_that_the_service_took_along_is_part_of_the_gap():
    ear, sink = Ear(), Sink()
    async with running(ear, sink) as pipeline:
        ear.open_since = 8_000
        pipeline.push(SECOND)
        await asyncio.sleep(0.01)
        ear.failures, ear.open_since = [BackendUnavailable("down")] * 10_000, None
        for _ in range(17):
            pipeline.push(SECOND)
            await asyncio.sleep(0.002)
        ear.failures.clear()
        await pipeline.finalize()

    assert sink.gaps() == [("service", 500, 3000)]


async def test_a_slow_answer_is_told_before_it_comes(monkeypatch):
    monkeypatch.setattr(pipeline_module, "SLOW_ANSWER_S", 0.01)
    ear, sink = Ear(), Sink()
    ear.may_answer.clear()
    async with running(ear, sink) as pipeline:
        pipeline.push(SECOND)
        while not sink.services:
            await asyncio.sleep(0.01)
        ear.may_answer.set()
        await pipeline.finalize()

    assert sink.services == ["degraded", "ready"]


async def test_a_hole_ends_the_utterance_before_it():
    ear, sink = Ear(), Sink()
    ear.open_since = 0
    async with running(ear, sink) as pipeline:
        pipeline.push(SECOND)
        pipeline.skip(32_000)
        pipeline.push(SECOND)
        await pipeline.finalize()

    assert [event.text or event.label for event in sink.events] == [
        "window 0", "flushed", "2.0 s not captioned: the connection was lost", "window 3000",
    ]  # fmt: skip


async def test_what_an_earlier_worker_stored_is_not_stored_again():
    ear, sink = Ear(), Sink()
    async with running(ear, sink, settled_sample=16_000, already_heard_sample=48_000) as pipeline:
        pipeline.push(SECOND * 3)
        await pipeline.finalize()

    assert [event.label for event in sink.events] == ["window 3000"]
    assert [window.start_sample for window in ear.windows] == [16_000, 32_000, 48_000]


async def test_finalize_counts_only_what_came_before_it():
    ear, sink = Ear(), Sink()
    async with running(ear, sink) as pipeline:
        pipeline.push(bytes(3_200))
        flushed = pipeline.finalize()
        pipeline.push(bytes(6_400))

        assert await flushed == 1_600
        assert sink.progress.settled_sample == 1_600
