"""A session as plain text, and in large letters."""

from __future__ import annotations

import re

import pytest

from sessions_app import editing, lifecycle, look, recording
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import EndReason

pytestmark = pytest.mark.django_db


def said(second, text, speaker="Speaker A", **more):
    span = {"start_ms": second * 1000, "end_ms": second * 1000 + 900}
    return SessionEvent(kind=Kind.TRANSCRIPT, text=text, speaker=speaker, **span, **more)


def sounded(second, label, band):
    span = {"start_ms": second * 1000, "end_ms": second * 1000 + 900}
    return SessionEvent(kind=Kind.TONE, label=label, speaker="Speaker A", payload={"band": band}, **span)


@pytest.fixture
def talk(voice_session):
    events = [said(0, "Good morning."), sounded(0, "Warm", "maybe"), said(5, "Who is it?", "Speaker B")]
    recording.append(voice_session.pk, events)
    return voice_session


def text_of(browser, talk, query=""):
    page = browser.get(f"/sessions/{talk.pk}/text/{query}").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page[page.index("<h1>") :]))


def test_plain_text_says_who_what_and_how(alices_browser, talk):
    editing.name_speaker(talk, speaker="Speaker B", name="Dr. Okafor", author=talk.owner)

    text = text_of(alices_browser, talk)

    assert "0:00 Speaker A: Good morning. (may sound warm)" in text
    assert "0:05 Dr. Okafor: Who is it?" in text


def test_newer_lines_are_a_link_away(alices_browser, talk):
    first = alices_browser.get(f"/sessions/{talk.pk}/text/").content.decode()
    recording.append(talk.pk, [said(9, "Only this is new.")])

    text = text_of(alices_browser, talk, re.search(r'href="(\?after=\d+)"[^>]*>Load newer', first)[1])

    assert "Only this is new." in text
    assert "Good morning" not in text


def test_the_page_comes_again_by_itself_only_when_asked(alices_browser, talk):
    assert b"http-equiv" not in alices_browser.get(f"/sessions/{talk.pk}/text/").content

    asked = alices_browser.get(f"/sessions/{talk.pk}/text/?after=0&reload=on").content.decode()

    assert '<meta http-equiv="refresh" content="10;url=?after=0&amp;reload=on#end">' in asked
    assert "loads again by itself every 10 seconds" in asked


def test_an_ended_session_does_not_come_again(alices_browser, talk):
    lifecycle.end(talk, EndReason.USER)

    text = text_of(alices_browser, talk, "?reload=on")

    assert "The session has ended." in text
    assert "by itself" not in text


@pytest.mark.parametrize(
    ("choice", "line"),
    [
        ({"tone": "off"}, "Speaker A: Good morning. 0:05"),
        ({"captions_only": True}, "Speaker A: Good morning. 0:05"),
        ({"elcor": "on"}, "Speaker A: [Maybe warm] Good morning. 0:05"),
    ],
)
def test_plain_text_follows_the_readers_choice_of_tone(alice, alices_browser, talk, choice, line):
    look.change(alice, choice)

    assert line in text_of(alices_browser, talk)


def test_a_long_session_begins_with_its_latest_lines(alices_browser, voice_session):
    recording.append(voice_session.pk, [said(second, f"Line {second}.") for second in range(700)])

    latest, whole = (text_of(alices_browser, voice_session, query) for query in ("", "?after=0"))

    assert "Line 699." in latest and "Line 5." not in latest
    assert "Line 5." in whole


@pytest.mark.parametrize("view", ["text", "big"])
def test_strangers_see_neither(bobs_browser, client, talk, view):
    address = f"/sessions/{talk.pk}/{view}/"

    assert bobs_browser.get(address).status_code == 404
    assert client.get(address)["Location"].startswith("/accounts/login/")


def test_big_letters_begin_with_the_last_lines(alices_browser, talk):
    page = alices_browser.get(f"/sessions/{talk.pk}/big/").content.decode()

    assert "Who is it?" in page
    assert 'data-last-seq="0"' in page
