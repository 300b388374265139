"""Changing a session over HTTP: by a form, as JSON, by its owner alone, and at once in every view."""

from __future__ import annotations

import random
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from sessions_app import editing, recording
from sessions_app.lines import originals_of
from sessions_app.models import MAX_WORDS_CHARS, Event, Note, Revision
from tests.sockets import view_of
from tests.test_recording import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(voice_session):
    recording.append(voice_session.pk, [words("helo there", speaker="Speaker A"), words("hi", speaker="Speaker B")])
    return voice_session


def post(browser, voice_session, what, **fields):
    return browser.post(f"/sessions/{voice_session.pk}/{what}/", fields, HTTP_ACCEPT="application/json")


def post_json(browser, voice_session, what, **fields):
    address = f"/sessions/{voice_session.pk}/{what}/"
    return browser.post(address, fields, content_type="application/json", HTTP_ACCEPT="application/json")


def longest_words(seed):
    rare = random.Random(seed)
    return "".join(chr(rare.randrange(0x10000, 0x10FFFF)) for _ in range(MAX_WORDS_CHARS))


def changes_of_words(voice_session):
    return Revision.objects.filter(session=voice_session).order_by("number").values_list("before", "after")


def test_a_form_leads_back_to_the_line(alices_browser, said):
    answer = alices_browser.post(f"/sessions/{said.pk}/lines/1/words/", {"text": "hello there"})

    assert (answer.status_code, answer["Location"]) == (303, f"/sessions/{said.pk}/#line-1")
    assert said.events.get(seq=1).text == "hello there"


def test_json_answers_with_the_revision(alices_browser, said):
    assert post(alices_browser, said, "lines/1/words", text="hello").json() == {"revision": 1}
    assert post(alices_browser, said, "speakers/name", speaker="Speaker A", name="Ann").json() == {"revision": 2}


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("lines/1/words", {"text": "  "}),
        ("lines/1/words", {"text": "x" * 2001}),
        ("lines/1/words", {"text": "a\0b"}),
        ("speakers/merge", {"speaker": "Speaker A", "same_as": "Speaker A"}),
        ("title", {"title": "x" * 201}),
        ("notes", {"at_ms": "-5"}),
        ("notes", {"at_ms": "soon"}),
    ],
)
def test_what_cannot_be_is_refused_in_words(alices_browser, said, what, fields):
    answer = post(alices_browser, said, what, **fields)

    assert answer.status_code == 400
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("lines/99/words", {"text": "x"}),
        ("lines/99999999999999999999999/remove", {}),
        ("lines/1/speaker", {"speaker": "Speaker Z"}),
        ("speakers/name", {"speaker": "Nobody", "name": "x"}),
        ("notes/7/remove", {}),
    ],
)
def test_what_is_not_there_is_not_found(alices_browser, said, what, fields):
    assert post(alices_browser, said, what, **fields).status_code == 404


def test_a_stranger_changes_nothing(bobs_browser, said):
    assert post(bobs_browser, said, "lines/1/words", text="mine").status_code == 404
    assert Event.objects.get(session=said, seq=1).text == "helo there"


def test_json_that_is_none_is_refused(alices_browser, said):
    address = f"/sessions/{said.pk}/lines/1/words/"

    answer = alices_browser.post(address, "[", content_type="application/json", HTTP_ACCEPT="application/json")

    assert answer.status_code == 400


def test_a_removal_answers_what_takes_it_back(alices_browser, said):
    removed = post(alices_browser, said, "lines/1/remove").json()

    answer = post(alices_browser, said, "lines/1/remove", undo=removed["undo"])

    assert answer.json() == {"revision": 2}
    assert said.events.get(seq=1).text == "helo there"


def test_the_longest_line_is_put_back_with_what_it_was_before(alices_browser, said):
    """As a page sends it, in signs of four bytes each that no compression makes less of."""
    once, twice = longest_words(1), longest_words(2)
    for text in (once, twice):
        assert post_json(alices_browser, said, "lines/1/words", text=text).status_code == 200
    removed = post(alices_browser, said, "lines/1/remove").json()

    answer = post_json(alices_browser, said, "lines/1/remove", undo=removed["undo"])

    assert answer.status_code == 200
    assert said.events.get(seq=1).text == twice
    assert list(changes_of_words(said)) == [("helo there", once), (once, twice), ("", ""), ("", twice)]


