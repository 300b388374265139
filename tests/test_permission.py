"""Whatever is open closes when the permission behind it goes: at once when it is told, else at the next look."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import AsyncClient, Client
from django.utils import timezone

from sessions_app import broadcast, guard, hearing, sharing
from sessions_app.models import Scope, Share, VoiceSession
from sessions_app.sharing import Lifetime
from tests.sockets import microphone_of, view_of

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE_S = 2.0


@pytest.fixture
def patient(monkeypatch):
    """Nothing is looked at unless something is told."""
    monkeypatch.setattr(guard, "CHECK_S", 3600.0)


@pytest.fixture
def watchful(monkeypatch):
    monkeypatch.setattr(guard, "CHECK_S", 0.1)


def log_out(browser, user, voice_session):
    browser.post("/accounts/logout/")


def log_out_from_elsewhere(browser, user, voice_session):
    other = Client()
    other.force_login(user)
    UserSession.objects.get_or_create(
        session_key=browser.session.session_key, defaults={"user": user, "ip": "127.0.0.1", "user_agent": "x"}
    )
    other.post("/accounts/sessions/")


def deactivate(browser, user, voice_session):
    user.is_active = False
    user.save()


def change_password(browser, user, voice_session):
    fields = {"oldpassword": "secret words", "password1": "four quiet linnets", "password2": "four quiet linnets"}
    assert browser.post("/accounts/password/change/", fields).status_code == 302


def set_password(browser, user, voice_session):
    user.set_password("another secret")
    user.save()


def delete_account(browser, user, voice_session):
    user.delete()


def give_away(browser, user, voice_session):
    voice_session.owner = type(user).objects.create_user("heir")
    voice_session.save()


def delete_for_a_moment(browser, user, voice_session):
    voice_session.deleted_at = timezone.now()
    voice_session.save(update_fields=["deleted_at"])


def delete_for_good(browser, user, voice_session):
    VoiceSession.objects.get(pk=voice_session.pk).delete()


CAUSES = pytest.mark.parametrize(
    ("change", "code"),
    [
        (log_out, 4401),
        (log_out_from_elsewhere, 4401),
        (deactivate, 4401),
        (change_password, 4401),
        (set_password, 4401),
        (delete_account, 4401),
        (give_away, 4403),
        (delete_for_a_moment, 4404),
        (delete_for_good, 4404),
    ],
)


@CAUSES
@pytest.mark.parametrize("opened", [view_of, microphone_of])
async def test_a_socket_closes_at_once(patient, alice, alices_browser, voice_session, opened, change, code):
    cookies = alices_browser.cookies.copy()
    async with opened(cookies, voice_session) as socket_of_alice:
        await socket_of_alice.until("snapshot" if opened is view_of else "ready")

        began_s = time.monotonic()
        await sync_to_async(change)(alices_browser, alice, voice_session)

        assert await socket_of_alice.closed() == code
        assert time.monotonic() - began_s < AT_ONCE_S


@CAUSES
async def test_an_event_stream_ends_at_once(patient, alice, alices_browser, voice_session, change, code):
    program = AsyncClient()
    program.cookies = alices_browser.cookies.copy()
    answer = await program.get(f"/sessions/{voice_session.pk}/stream/")
    reading = asyncio.create_task(read_to_the_end(answer))
    await asyncio.sleep(0.2)
    assert not reading.done()

    await sync_to_async(change)(alices_browser, alice, voice_session)

    async with asyncio.timeout(AT_ONCE_S):
        await reading


async def read_to_the_end(answer):
    async for _ in answer.streaming_content:
        pass


def deactivate_behind_our_back(user):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


async def test_what_nobody_told_is_found_at_the_next_look(watchful, alice, alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("snapshot")

        await sync_to_async(deactivate_behind_our_back)(alice)

        assert await view.closed() == 4401


async def test_a_login_that_holds_keeps_its_socket(watchful, alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")
        await view.until("presence")

        assert await view.is_silent()


async def test_other_peoples_changes_close_nothing(patient, alice, bob, alices_browser, bobs_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")
        await view.until("presence")

        await sync_to_async(deactivate)(bobs_browser, bob, voice_session)
        await sync_to_async(log_out)(bobs_browser, bob, voice_session)

        assert await view.is_silent()


class Away:
    """A channel layer that cannot be reached."""

    async def new_channel(self):
        raise ConnectionError


async def test_a_channel_layer_that_was_away_is_listened_to_again(
    patient, alice, alices_browser, voice_session, monkeypatch
):
    layers = iter([Away() for _ in range(6)])
    monkeypatch.setattr(hearing, "get_channel_layer", lambda: next(layers, get_channel_layer()))
    monkeypatch.setattr(hearing, "RETRY_FIRST_S", 0.05)
    cookies = alices_browser.cookies.copy()
    async with view_of(cookies, voice_session) as view:
        await view.until("snapshot")
        await asyncio.sleep(0.3)

        await sync_to_async(log_out)(alices_browser, alice, voice_session)

        assert await view.closed() == 4401


async def test_nobody_listens_when_nothing_is_open(alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")
        assert broadcast.PERMISSION_GROUP in _groups_with_members()

    await asyncio.sleep(0.1)
    assert _groups_with_members() == set()


def _groups_with_members():
    return {name for name, members in get_channel_layer().groups.items() if members}


def test_clearing_old_logins_is_no_news(alice, monkeypatch):
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(days=1))
    told = []
    monkeypatch.setattr("sessions_app.broadcast.publish_permission_sync", told.append)

    call_command("clearsessions")

    assert (told, Session.objects.count()) == ([], 0)


@pytest.fixture
def link(voice_session):
    share, token = sharing.make(voice_session, name="Ann", scope=Scope.NOTES, lifetime=Lifetime.DAY)
    browser = Client()
    browser.get(f"/shared/{token}/")
    return share, browser


def withdraw(share):
    sharing.revoke(Share.objects.filter(pk=share.pk))


def deactivate_owner(share):
    deactivate(None, share.session.owner, None)


def delete_shared_session(share):
    delete_for_a_moment(None, None, share.session)


@pytest.mark.parametrize(
    ("change", "code"), [(withdraw, 4403), (deactivate_owner, 4403), (delete_shared_session, 4404)]
)
async def test_a_trusted_viewers_view_closes_at_once(patient, link, voice_session, change, code):
    share, browser = link
    async with view_of(browser.cookies, voice_session) as view:
        await view.until("snapshot")

        began_s = time.monotonic()
        await sync_to_async(change)(share)

        assert await view.closed() == code
        assert time.monotonic() - began_s < AT_ONCE_S


async def test_a_link_ends_when_it_was_said_to(link, voice_session):
    share, browser = link
    until = timezone.now() + timedelta(seconds=1)
    await sync_to_async(Share.objects.filter(pk=share.pk).update)(expires_at=until)
    async with view_of(browser.cookies, voice_session) as view:
        await view.until("snapshot")

        assert await view.closed() == 4403
        assert timezone.now() - until < timedelta(seconds=AT_ONCE_S)


async def test_a_withdrawn_link_leaves_the_owner_alone(patient, link, alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")
        await view.until("presence")

        await sync_to_async(withdraw)(link[0])

        assert await view.is_silent()


async def test_a_trusted_viewers_event_stream_ends_at_once(patient, link, voice_session):
    share, browser = link
    program = AsyncClient()
    program.cookies = browser.cookies.copy()
    answer = await program.get(f"/sessions/{voice_session.pk}/stream/")
    reading = asyncio.create_task(read_to_the_end(answer))
    await asyncio.sleep(0.2)

    await sync_to_async(withdraw)(share)

    async with asyncio.timeout(AT_ONCE_S):
        await reading
    assert (await program.get(f"/sessions/{voice_session.pk}/stream/")).status_code == 404
