"""What staff do to sessions and accounts, and that it is written down."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sessions_app import lifecycle
from sessions_app.models import EndReason, VoiceSession
from tests.admin.conftest import act, allocated, clerk, entries

pytestmark = pytest.mark.django_db


def test_more_than_one_request_may_take_is_said(stellas_browser, alice, monkeypatch):
    monkeypatch.setattr("sessions_app.admin.sessions.MOST_AT_ONCE", 2)
    three = [lifecycle.create(alice) for _ in range(3)]

    answer = act(stellas_browser, "end_sessions", *three)

    assert VoiceSession.objects.running().count() == 1
    assert "Only the first 2 sessions were taken" in answer.text


def test_staff_end_a_session(stellas_browser, voice_session):
    act(stellas_browser, "end_sessions", voice_session)

    voice_session.refresh_from_db()
    assert voice_session.end_reason == EndReason.ADMIN
    assert entries() == [("end", voice_session.pk)]


def test_reaping_spares_who_is_not_idle(stellas_browser, alice):
    idle, busy = lifecycle.create(alice), lifecycle.create(alice)
    VoiceSession.objects.filter(pk=idle.pk).update(last_seen_at=timezone.now() - timedelta(seconds=200))

    act(stellas_browser, "reap_sessions", idle, busy)

    assert list(VoiceSession.objects.running()) == [busy]
    assert entries() == [("reap", idle.pk)]


def test_an_allocation_that_cannot_be_given_back_is_named(stellas_browser, voice_session, settings):
    settings.CF_ORCH_URL = "http://127.0.0.1:9"
    allocated(voice_session)

    answer = act(stellas_browser, "release_allocations", voice_session)

    assert "1 cannot be given back now" in answer.text
    assert entries() == [("release", voice_session.pk)]


def test_forgetting_is_asked_for_twice_and_leaves_an_entry(stellas_browser, voice_session):
    asked = act(stellas_browser, "purge_sessions", voice_session)
    assert "This cannot be undone" in asked.text
    assert VoiceSession.objects.exists()

    act(stellas_browser, "purge_sessions", voice_session, confirmed="yes")

    assert not VoiceSession.objects.exists()
    assert entries() == [("purge", voice_session.pk)]


def test_an_account_is_forgotten_with_everything(stellas_browser, voice_session, alice):
    act(stellas_browser, "forget_accounts", alice, address="/admin/auth/user/", confirmed="yes")

    assert not VoiceSession.objects.exists()
    assert not type(alice).objects.filter(username="alice").exists()
    assert [action for action, _ in entries()] == ["forget account"]


def test_who_may_only_look_cannot_act(voice_session):
    browser = clerk("view_voicesession")

    for action in ("end_sessions", "reap_sessions", "release_allocations", "purge_sessions"):
        act(browser, action, voice_session, confirmed="yes")

    assert VoiceSession.objects.get().is_running
    assert entries() == []
