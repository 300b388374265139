"""What cf-orch holds for a session is given back when it ends, and asked for again until cf-orch confirms it."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from asgiref.sync import sync_to_async
from django.core.management import call_command
from django.utils import timezone

from sessions_app import allocations, database_threads, lease, lifecycle
from sessions_app.models import EndReason, VoiceAllocation, VoiceSession
from sessions_app.voice.coordinator import TTL_S, Allocation

pytestmark = pytest.mark.django_db(transaction=True)


class Coordinator:
    """A cf-orch in a thread of its own, for those who wait for it without an event loop."""

    def __init__(self):
        self.released = []
        self.status = 200
        self.answers_after_s = 0.0

    async def release(self, request):
        self.released.append(request.match_info["id"])
        await asyncio.sleep(self.answers_after_s)
        return web.Response(status=self.status)

    @contextmanager
    def serving(self):
        loop = asyncio.new_event_loop()
        application = web.Application()
        application.router.add_delete("/api/services/cf-voice/allocations/{id}", self.release)
        server = TestServer(application)
        loop.run_until_complete(server.start_server())
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield str(server.make_url("/")).rstrip("/")
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.run_until_complete(server.close())
            loop.close()


@pytest.fixture
def coordinator(settings):
    coordinator = Coordinator()
    with coordinator.serving() as url:
        settings.CF_ORCH_URL = url
        yield coordinator


@pytest.fixture
def held(voice_session):
    return hold(voice_session, "a1")


def hold(voice_session, allocation_id, *, seconds_left=TTL_S):
    return VoiceAllocation.objects.create(
        session=voice_session,
        allocation_id=allocation_id,
        url="http://127.0.0.1:1",
        expires_at=timezone.now() + timedelta(seconds=seconds_left),
    )


def reap():
    errors = StringIO()
    call_command("reap_idle_sessions", stdout=StringIO(), stderr=errors)
    return errors.getvalue()


def kept():
    return list(VoiceAllocation.objects.values_list("allocation_id", flat=True))


def test_an_ended_session_gives_its_allocation_back(coordinator, voice_session, held):
    lifecycle.end(voice_session, EndReason.USER)

    assert (coordinator.released, kept()) == (["a1"], [])


def test_what_is_unknown_at_the_coordinator_is_forgotten(coordinator, voice_session, held):
    coordinator.status = 404

    lifecycle.end(voice_session, EndReason.USER)

    assert kept() == []


def test_a_release_that_fails_is_tried_by_the_reaper_until_it_works(coordinator, voice_session, held):
    coordinator.status = 503
    lifecycle.end(voice_session, EndReason.USER)
    assert kept() == ["a1"]
    assert "1 allocations are not given back yet" in reap()

    coordinator.status = 200

    assert reap() == ""
    assert (coordinator.released, kept()) == (["a1"] * 3, [])


def test_a_coordinator_that_is_away_does_not_keep_a_session_from_ending(settings, voice_session, held):
    settings.CF_ORCH_URL = "http://127.0.0.1:1"

    assert lifecycle.end(voice_session, EndReason.USER) is True
    assert kept() == ["a1"]


def test_a_running_session_keeps_its_allocation(coordinator, held):
    reap()

    assert (coordinator.released, kept()) == ([], ["a1"])


def test_an_ended_session_keeps_it_while_its_microphone_finishes_its_words(coordinator, voice_session, held):
    lease.claim(voice_session.pk, take_over=False)

    lifecycle.end(voice_session, EndReason.USER)

    assert (coordinator.released, kept()) == ([], ["a1"])


def test_the_allocation_of_a_deleted_session_is_given_back(coordinator, voice_session, held):
    voice_session.delete()

    reap()

    assert (coordinator.released, kept()) == (["a1"], [])


def test_an_allocation_whose_time_is_over_is_given_back(coordinator, voice_session):
    hold(voice_session, "old", seconds_left=-1)
    hold(voice_session, "new")

    reap()

    assert (coordinator.released, kept()) == (["old"], ["new"])


def test_giving_back_takes_the_address_off_the_session(coordinator, voice_session, held):
    VoiceSession.objects.update(allocation_id="a1", voice_url="http://127.0.0.1:1")

    lifecycle.end(voice_session, EndReason.USER)

    voice_session.refresh_from_db()
    assert (voice_session.allocation_id, voice_session.voice_url) == ("", "")


async def test_the_book_keeps_an_allocation_for_who_comes_back(voice_session):
    book = allocations.Book()
    allocation = Allocation("a1", "http://127.0.0.1:1", timezone.now() + timedelta(seconds=TTL_S))

    await book.remember(str(voice_session.pk), allocation)
    assert await book.current(str(voice_session.pk)) == allocation

    await book.forget("a1")
    assert await book.current(str(voice_session.pk)) is None


async def test_the_book_offers_no_allocation_that_is_about_to_be_renewed(voice_session):
    await sync_to_async(hold)(voice_session, "a1", seconds_left=TTL_S * 0.1)

    assert await allocations.Book().current(str(voice_session.pk)) is None


@pytest.fixture
def held_by_ended(voice_session):
    lifecycle.end(voice_session, EndReason.USER)
    return hold(voice_session, "a1")


async def test_a_microphone_gives_back_what_its_ended_session_holds(coordinator, voice_session, held_by_ended):
    await allocations.give_back(voice_session.pk)

    assert (coordinator.released, await sync_to_async(kept)()) == (["a1"], [])


async def test_a_coordinator_that_hangs_keeps_nobody_from_writing(coordinator, voice_session, held_by_ended):
    coordinator.answers_after_s = 2.0
    giving_back = asyncio.create_task(allocations.give_back(voice_session.pk))
    while not coordinator.released:
        await asyncio.sleep(0.01)

    async with asyncio.timeout(1):
        await database_threads.write(VoiceSession.objects.count)

    assert not giving_back.done()
    await giving_back
