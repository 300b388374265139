"""Sockets close when the login behind them ends."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from sessions_app import socket
from tests.sockets import microphone_of, view_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def frequent_checks(monkeypatch):
    monkeypatch.setattr(socket, "PERMISSION_CHECK_S", 0.1)


def log_out(browser, user, voice_session):
    browser.logout()


def deactivate(browser, user, voice_session):
    user.is_active = False
    user.save()


def change_password(browser, user, voice_session):
    user.set_password("another secret")
    user.save()


def give_away(browser, user, voice_session):
    voice_session.owner = type(user).objects.create_user("heir")
    voice_session.save()


@pytest.mark.parametrize("opened", [view_of, microphone_of])
@pytest.mark.parametrize(
    ("change", "code"), [(log_out, 4401), (deactivate, 4401), (change_password, 4401), (give_away, 4403)]
)
async def test_a_socket_closes_when_its_login_or_permission_is_gone(
    alice, alices_browser, voice_session, opened, change, code
):
    cookies = alices_browser.cookies.copy()
    async with opened(cookies, voice_session) as socket_of_alice:
        await socket_of_alice.until("snapshot" if opened is view_of else "ready")

        await sync_to_async(change)(alices_browser, alice, voice_session)

        assert await socket_of_alice.closed() == code


async def test_a_login_that_holds_keeps_its_socket(alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")

        assert await view.is_silent()
