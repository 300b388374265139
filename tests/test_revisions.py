"""What tells a view of changes says how far it knows them, so that it can come back for the rest."""

from __future__ import annotations

import json

import pytest

from sessions_app import editing, off_record, recording, revisions
from tests.test_recording import words


@pytest.fixture
def said(voice_session):
    recording.append(voice_session.pk, [words("helo there", speaker="Speaker A"), words("hi", speaker="Speaker B")])
    return voice_session


def told(frames):
    """Return the type and revision of each message."""
    return [(message["type"], message["revision"]) for message in map(json.loads, frames)]


def test_each_change_says_its_number(said, alice):
    revised = [
        editing.correct_words(said, 1, "hello there", author=alice),
        editing.name_speaker(said, "Speaker A", "Ann", author=alice),
        editing.rename(said, "The bank", author=alice),
        off_record.begin(said.pk, author=alice),
    ]
    note = editing.add_note(said, author=alice, at_ms=0)

    frames = [frame for each in revised for frame in each.frames]
    assert told(frames) == [("revised", 1), ("speakers", 2), ("session", 3), ("session", 4)]
    assert told(note.private_frames) == [("note", 5)]


def test_what_was_missed_comes_in_the_order_of_the_last_change(said, alice):
    editing.correct_words(said, 1, "hello", author=alice)
    editing.correct_words(said, 2, "hey", author=alice)
    editing.name_speaker(said, "Speaker A", "Ann", author=alice)
    editing.correct_words(said, 1, "hello there", author=alice)

    missed = revisions.read_after(said.pk, 0)

    assert told(missed.frames) == [("revised", 2), ("speakers", 3), ("revised", 4)]


@pytest.mark.parametrize("known", range(5))
def test_whoever_breaks_off_anywhere_is_told_the_rest(said, alice, known):
    """A view that knew `known`, heard one message and was cut off, comes back with that message's number."""
    editing.correct_words(said, 1, "hello", author=alice)
    editing.name_speaker(said, "Speaker B", "Bo", author=alice)
    editing.correct_words(said, 2, "hey", author=alice)
    editing.correct_words(said, 1, "hello there", author=alice)
    expected = {json.dumps(content(frame)) for frame in revisions.read_after(said.pk, known).frames}

    heard, *_ = [*revisions.read_after(said.pk, known).frames, None]
    number = json.loads(heard)["revision"] if heard else known
    rest = revisions.read_after(said.pk, number).frames

    assert {json.dumps(content(frame)) for frame in (heard, *rest) if frame} == expected


def content(frame):
    return {name: value for name, value in json.loads(frame).items() if name != "revision"}


def test_the_live_page_says_which_changes_it_shows(said, alice, client):
    editing.name_speaker(said, "Speaker A", "Ann", author=alice)
    editing.remove_line(said, 2, author=alice)
    client.force_login(alice)

    page = client.get(f"/sessions/{said.pk}/").text

    assert 'data-revision="2"' in page
    assert "Ann" in page
    assert "A line was removed." in page
