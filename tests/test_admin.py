"""What staff can see and do."""

from __future__ import annotations

import pytest

from sessions_app import lifecycle, recording
from sessions_app.models import EndReason
from tests.conftest import logged_in
from tests.test_recording import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def stellas_browser(stella):
    return logged_in(stella)


def test_staff_see_every_session_and_find_it(stellas_browser, voice_session):
    page = stellas_browser.get("/admin/sessions_app/voicesession/?q=bank&state__exact=running").text

    assert "The bank" in page
    assert "alice" in page


def test_the_list_costs_few_queries_however_many_sessions(stellas_browser, alice, django_assert_max_num_queries):
    for number in range(30):
        lifecycle.create(alice, title=f"Call {number}")

    with django_assert_max_num_queries(12):
        stellas_browser.get("/admin/sessions_app/voicesession/")


def test_staff_end_a_session(stellas_browser, voice_session):
    stellas_browser.post(
        "/admin/sessions_app/voicesession/", {"action": "end_sessions", "_selected_action": [str(voice_session.pk)]}
    )

    voice_session.refresh_from_db()
    assert voice_session.end_reason == EndReason.ADMIN


def test_events_can_be_read_but_not_changed_added_or_deleted(stellas_browser, voice_session):
    recording.append(voice_session.pk, [words()])
    event = voice_session.events.get()
    address = f"/admin/sessions_app/event/{event.pk}/change/"

    assert stellas_browser.get(address).status_code == 200
    assert stellas_browser.post(address, {"text": "changed"}).status_code == 403
    assert stellas_browser.get("/admin/sessions_app/event/add/").status_code == 403
    assert stellas_browser.post(f"/admin/sessions_app/event/{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_only_staff_get_in(alices_browser):
    assert alices_browser.get("/admin/sessions_app/voicesession/").status_code == 302
