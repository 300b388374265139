"""The list of sessions: what staff find, and what it says of each."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sessions_app import lease, lifecycle, recording
from sessions_app.admin import records
from sessions_app.annotation.events import GapCause, gap
from sessions_app.models import VoiceSession
from tests.admin.conftest import SESSIONS, allocated, shown
from tests.conftest import person

pytestmark = pytest.mark.django_db


def test_staff_find_a_session_by_its_number_however_it_is_spelt(stellas_browser, voice_session, bob):
    lifecycle.create(bob)

    for spelling in (str(voice_session.pk), voice_session.pk.hex, f" {str(voice_session.pk).upper()} "):
        found, _ = shown(stellas_browser, f"{SESSIONS}?q={spelling}")
        assert found == [voice_session]


@pytest.mark.parametrize("term", ["alice", "ALI", "alice@example"])
def test_staff_find_sessions_by_owner(stellas_browser, voice_session, bob, term):
    lifecycle.create(bob)

    assert shown(stellas_browser, f"{SESSIONS}?q={term}")[0] == [voice_session]


def test_titles_are_neither_shown_nor_guessed_at(stellas_browser, voice_session):
    assert "The bank" not in shown(stellas_browser, SESSIONS)[1]
    assert shown(stellas_browser, f"{SESSIONS}?q=bank")[0] == []


def test_it_says_how_each_one_stands(stellas_browser, voice_session):
    lease.claim(voice_session.pk, take_over=False)
    recording.append(voice_session.pk, [gap(cause=GapCause.OVERLOAD, start_ms=0, end_ms=9)] * 3)

    [row], page = shown(stellas_browser, SESSIONS)

    assert row.gap_count == 3
    assert '<td class="field-lag">0 s</td>' in page
    assert '<td class="field-gaps">3</td>' in page
    assert '<td class="field-who_is_there">microphone</td>' in page


@pytest.mark.parametrize(
    ("chosen", "is_found"),
    [
        ("state__exact=running", True),
        ("state__exact=stopped", False),
        ("engine=none", True),
        ("engine=scripted", False),
        ("attention=microphone", False),
        ("attention=idle", True),
        ("attention=allocation", True),
        ("attention=deleted", False),
    ],
)
def test_the_list_is_filtered(stellas_browser, voice_session, chosen, is_found):
    VoiceSession.objects.update(last_seen_at=timezone.now() - timedelta(seconds=200))
    allocated(voice_session)

    assert bool(shown(stellas_browser, f"{SESSIONS}?{chosen}")[0]) is is_found


@pytest.mark.parametrize(
    "asked", ["state__exact=%00", "engine=%00", "created_at__year=999999999999", "simulated__exact=x", "q=%00"]
)
def test_a_filter_that_makes_no_sense_does_not_break_the_list(stellas_browser, asked):
    assert stellas_browser.get(f"{SESSIONS}?{asked}").status_code in {200, 302, 400}


@pytest.mark.parametrize(("counted", "says_so"), [(2, True), (3, False)])
def test_a_list_that_is_cut_says_so(stellas_browser, alice, monkeypatch, counted, says_so):
    for _ in range(3):
        lifecycle.create(alice)
    monkeypatch.setattr(records, "COUNTED", counted)

    _, page = shown(stellas_browser, SESSIONS)

    assert (f"There are more than these {counted}." in page) == says_so


def test_it_costs_as_many_queries_for_fifty_sessions_as_for_one(stellas_browser, alice):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            stellas_browser.get(SESSIONS)
        return len(captured)

    lifecycle.create(alice)
    queries()  # content types are remembered
    for_one = queries()
    for number in range(50):
        lifecycle.create(person(f"person{number}"), title=f"Call {number}")

    assert queries() == for_one <= 8


def test_only_staff_get_in(alices_browser):
    assert alices_browser.get(SESSIONS).status_code == 302
