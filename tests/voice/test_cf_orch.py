"""The cf-orch client against a coordinator that leases scripted cf-voices, or will not."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sessions_app.voice import cf_orch
from sessions_app.voice.cf_orch import CfOrchBackend
from sessions_app.voice.contract import PcmWindow, StreamConfig
from sessions_app.voice.coordinator import RENEW_AT, TTL_S, Allocation, CfOrch
from sessions_app.voice.errors import BackendRefused, BackendUnavailable, BadReply, VoiceError

SECOND = bytes(32_000)


class Coordinator:
    """A cf-orch and the cf-voices it leases, in one server: the n-th lease lives under /voice/n."""

    def __init__(self):
        self.asked, self.headers, self.released, self.heard = [], [], [], []
        self.answer = self.give = self.lease
        self.release_status = 200
        self.is_voice_ready = True
        self.dead = ""
        application = web.Application()
        application.router.add_post("/api/services/cf-voice/allocate", self.allocate)
        application.router.add_delete("/api/services/cf-voice/allocations/{id}", self.release)
        application.router.add_get("/voice/{id}/health", self.health)
        application.router.add_post("/voice/{id}/classify", self.classify)
        self.server = TestServer(application)

    async def __aenter__(self):
        await self.server.start_server()
        self.url = str(self.server.make_url("/")).rstrip("/")
        self.orch = CfOrch(self.url, key="key", model_candidates=["base", "tiny"], allocate_timeout_s=0.5)
        return self

    async def __aexit__(self, *exception):
        await self.orch.aclose()
        await self.server.close()

    async def allocate(self, request):
        self.asked.append(await request.text())
        self.headers.append(request.headers)
        return await self.answer()

    async def lease(self):
        name = f"a{len(self.asked)}"
        return web.json_response({"allocation_id": name, "url": f"{self.url}/voice/{name}/", "starting": True})

    async def release(self, request):
        self.released.append(request.match_info["id"])
        return web.json_response({"detail": "…"}, status=self.release_status)

    async def health(self, request):
        return web.json_response({}, status=200 if self.is_voice_ready else 503)

    async def classify(self, request):
        if request.match_info["id"] == self.dead:
            return web.Response(status=500)
        self.heard.append(request.match_info["id"])
        words = {"event_type": "transcript", "label": f"heard by {request.match_info['id']}"}
        return web.json_response({"events": [words]})


class Book:
    """Allocations on paper."""

    def __init__(self):
        self.held = {}

    async def current(self, session_id):
        return self.held.get(session_id)

    async def remember(self, session_id, allocation):
        self.held[session_id] = allocation

    async def forget(self, allocation_id):
        self.held = {key: kept for key, kept in self.held.items() if kept.allocation_id != allocation_id}


@pytest.fixture
async def coordinator():
    async with Coordinator() as coordinator:
        yield coordinator


@pytest.fixture
def book():
    return Book()


class Backend(CfOrchBackend):
    """Keeps the streams it opens, to close those that a test leaves open."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.streams = []

    async def open(self, config):
        self.streams.append(await super().open(config))
        return self.streams[-1]


@pytest.fixture
async def backend(coordinator, book):
    backend = Backend(coordinator.orch, book)
    yield backend
    for stream in backend.streams:
        await stream.aclose()
    await backend.aclose()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(cf_orch, "READY_POLL_S", 0.02)
    monkeypatch.setattr(cf_orch, "READY_TIMEOUT_S", 0.5)
    monkeypatch.setattr(cf_orch, "KNOWN_READY_TIMEOUT_S", 0.2)
    monkeypatch.setattr("sessions_app.voice.coordinator.RELEASE_TIMEOUT_S", 0.5)


def answering(status, body):
    async def answer():
        return web.json_response(body, status=status)

    return answer


