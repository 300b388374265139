"""How many are there is counted over all processes; one that died or left counts no more."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from sessions_app import audience, broadcast, conf, lease, lifecycle, look_news, presence, processes
from sessions_app.feed import Feed
from sessions_app.models import LEASE_STALE_S, ServerProcess, VoiceSession
from tests.sockets import microphone_of, view_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def another_process(voice_session):
    """A process that serves two views of the session."""
    return ServerProcess.objects.create(name="other 1", seen_at=timezone.now(), views={voice_session.pk.hex: 2})


@sync_to_async
def let_die(process):
    ServerProcess.objects.filter(pk=process.pk).update(seen_at=timezone.now() - timedelta(seconds=LEASE_STALE_S + 5))


async def test_views_in_another_process_are_counted(alices_browser, voice_session, another_process):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence", viewers=3)


async def test_every_view_is_told_of_the_next_one_and_of_one_that_goes(alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        async with view_of(alices_browser.cookies, voice_session):
            await view.until("presence", viewers=2)

        await view.until("presence", viewers=1)


async def test_and_of_a_microphone(alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        async with microphone_of(alices_browser.cookies, voice_session) as microphone:
            await microphone.until("ready")
            await view.until("presence", viewers=1, microphone=True)

        await view.until("presence", viewers=1, microphone=False)


async def test_views_of_a_process_that_died_are_gone_with_the_next_heartbeat(
    alices_browser, voice_session, another_process
):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence", viewers=3)
        await let_die(another_process)

        await presence.current().beat_once()

        await view.until("presence", viewers=1)


async def test_a_process_says_what_it_has_open(alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")

        await presence.current().beat_once()

        own = await ServerProcess.objects.aget(pk=presence.current().process_id)
        assert own.views == {voice_session.pk.hex: 1}


async def test_and_takes_itself_out_when_it_leaves(alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")
        await presence.current().beat_once()

        await audience.Audience().go_away()

        assert not await ServerProcess.objects.aexists()


async def test_and_is_not_put_in_again_by_what_it_still_had_to_tell(alices_browser, voice_session):
    leaving = audience.Audience()
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")
        await asyncio.sleep(audience.ANNOUNCE_AFTER_S * 2)

        leaving.announce(voice_session.pk)
        await leaving.go_away()
        await asyncio.sleep(audience.ANNOUNCE_AFTER_S * 2)

        assert not await ServerProcess.objects.aexists()


async def test_a_view_leaves_in_order_while_the_database_is_away(alices_browser, voice_session, monkeypatch):
    def away(session_id):
        raise OperationalError

    async with view_of(alices_browser.cookies, voice_session) as stays:
        async with view_of(alices_browser.cookies, voice_session):
            await stays.until("presence", viewers=2)
            monkeypatch.setattr(presence, "touch", away)

        await stays.until("presence", viewers=1)


def test_processes_that_died_long_ago_are_forgotten(another_process):
    ServerProcess.objects.create(name="of last week", seen_at=timezone.now() - timedelta(days=7))

    processes.forget_dead()

    assert list(ServerProcess.objects.all()) == [another_process]


def test_views_of_all_processes_add_up(voice_session, another_process):
    stranger = uuid.uuid4()
    ServerProcess.objects.create(name="b 2", seen_at=timezone.now(), views={voice_session.pk.hex: 1, stranger.hex: 4})

    assert processes.views() == {voice_session.pk: 3, stranger: 4}


class TestStaff:
    def test_see_how_many_watch_a_session(self, admin_client, voice_session, another_process):
        page = admin_client.get("/admin/sessions_app/voicesession/").content.decode()

        assert '<td class="field-who_is_there">2 views</td>' in page

    def test_and_which_processes_live(self, admin_client, another_process):
        ServerProcess.objects.create(name="silent 9", seen_at=timezone.now() - timedelta(seconds=LEASE_STALE_S + 5))

        page = admin_client.get("/admin/sessions_app/jobrun/").content.decode()

        assert "other 1" in page
        assert "silent 9" not in page


class TestAHeartbeat:
    """Goes on whatever fails, and one thing that fails costs no other."""

    @pytest.fixture
    def beating(self, monkeypatch):
        monkeypatch.setattr(conf, "HEARTBEAT_S", 0.05)

    async def test_that_cannot_count_views_renews_presence(self, voice_session, monkeypatch):
        watched = presence.Presence()
        watched.enter(Feed(voice_session.pk, after=0))
        before = voice_session.last_seen_at
        monkeypatch.setattr(processes, "exchange", fail_with(OperationalError))

        await watched.beat_once()

        await voice_session.arefresh_from_db()
        assert voice_session.last_seen_at > before

    async def test_that_cannot_renew_presence_says_what_the_process_has_open(self, voice_session, monkeypatch):
        watched = presence.Presence()
        watched.enter(Feed(voice_session.pk, after=0))
        monkeypatch.setattr(presence, "_touch", fail_with(OperationalError))

        await watched.beat_once()

        assert await ServerProcess.objects.filter(pk=watched.process_id).aexists()

    @pytest.mark.parametrize("error", [OperationalError, ValueError])
    async def test_that_failed_is_followed_by_the_next_one(self, voice_session, beating, monkeypatch, error):
        watched, touch = presence.Presence(), presence._touch
        monkeypatch.setattr(presence, "_touch", fail_with(error))
        watched.enter(Feed(voice_session.pk, after=0))
        await asyncio.sleep(0.3)
        before = timezone.now()

        monkeypatch.setattr(presence, "_touch", touch)
        await asyncio.sleep(0.3)

        await voice_session.arefresh_from_db()
        assert voice_session.last_seen_at > before

    @pytest.mark.parametrize("error", [OperationalError, ValueError])
    async def test_for_looks_fails_without_a_word_about_the_channel_layer(
        self, alices_browser, voice_session, beating, monkeypatch, error
    ):
        before = broadcast.layer_failures.total
        monkeypatch.setattr(look_news, "_chosen", fail_with(error))
        async with view_of(alices_browser.cookies, voice_session) as view:
            await view.until("presence")
            await asyncio.sleep(0.3)

            monkeypatch.setattr(look_news, "_chosen", lambda user_ids: told.append(user_ids) or {})
            told = []
            await asyncio.sleep(0.3)

        assert told
        assert broadcast.layer_failures.total == before


def fail_with(error):
    def fail(*args):
        raise error

    return fail


@contextmanager
def changed_by_another_process(voice_session, *, for_s):
    """Hold the row as a commit does that takes its time."""
    is_held = threading.Event()

    def hold():
        with transaction.atomic():
            VoiceSession.objects.filter(pk=voice_session.pk).update(title="held")
            is_held.set()
            time.sleep(for_s)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    is_held.wait(5)
    yield
    thread.join()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no locks of rows")
class TestWithLocksOfRows:
    """A heartbeat that waits for a commit while that waits for it is a deadlock."""

    def test_a_heartbeat_waits_for_nobodys_commit(self, alice, voice_session):
        other = lifecycle.create(alice)
        before = other.last_seen_at
        with changed_by_another_process(voice_session, for_s=2.0):
            began_s = time.monotonic()

            facts = presence._touch({voice_session.pk, other.pk}, set())

            assert time.monotonic() - began_s < 1.0
        other.refresh_from_db()
        assert other.last_seen_at > before
        assert set(facts) == {voice_session.pk, other.pk}

    def test_but_a_lease_is_renewed_all_the_same(self, voice_session):
        held = lease.claim(voice_session.pk, take_over=False)
        before = VoiceSession.objects.get().stream_seen_at
        with changed_by_another_process(voice_session, for_s=0.3):
            presence._touch({voice_session.pk}, {held.stream_id})

        assert VoiceSession.objects.get().stream_seen_at > before
