"""What was said is shown to staff for a reason, once, and written down."""

from __future__ import annotations

import pytest

from sessions_app import editing, lifecycle, recording
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import AuditEntry, EndReason
from tests.admin.conftest import SECRET, SESSIONS, clerk
from tests.test_recording import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret_session(alice):
    voice_session = lifecycle.create(alice, title=f"{SECRET} (title)")
    tone = SessionEvent(kind=Kind.TONE, start_ms=0, end_ms=9, speaker="Speaker A", label=f"{SECRET} (label)")
    recording.append(voice_session.pk, [words(f"{SECRET} (words)"), tone])
    editing.name_speaker(voice_session, "Speaker A", f"{SECRET} (name)", author=alice)
    editing.add_note(voice_session, author=alice, text=f"{SECRET} (note)")
    return voice_session


def test_no_page_of_the_admin_shows_it(stellas_browser, secret_session):
    event = secret_session.events.first()
    pages = [
        "/admin/", SESSIONS, f"{SESSIONS}{secret_session.pk}/change/", f"{SESSIONS}{secret_session.pk}/history/",
        "/admin/sessions_app/event/", f"/admin/sessions_app/event/?q={secret_session.pk}",
        f"/admin/sessions_app/event/{event.pk}/change/", f"{SESSIONS}{secret_session.pk}/reveal/",
    ]  # fmt: skip

    for address in pages:
        answer = stellas_browser.get(address)
        assert answer.status_code == 200, address
        assert SECRET not in answer.text, address


@pytest.mark.parametrize(
    "asked", ["title__startswith=the", "summary__icontains=heron", "off_record=[]", "has_off_record=1", "revision=1"]
)
def test_it_cannot_be_guessed_at_by_filters_that_no_list_offers(secret_session, asked):
    assert clerk("view_voicesession").get(f"{SESSIONS}?{asked}").status_code == 400


def test_it_is_revealed_for_a_reason_and_that_is_written_down(stellas_browser, secret_session):
    answer = stellas_browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711"})

    for part in ("words", "label", "name", "title"):
        assert f"{SECRET} ({part})" in answer.text
    assert f"{SECRET} (note)" not in answer.text
    assert "no-store" in answer["Cache-Control"]
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.session_id, entry.actor_name) == ("reveal", secret_session.pk, "stella")
    assert "ticket 4711" in entry.detail


def test_its_owner_sees_that_it_was_revealed(stellas_browser, alices_browser, secret_session):
    lifecycle.end(secret_session, EndReason.USER)
    page = f"/sessions/{secret_session.pk}/"
    before = alices_browser.get(page).text

    stellas_browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711"})

    assert "staff read what was said here" not in before
    assert "staff read what was said here" in alices_browser.get(page).text


def test_it_is_shown_once(stellas_browser, secret_session):
    address = f"{SESSIONS}{secret_session.pk}/reveal/"
    stellas_browser.post(address, {"reason": "ticket 4711"})

    assert SECRET not in stellas_browser.get(address).text


@pytest.mark.parametrize("reason", ["", "why"])
def test_it_is_not_revealed_without_a_reason(stellas_browser, secret_session, reason):
    answer = stellas_browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": reason})

    assert SECRET not in answer.text
    assert not AuditEntry.objects.exists()


def test_no_number_pushes_the_reason_out_of_the_entry(stellas_browser, secret_session):
    answer = stellas_browser.post(
        f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711", "after": "9" * 190}
    )

    assert SECRET not in answer.text
    assert not AuditEntry.objects.exists()


def test_it_is_not_revealed_without_the_permission(secret_session):
    browser = clerk("view_voicesession", "change_voicesession", "view_event")

    answer = browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "curious, that is all"})

    assert answer.status_code == 403
    assert not AuditEntry.objects.exists()


def test_it_is_not_revealed_once_its_owner_has_deleted_it(stellas_browser, secret_session):
    lifecycle.delete(secret_session)

    answer = stellas_browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711"})

    assert answer.status_code == 404


def test_the_permission_alone_is_enough(secret_session):
    browser = clerk("reveal_event")

    answer = browser.post(f"{SESSIONS}{secret_session.pk}/reveal/", {"reason": "ticket 4711"})

    assert f"{SECRET} (words)" in answer.text


def test_what_was_said_is_escaped(stellas_browser, voice_session):
    recording.append(voice_session.pk, [words("<script>alert(1)</script>")])

    answer = stellas_browser.post(f"{SESSIONS}{voice_session.pk}/reveal/", {"reason": "ticket 4711"})

    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
