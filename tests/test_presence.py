"""How many are there is counted over all processes; one that died or left counts no more."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from sessions_app import audience, presence, processes
from sessions_app.models import LEASE_STALE_S, ServerProcess
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