def in_seconds(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


def window(number):
    return PcmWindow(number * 16_000, SECOND)


async def slowly():
    await asyncio.sleep(30)


class TestAllocating:
    async def test_it_asks_with_the_originals_words_and_the_candidates(self, coordinator):
        await coordinator.orch.allocate()

        assert coordinator.asked == ['{"caller":"linnet","ttl_s":3600.0,"model_candidates":["base","tiny"]}']
        assert coordinator.headers[0]["Authorization"] == "Bearer key"
        assert coordinator.headers[0]["Content-Type"] == "application/json"

    async def test_without_candidates_and_key_neither_is_sent(self, coordinator):
        orch = CfOrch(coordinator.url)

        await orch.allocate()

        assert coordinator.asked == ['{"caller":"linnet","ttl_s":3600.0}']
        assert "Authorization" not in coordinator.headers[0]
        await orch.aclose()

    async def test_the_lease_has_its_name_and_its_address_without_a_slash(self, coordinator):
        allocation = await coordinator.orch.allocate()

        assert (allocation.allocation_id, allocation.url) == ("a1", f"{coordinator.url}/voice/a1")

    @pytest.mark.parametrize("address", [None, "", "not an address", 5])
    async def test_a_lease_without_an_address_is_given_back(self, coordinator, address):
        coordinator.answer = answering(200, {"allocation_id": "a/1", "url": address})

        with pytest.raises(BackendUnavailable):
            await coordinator.orch.allocate()

        assert coordinator.released == ["a/1"]

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (answering(422, {"detail": "model_candidates"}), BackendRefused),
            (answering(502, {"detail": "no node"}), BackendUnavailable),
            (answering(503, {"detail": "busy"}), BackendUnavailable),
            (answering(200, {"detail": "no id"}), BadReply),
            (answering(200, []), BadReply),
            (slowly, BackendUnavailable),
        ],
    )
    async def test_every_refusal_is_one_of_our_errors(self, coordinator, answer, error):
        coordinator.answer = answer

        with pytest.raises(error):
            await coordinator.orch.allocate()

    async def test_nobody_there_is_unavailable(self):
        orch = CfOrch("http://127.0.0.1:1")

        with pytest.raises(BackendUnavailable):
            await orch.allocate()
        await orch.aclose()


class TestReleasing:
    @pytest.mark.parametrize(
        ("status", "is_released"), [(200, True), (204, True), (404, True), (403, False), (500, False)]
    )
    async def test_what_is_unknown_there_is_given_back_and_all_other_refusals_are_not(
        self, coordinator, status, is_released
    ):
        coordinator.release_status = status

        assert await coordinator.orch.release("a1") is is_released

    async def test_a_coordinator_that_is_away_raises_nothing(self):
        orch = CfOrch("http://127.0.0.1:1")

        assert await orch.release("a1") is False
        await orch.aclose()


class TestOpening:
    async def test_a_session_listens_at_its_own_cf_voice(self, coordinator, backend, book):
        stream = await backend.open(StreamConfig(session_id="s"))

        hearing = await stream.classify(window(0))

        assert hearing.observations[0].label == "heard by a1"
        assert book.held["s"].allocation_id == "a1"

    async def test_a_microphone_that_comes_back_uses_the_same_lease(self, coordinator, backend):
        first = await backend.open(StreamConfig(session_id="s"))
        await first.aclose()

        second = await backend.open(StreamConfig(session_id="s", start_sample=16_000))
        await second.classify(window(1))

        assert (len(coordinator.asked), coordinator.released, coordinator.heard) == (1, [], ["a1"])

    async def test_an_instance_that_is_starting_is_waited_for(self, coordinator, backend):
        coordinator.is_voice_ready = False
        opening = asyncio.create_task(backend.open(StreamConfig(session_id="s")))
        await asyncio.sleep(0.1)
        assert not opening.done()

        coordinator.is_voice_ready = True

        assert await (await opening).classify(window(0))

    async def test_an_instance_that_never_becomes_ready_is_given_back(self, coordinator, backend, book):
        coordinator.is_voice_ready = False

        with pytest.raises(BackendUnavailable):
            await backend.open(StreamConfig(session_id="s"))

        assert (coordinator.released, book.held) == (["a1"], {})

    async def test_a_release_that_fails_stays_in_the_book(self, coordinator, backend, book):
        coordinator.is_voice_ready, coordinator.release_status = False, 500

        with pytest.raises(VoiceError):
            await backend.open(StreamConfig(session_id="s"))

        assert book.held["s"].allocation_id == "a1"

    async def test_who_stops_waiting_for_a_lease_leaves_nothing_allocated(self, coordinator, backend, book):
        coordinator.is_voice_ready = False
        opening = asyncio.create_task(backend.open(StreamConfig(session_id="s")))
        while not coordinator.asked or not book.held:
            await asyncio.sleep(0.01)

        opening.cancel()
        await asyncio.wait([opening])

        assert (coordinator.released, book.held) == (["a1"], {})

    async def test_a_lease_whose_instance_is_gone_is_given_back_and_replaced(self, coordinator, backend, book):
        book.held["s"] = Allocation("gone", "http://127.0.0.1:1", in_seconds(3600))

        stream = await backend.open(StreamConfig(session_id="s"))

        assert await stream.classify(window(0))
        assert (coordinator.released, book.held["s"].allocation_id) == (["gone"], "a1")


