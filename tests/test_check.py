"""The check before a call leaves nothing behind."""

from __future__ import annotations

import re
import uuid

import pytest

from sessions_app.models import Profile, VoiceSession

pytestmark = pytest.mark.django_db


def trial_of(answer):
    return VoiceSession.objects.get(pk=uuid.UUID(answer.json()["live_path"].split("/")[3]))


def test_a_check_has_a_session_of_its_own_that_is_forgotten_in_any_case(alice, alices_browser):
    answer = alices_browser.post("/check/begin/")

    trial = trial_of(answer)
    assert (trial.owner, trial.is_running, trial.forget_at_end) == (alice, True, True)


def test_nothing_is_left_of_a_check(alices_browser, voice_session):
    alices_browser.post("/check/begin/")

    answer = alices_browser.post("/check/end/")

    assert answer.json() == {"forgotten": True}
    assert list(VoiceSession.objects.all()) == [voice_session]


def test_a_second_check_forgets_the_first(alices_browser):
    alices_browser.post("/check/begin/")
    second = trial_of(alices_browser.post("/check/begin/"))

    assert list(VoiceSession.objects.all()) == [second]


def test_ending_a_check_that_never_was_harms_no_session(alices_browser, voice_session):
    assert alices_browser.post("/check/end/").json() == {"forgotten": False}
    assert VoiceSession.objects.filter(pk=voice_session.pk, state="running").exists()


def test_members_are_told_how_the_listener_is(alices_browser, client):
    assert alices_browser.get("/check/state/").json()["status"] == "simulated"
    assert client.get("/check/state/").status_code == 401


@pytest.mark.parametrize(("days", "words"), [(None, "until you delete them"), (7, "kept for 7 days"), (1, "1 day ")])
def test_the_page_says_what_is_kept_and_until_when(alice, alices_browser, days, words):
    Profile.objects.create(user=alice, keep_days=days)

    page = " ".join(alices_browser.get("/check/").content.decode().split())

    assert "Sound is never stored." in page
    assert words in page


def test_without_scripts_the_page_asks_for_nothing_that_cannot_be_done(alices_browser):
    page = alices_browser.get("/check/").text

    assert re.search(r"data-by-script hidden>Asking …", page)
    assert re.search(r'<li [^>]*data-step="microphone" data-by-script hidden>', page)
