"""Choosing how long Linnet remembers, and leaving for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sessions_app import forgetting, lifecycle
from sessions_app.models import AuditEntry, EndReason, Profile, VoiceSession
from tests.conftest import logged_in
from tests.forgetting.conftest import aged, planted

pytestmark = pytest.mark.django_db


def test_an_account_chooses_how_long_it_remembers(alices_browser, alice):
    answer = alices_browser.post("/profile/keeping/", {"keep_days": "30"})

    assert answer.status_code == 303
    assert Profile.objects.get(user=alice).keep_days == 30
    assert "selected>30 days" in alices_browser.get("/profile/keeping/").text


def test_a_choice_that_forgets_sessions_at_once_is_asked_for_twice(alices_browser, voice_session, alice):
    lifecycle.end(voice_session, EndReason.USER)
    aged(voice_session, ended_at=9, created_at=9)

    answer = alices_browser.post("/profile/keeping/", {"keep_days": "7"})
    assert answer.status_code == 400
    assert "1 session is older" in answer.text
    assert Profile.objects.get(user=alice).keep_days is None

    assert alices_browser.post("/profile/keeping/", {"keep_days": "7", "is_understood": "on"}).status_code == 303


def test_and_back_to_for_ever(alices_browser, alice):
    Profile.objects.create(user=alice, keep_days=30)

    alices_browser.post("/profile/keeping/", {"keep_days": ""})

    assert Profile.objects.get(user=alice).keep_days is None


@pytest.mark.parametrize("nonsense", ["2", "-1", "soon"])
def test_nonsense_is_refused(alices_browser, alice, voice_session, nonsense):
    assert alices_browser.post("/profile/keeping/", {"keep_days": nonsense}).status_code == 400
    kept = (f"/sessions/{voice_session.pk}/keeping/", {"keep": nonsense})
    assert alices_browser.post(*kept, headers={"accept": "application/json"}).status_code == 400
    assert "Choose one of the times." in alices_browser.post(*kept, follow=True).text


def test_a_form_that_names_no_time_changes_none(alices_browser, alice, voice_session):
    Profile.objects.create(user=alice, keep_days=30)
    aged(voice_session, keep_until=-300)

    answer = alices_browser.post("/profile/keeping/", {"is_understood": "on"})
    page = alices_browser.post(f"/sessions/{voice_session.pk}/keeping/", {}, follow=True).text

    assert answer.status_code == 400
    assert "Choose one of the times." in answer.text
    assert "Choose one of the times." in page
    assert Profile.objects.get(user=alice).keep_days == 30
    assert VoiceSession.objects.get().keep_until is not None


def test_a_choice_that_would_forget_the_session_at_once_is_refused(alices_browser, alice, ended):
    Profile.objects.create(user=alice, keep_days=7)
    aged(ended, ended_at=9, created_at=9, keep_until=-300)

    page = alices_browser.post(f"/sessions/{ended.pk}/keeping/", {"keep": ""}, follow=True).text

    assert "it would be forgotten at once" in page
    assert VoiceSession.objects.get().keep_until is not None


def test_a_session_that_is_kept_for_ever_shows_that_choice(alices_browser, ended):
    alices_browser.post(f"/sessions/{ended.pk}/keeping/", {"keep": "for_ever"})

    assert '<option value="for_ever" selected>' in alices_browser.get(f"/sessions/{ended.pk}/").text


def test_one_session_is_kept_for_another_time(alices_browser, voice_session):
    answer = alices_browser.post(f"/sessions/{voice_session.pk}/keeping/", {"keep": "30"})

    voice_session.refresh_from_db()
    assert answer.status_code == 303
    assert timedelta(days=29) < voice_session.keep_until - timezone.now() < timedelta(days=31)


def test_a_session_is_started_to_be_forgotten_at_its_end(alices_browser):
    alices_browser.post("/sessions/", {"forget_at_end": "on"})

    assert VoiceSession.objects.get().forget_at_end


def test_an_account_is_deleted_with_everything(alice, bob):
    planted(alice)
    hers, his = logged_in(alice), logged_in(bob)
    elsewhere = logged_in(alice)

    answer = hers.post("/profile/delete/", {"name": "alice", "password": "secret words"})

    assert answer.status_code == 303
    assert not get_user_model().objects.filter(username="alice").exists()
    assert "Your account is deleted" in hers.get(answer["Location"]).text
    assert elsewhere.get("/sessions/").status_code == 302
    assert his.get("/sessions/").status_code == 200


def test_before_it_goes_the_page_names_what_the_history_shows_and_what_was_deleted_a_moment_ago(alices_browser, alice):
    for _ in range(2):
        lifecycle.create(alice)
    lifecycle.delete(lifecycle.create(alice))

    page = alices_browser.get("/profile/delete/").text

    assert "2 sessions with all their words" in page
    assert "1 session that you deleted and could still have back goes, too." in page


def test_who_has_no_session_reads_no_number(alices_browser):
    page = alices_browser.get("/profile/delete/").text

    assert "Your account goes. You have no sessions." in page
    assert "0 session" not in page


def test_afterwards_the_same_number_is_named(alice):
    lifecycle.create(alice)
    lifecycle.delete(lifecycle.create(alice))
    browser = logged_in(alice)

    page = browser.post("/profile/delete/", {"name": "alice", "password": "secret words"}, follow=True).text

    assert "Your account is deleted, with 1 session." in page


@pytest.mark.parametrize("fields", [{"name": "alice"}, {"name": "bob", "password": "secret words"}, {}])
def test_but_not_without_name_and_password(alices_browser, fields):
    answer = alices_browser.post("/profile/delete/", {"password": "guessed"} | fields)

    assert answer.status_code == 400
    assert get_user_model().objects.filter(username="alice", is_active=True).exists()


def test_an_empty_form_deletes_nothing_and_says_what_is_missing(alices_browser):
    answer = alices_browser.post("/profile/delete/")

    assert answer.status_code == 400
    assert answer.text.count("This field is required.") == 2


def test_what_staff_did_outlives_their_account(alice):
    AuditEntry.note(alice, "reveal")

    forgetting.forget_account(alice)

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name) == (None, "alice")


def test_everybody_can_read_what_is_kept(client):
    assert "Sound is never stored" in client.get("/privacy/").text