class TestABookThatFails:
    """The book is a database somewhere else, and may raise whatever it likes."""

    @staticmethod
    async def fail(*of_what):
        raise LookupError("the book is away")

    async def test_an_allocation_that_cannot_be_written_down_is_given_back(
        self, monkeypatch, coordinator, backend, book
    ):
        monkeypatch.setattr(book, "remember", self.fail)

        with pytest.raises(BackendUnavailable):
            await backend.open(StreamConfig(session_id="s"))

        assert coordinator.released == ["a1"]

    async def test_a_book_that_cannot_be_read_is_one_of_our_errors(self, monkeypatch, coordinator, backend, book):
        monkeypatch.setattr(book, "current", self.fail)

        with pytest.raises(BackendUnavailable):
            await backend.open(StreamConfig(session_id="s"))

    async def test_what_cannot_be_crossed_out_harms_nobody(self, monkeypatch, coordinator, backend, book):
        book.held["s"] = Allocation("gone", "http://127.0.0.1:1", in_seconds(3600))
        monkeypatch.setattr(book, "forget", self.fail)

        stream = await backend.open(StreamConfig(session_id="s"))

        assert await stream.classify(window(0))


class TestRenewing:
    @pytest.fixture
    def ttl_is_short(self, monkeypatch):
        monkeypatch.setattr("sessions_app.voice.coordinator.TTL_S", 0.25)  # due after 0.2 s

    @staticmethod
    async def until(stream, is_met):
        """Let the stream listen to window after window until `is_met`; return what it heard."""
        heard = []
        async with asyncio.timeout(10):
            while not is_met():
                hearing = await stream.classify(window(len(heard)))
                heard.append([observation.label for observation in hearing.observations])
                await asyncio.sleep(0.02)
        return heard

    async def test_it_moves_between_two_windows_and_gives_the_old_lease_back(
        self, ttl_is_short, coordinator, backend, book
    ):
        stream = await backend.open(StreamConfig(session_id="s"))

        heard = await self.until(stream, lambda: "a2" in coordinator.heard)

        assert [labels for labels in heard if len(labels) != 1] == []
        assert coordinator.heard[:-1] == ["a1"] * (len(coordinator.heard) - 1)
        assert coordinator.released == ["a1"]
        assert book.held["s"].allocation_id == "a2"

    async def test_a_lease_that_was_used_before_is_renewed_by_its_own_end(self, coordinator, backend, book):
        almost_due_s = TTL_S * (1 - RENEW_AT) + 0.2
        book.held["s"] = Allocation("a0", f"{coordinator.url}/voice/a0", in_seconds(almost_due_s))
        stream = await backend.open(StreamConfig(session_id="s"))

        await self.until(stream, lambda: "a1" in coordinator.heard)

        assert coordinator.released == ["a0"]

    async def test_the_old_lease_serves_while_the_new_one_is_not_to_be_had(self, ttl_is_short, coordinator, backend):
        stream = await backend.open(StreamConfig(session_id="s"))
        coordinator.answer = answering(503, {"detail": "busy"})

        heard = await self.until(stream, lambda: len(coordinator.asked) > 1 and len(coordinator.heard) > 20)

        assert set(coordinator.heard) == {"a1"}
        assert len(heard) > 20
        assert coordinator.released == []

    async def test_a_stream_that_closes_while_it_renews_keeps_no_second_lease(self, ttl_is_short, coordinator, backend):
        stream = await backend.open(StreamConfig(session_id="s"))
        coordinator.is_voice_ready = False
        await self.until(stream, lambda: len(coordinator.asked) == 2)

        await stream.aclose()

        assert coordinator.released == ["a2"]

    async def test_an_instance_that_died_is_replaced_though_its_time_is_not_over(
        self, monkeypatch, coordinator, backend
    ):
        monkeypatch.setattr(cf_orch, "DEAD_AFTER_S", 0.05)
        stream = await backend.open(StreamConfig(session_id="s"))
        await stream.classify(window(0))
        coordinator.dead = "a1"

        async with asyncio.timeout(10):
            while "a2" not in coordinator.heard:
                with suppress(VoiceError):
                    await stream.classify(window(1))
                await asyncio.sleep(0.02)

        assert coordinator.released == ["a1"]