def test_a_line_that_was_changed_often_is_put_back_with_the_first_of_its_changes(alices_browser, said):
    for number in range(12):
        post_json(alices_browser, said, "lines/1/words", text=longest_words(number))
    removed = post(alices_browser, said, "lines/1/remove").json()

    answer = post_json(alices_browser, said, "lines/1/remove", undo=removed["undo"])

    assert answer.status_code == 200
    assert said.events.get(seq=1).text == longest_words(11)
    assert originals_of(said.pk, [1]) == {1: "helo there"}
    assert changes_of_words(said)[0] == ("helo there", longest_words(0))


def test_what_is_too_late_to_undo_is_said_in_words(alices_browser, said):
    post(alices_browser, said, "lines/1/remove")

    answer = post(alices_browser, said, "lines/1/remove", undo="made up")

    assert answer.status_code == 400
    assert "cannot be undone" in answer.json()["message"]


def test_a_line_is_given_to_somebody_else(alices_browser, said):
    assert post(alices_browser, said, "lines/1/speaker", speaker="new").status_code == 200
    assert said.events.get(seq=1).speaker == "Speaker Z"


def test_a_note_without_words_is_refused_in_words(alices_browser, said):
    post(alices_browser, said, "notes", at_ms="700", text="ask")

    answer = post(alices_browser, said, f"notes/{Note.objects.get().pk}", text=" ")

    assert answer.json()["message"] == "Write a few words, or remove it."


def test_off_the_record_and_back(alices_browser, said):
    post(alices_browser, said, "off-record", off="1")
    said.refresh_from_db()
    assert said.is_off_record

    post(alices_browser, said, "off-record", off="0", at_ms="500")
    said.refresh_from_db()
    assert said.off_record == [[0, 500]]


def test_notes_are_made_changed_and_removed(alices_browser, said):
    post(alices_browser, said, "notes", at_ms="700")
    note = Note.objects.get()
    assert note.is_bookmark

    post(alices_browser, said, f"notes/{note.pk}", text="ask again")
    assert Note.objects.get().text == "ask again"

    post(alices_browser, said, f"notes/{note.pk}/remove")
    assert not Note.objects.exists()


@pytest.mark.django_db(transaction=True)
async def test_every_view_is_told(alices_browser, said):
    async with view_of(alices_browser.cookies, said) as first, view_of(alices_browser.cookies, said) as second:
        for view in (first, second):
            await view.until("event")

        await sync_to_async(post)(alices_browser, said, "lines/1/words", text="hello there")

        for view in (first, second):
            revised = await view.until("revised", seq=1)
            assert revised["event"]["text"] == "hello there"


@pytest.mark.django_db(transaction=True)
async def test_a_bookmark_by_one_key_reaches_the_other_screen(alices_browser, said):
    async with view_of(alices_browser.cookies, said) as first, view_of(alices_browser.cookies, said) as second:
        await second.until("event")

        await first.say("bookmark", at_ms=900)

        assert (await second.until("note"))["at_ms"] == 900


@pytest.mark.django_db(transaction=True)
async def test_a_bookmark_that_the_database_does_not_take_is_said_and_cuts_nobody_off(
    alices_browser, said, monkeypatch
):
    async with view_of(alices_browser.cookies, said) as view:
        with monkeypatch.context() as away:
            away.setattr(editing, "add_note", Mock(side_effect=OperationalError))
            await view.say("bookmark", at_ms=900)
            error = await view.until("error")

        await view.say("bookmark", at_ms=901)

        assert "was not saved" in error["message"]
        assert (await view.until("note"))["at_ms"] == 901


@pytest.mark.django_db(transaction=True)
async def test_who_comes_back_is_told_what_changed(alices_browser, said):
    await sync_to_async(post)(alices_browser, said, "speakers/name", speaker="Speaker B", name="Ben")

    async with view_of(alices_browser.cookies, said, after=2) as view:
        snapshot = await view.until("snapshot")
    async with view_of(alices_browser.cookies, said, after="2&revision=0") as late:
        news = await late.until("speakers")

    assert snapshot["speakers"] == news["speakers"] == {"Speaker B": "Ben"}
