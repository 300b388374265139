"""What was said stays where it belongs: no log line, no error page, no representation of a row repeats it."""

from __future__ import annotations

import logging

import pytest

from sessions_app import recording
from tests.conftest import SECOND_OF_SILENCE
from tests.sockets import microphone_of, view_of
from tests.test_recording import words

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "the purple canary sings at noon"


async def test_no_log_line_holds_what_was_said(alices_browser, voice_session, caplog):
    caplog.set_level(logging.DEBUG)
    async with (
        view_of(alices_browser.cookies, voice_session) as view,
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 4)
        said = (await view.until_event("transcript"))["text"]
        await microphone.send_text("[" + CANARY)
        await microphone.closed()

    # Only the database's own statements, which nobody logs in production, may hold it.
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert said
    assert not [line for line in lines if said in line or CANARY in line]


def test_a_row_shown_in_an_error_report_does_not_hold_what_was_said(voice_session):
    recording.append(voice_session.pk, [words(CANARY)])

    assert CANARY not in repr(voice_session.events.get())


def test_an_error_page_does_not_hold_what_was_said(alices_browser, voice_session, monkeypatch):
    recording.append(voice_session.pk, [words(CANARY)])
    monkeypatch.setattr("sessions_app.views.session.exports.session_wire", lambda voice_session: 1 / 0)
    alices_browser.raise_request_exception = False

    answer = alices_browser.get(f"/sessions/{voice_session.pk}/", HTTP_ACCEPT="application/json")

    assert answer.status_code == 500
    assert CANARY not in answer.text
