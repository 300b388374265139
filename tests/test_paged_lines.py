"""A page of a session's lines costs what stands on it, and says what the whole says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from sessions_app import lifecycle, recording
from sessions_app.annotation.events import GapCause, gap
from sessions_app.lines import PagedLines, lines_of
from sessions_app.models import EndReason, Event
from sessions_app.models.event import EventQuerySet
from tests.test_debrief import line_state, talk, tone
from tests.test_recording import words

NAMES = {"Speaker B": "Dr. Okafor"}


def kept(voice_session, events):
    Event.objects.filter(session=voice_session).delete()
    recording.append(voice_session.pk, events)


def stretches():
    """Starts and ends near one another, so that tones reach over words and pages in every way."""
    return some.tuples(some.integers(0, 12_000), some.integers(1, 6000)).map(lambda at: (at[0], at[0] + at[1]))


def happenings():
    voices = some.sampled_from(["speaker_a", "Speaker A", "Speaker B"])
    return some.one_of(
        some.builds(lambda at, who: words(start_ms=at[0], end_ms=at[1], speaker=who), stretches(), voices),
        some.builds(
            lambda at, who, label, band: tone(label, start_ms=at[0], end_ms=at[1], speaker=who, band=band),
            stretches(),
            voices,
            some.sampled_from(["Warm", "Frustrated"]),
            some.sampled_from(["clear", "maybe", "unclear"]),
        ),
        some.builds(line_state, some.sampled_from(["none", "hold", "ringback"]), some.integers(0, 12_000)),
        some.builds(lambda at: gap(cause=GapCause.CONNECTION, start_ms=at[0], end_ms=at[1]), stretches()),
    )


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=some.lists(happenings(), max_size=25), page_lines=some.integers(1, 7))
def test_its_pages_are_the_whole(voice_session, events, page_lines):
    kept(voice_session, events)

    paged = PagedLines(voice_session, names=NAMES)

    pages = [paged[first : first + page_lines] for first in range(0, len(paged), page_lines)]
    whole = list(lines_of(voice_session.events.after(0).columns(), names=NAMES))
    assert [line for page in pages for line in page] == whole
    assert all(len(page) == page_lines for page in pages[:-1])


@pytest.mark.django_db
def test_nothing_was_said(voice_session):
    paged = PagedLines(voice_session, names={})

    assert len(paged) == 0
    assert paged[0:1000] == []


@pytest.mark.django_db
def test_a_page_reads_no_more_of_a_session_than_stands_on_it(voice_session, monkeypatch):
    kept(voice_session, list(talk(60)))
    lifecycle.end(voice_session, EndReason.USER)
    read = []
    columns = EventQuerySet.columns
    monkeypatch.setattr(EventQuerySet, "columns", lambda events: read.extend(columns(events)) or read)

    page = PagedLines(voice_session, names={})[30:40]

    assert [line.text for line in page] == [f"line {number}" for number in range(30, 40)]
    assert 20 <= len(read) <= 22, "ten lines and their tones, and a tone that reaches into the first"
