"""A voice service with a stand-in: who listens when, and what is said of it."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest
import time_machine

from sessions_app.voice import fallback
from sessions_app.voice.contract import BackendStatus, Hearing, Observation, PcmWindow, StreamConfig
from sessions_app.voice.errors import BackendUnavailable
from sessions_app.voice.fallback import FallbackBackend

SECOND = bytes(32_000)


class Voice:
    """A back end that says which window it hears, unless it is away."""

    is_simulated = False

    def __init__(self, name):
        self.name = name
        self.is_away = False
        self.is_settling = True  # each window; else the words stay open until they are flushed
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.opened_at, self.streams = [], []

    async def status(self):
        return BackendStatus(status="unavailable" if self.is_away else "ready")

    async def open(self, config):
        await self.may_answer.wait()
        if self.is_away:
            raise BackendUnavailable("away")
        self.opened_at.append(config.start_sample)
        self.streams.append(Stream(self))
        return self.streams[-1]

    async def aclose(self):
        return None


class Stream:
    def __init__(self, voice):
        self._voice = voice
        self.heard_sample = 0
        self.is_open = True

    async def classify(self, window):
        if self._voice.is_away:
            raise BackendUnavailable("away")
        self.heard_sample = window.end_sample
        words = f"{self._voice.name} {window.start_sample // 16_000}"
        return self._said(words, window.end_sample if self._voice.is_settling else 0)

    async def flush(self):
        if self._voice.is_away:
            raise BackendUnavailable("away")
        return self._said(f"{self._voice.name} ends", self.heard_sample)

    async def aclose(self):
        self.is_open = False

    def _said(self, words, sample):
        return Hearing((Observation(kind="transcript", label=words, start_ms=0, end_ms=0),), sample)


class Clock:
    """Stands still until it is told to move."""

    def __init__(self, monkeypatch):
        self.now_s = 100.0
        monkeypatch.setattr(fallback, "time", SimpleNamespace(monotonic=lambda: self.now_s))


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def first():
    return Voice("first")


@pytest.fixture
def second():
    return Voice("second")


@pytest.fixture
def backend(first, second):
    return FallbackBackend(first, second)


async def hear(stream, number):
    """Return who said what of window `number`: (engine, words) of each."""
    hearing = await stream.classify(PcmWindow(number * 16_000, SECOND))
    return [(observation.engine, observation.label) for observation in hearing.observations]


async def change_over(stream, clock, first, number=0):
    """Let the first choice be away for longer than anybody waits."""
    first.is_away = True
    with pytest.raises(BackendUnavailable):
        await hear(stream, number)
    clock.now_s += fallback.PATIENCE_S
    return await hear(stream, number)


async def ask_first(stream, clock, number):
    """Let it be time to ask the first choice, and give that a moment; return who said what of window `number`."""
    clock.now_s += fallback.PROBE_S
    heard = await hear(stream, number)
    await asyncio.sleep(0.01)
    return heard


async def test_the_first_choice_listens_while_it_can(backend, second):
    stream = await backend.open(StreamConfig(session_id="s"))

    assert await hear(stream, 0) == [("", "first 0")]
    assert second.opened_at == []


async def test_a_short_absence_is_waited_for(clock, backend, first, second):
    stream = await backend.open(StreamConfig(session_id="s"))
    first.is_away = True
    for _ in range(3):
        with pytest.raises(BackendUnavailable):
            await hear(stream, 0)
        clock.now_s += fallback.PATIENCE_S / 4

    first.is_away = False

    assert await hear(stream, 0) == [("", "first 0")]
    assert second.opened_at == []


async def test_two_short_absences_do_not_add_up(clock, backend, first, second):
    stream = await backend.open(StreamConfig(session_id="s"))
    for number in range(4):
        first.is_away = True
        with pytest.raises(BackendUnavailable):
            await hear(stream, number)
        clock.now_s += fallback.PATIENCE_S / 2
        first.is_away = False
        await hear(stream, number)

    assert second.opened_at == []


async def test_after_eight_seconds_the_stand_in_hears_the_same_window_under_its_own_name(clock, backend, first):
    stream = await backend.open(StreamConfig(session_id="s"))
    await hear(stream, 0)

    assert await change_over(stream, clock, first, number=1) == [("second", "second 1")]


async def test_the_stand_in_hears_again_what_was_still_open(clock, backend, first):
    first.is_settling = False
    stream = await backend.open(StreamConfig(session_id="s"))
    await hear(stream, 0)

    assert await change_over(stream, clock, first, number=1) == [("second", "second 0"), ("second", "second 1")]


async def test_but_not_what_was_flushed(clock, backend, first):
    first.is_settling = False
    stream = await backend.open(StreamConfig(session_id="s"))
    await hear(stream, 0)
    await stream.flush()

    assert await change_over(stream, clock, first, number=1) == [("second", "second 1")]


async def test_nor_what_could_not_be_flushed_and_is_a_gap_by_now(clock, backend, first):
    first.is_settling = False
    stream = await backend.open(StreamConfig(session_id="s"))
    await hear(stream, 0)
    first.is_away = True
    with pytest.raises(BackendUnavailable):
        await stream.flush()

    assert await change_over(stream, clock, first, number=1) == [("second", "second 1")]


async def test_the_stand_in_begins_where_the_sound_is(clock, backend, first, second):
    stream = await backend.open(StreamConfig(session_id="s"))

    await change_over(stream, clock, first, number=7)

    assert second.opened_at == [7 * 16_000]


async def test_a_service_that_is_away_from_the_start_is_stood_in_for_at_once(backend, first):
    first.is_away = True

    stream = await backend.open(StreamConfig(session_id="s"))

    assert await hear(stream, 0) == [("second", "second 0")]


async def test_the_first_choice_gets_its_place_back_once_it_answers(clock, backend, first, second):
    stream = await backend.open(StreamConfig(session_id="s"))
    await change_over(stream, clock, first)
    first.is_away = False
    assert await hear(stream, 1) == [("second", "second 1")]

    await ask_first(stream, clock, 1)

    assert await hear(stream, 2) == [("second", "second ends"), ("", "first 2")]
    assert await hear(stream, 3) == [("", "first 3")]
    assert not second.streams[0].is_open


async def test_a_first_choice_that_was_away_from_the_start_gets_its_place_too(clock, backend, first):
    first.is_away = True
    stream = await backend.open(StreamConfig(session_id="s"))
    await hear(stream, 0)
    first.is_away = False

    await ask_first(stream, clock, 1)

    assert (await hear(stream, 2))[-1] == ("", "first 2")
    assert first.opened_at == [16_000]


async def test_the_stand_in_listens_while_the_first_choice_is_asked(clock, backend, first):
    first.is_away = True
    stream = await backend.open(StreamConfig(session_id="s"))
    await hear(stream, 0)
    first.is_away = False
    first.may_answer.clear()

    assert await ask_first(stream, clock, 1) == [("second", "second 1")]
    assert await ask_first(stream, clock, 2) == [("second", "second 2")]
    first.may_answer.set()
    await asyncio.sleep(0.01)

    assert (await hear(stream, 3))[-1] == ("", "first 3")
    assert len(first.opened_at) == 1


async def test_closing_stops_asking(clock, backend, first):
    first.is_away = True
    stream = await backend.open(StreamConfig(session_id="s"))
    await hear(stream, 0)
    first.may_answer.clear()
    await ask_first(stream, clock, 1)

    await stream.aclose()

    assert "linnet-voice-probe" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_while_the_first_choice_stays_away_the_stand_in_goes_on(clock, backend, first):
    stream = await backend.open(StreamConfig(session_id="s"))
    await change_over(stream, clock, first)

    for number in range(1, 4):
        assert await ask_first(stream, clock, number) == [("second", f"second {number}")]


async def test_a_second_absence_is_waited_for_like_the_first(clock, backend, first):
    stream = await backend.open(StreamConfig(session_id="s"))
    await change_over(stream, clock, first)
    first.is_away = False
    await ask_first(stream, clock, 1)
    assert await hear(stream, 1) == [("second", "second ends"), ("", "first 1")]

    first.is_away = True

    with pytest.raises(BackendUnavailable):
        await hear(stream, 2)


async def test_closing_frees_both(clock, backend, first, second):
    stream = await backend.open(StreamConfig(session_id="s"))
    await change_over(stream, clock, first)

    await stream.aclose()

    assert not first.streams[0].is_open
    assert not second.streams[0].is_open


async def test_a_flush_goes_to_whoever_listens(clock, backend, first):
    stream = await backend.open(StreamConfig(session_id="s"))
    assert (await stream.flush()).observations[0].label == "first ends"

    await change_over(stream, clock, first)

    assert (await stream.flush()).observations[0].engine == "second"


async def test_the_page_is_told_who_listens_instead(backend, first):
    assert (await backend.status()).status == "ready"

    first.is_away = True

    status = await backend.status()
    assert status.status == "warning"
    assert "second listens instead" in status.detail


async def test_a_step_of_the_wall_clock_changes_nothing(backend, first, second):
    stream = await backend.open(StreamConfig(session_id="s"))
    first.is_away = True
    with pytest.raises(BackendUnavailable):
        await hear(stream, 0)

    with time_machine.travel(time.time() + 3600, tick=True), pytest.raises(BackendUnavailable):
        await hear(stream, 0)

    assert second.opened_at == []
