"""The debrief: its picture, its lines, and what an owner corrects and marks in them."""

from __future__ import annotations

import re
import tracemalloc

import pytest

from sessions_app import editing, lifecycle, recording, transcript
from sessions_app.annotation.events import GapCause, Kind, SessionEvent, gap
from sessions_app.models import EndReason
from sessions_app.transcript import Wanted
from tests.test_recording import words

pytestmark = pytest.mark.django_db


def tone(label, *, start_ms=0, end_ms=1000, band="clear", affect="warm", speaker="Speaker A"):
    payload = {"band": band, "affect": affect}
    return SessionEvent(
        kind=Kind.TONE, start_ms=start_ms, end_ms=end_ms, label=label, speaker=speaker, confidence=0.8, payload=payload
    )


def line_state(label, at_ms):
    return SessionEvent(kind=Kind.QUEUE, start_ms=at_ms, end_ms=at_ms + 1000, label=label)


def talk(lines, *, seconds=3):
    """So many lines of two people, each with a tone."""
    for number in range(lines):
        at = {"start_ms": number * seconds * 1000, "end_ms": (number + 1) * seconds * 1000 - 500}
        who = f"Speaker {'AB'[number % 2]}"
        yield words(f"line {number}", speaker=who, **at)
        yield tone("Frustrated" if number % 3 else "Warm", affect="frustrated" if number % 3 else "warm", **at)


@pytest.fixture
def said(voice_session):
    recording.append(
        voice_session.pk,
        [
            line_state("ringback", 0),
            line_state("none", 4000),
            words("helo there", start_ms=5000, end_ms=7000),
            tone("Warm", start_ms=5000, end_ms=7000),
            words("I waited an hour", start_ms=8000, end_ms=10_000, speaker="Speaker B"),
            tone("Frustrated", start_ms=8000, end_ms=10_000, band="maybe", affect="frustrated", speaker="Speaker B"),
            gap(cause=GapCause.CONNECTION, start_ms=10_000, end_ms=12_000),
            words("goodbye", start_ms=12_000, end_ms=13_000),
        ],
    )
    lifecycle.end(voice_session, EndReason.USER)
    return voice_session


@pytest.fixture
def read(alices_browser, said):
    def get(query=""):
        answer = alices_browser.get(f"/sessions/{said.pk}/{query}")
        assert answer.status_code == 200
        return answer.text

    return get


def line(html, seq):
    return re.search(rf'<li class="line" id="line-{seq}".*?</li>', html, re.DOTALL)[0]


class TestLines:
    def test_speakers_have_their_given_names(self, read, said, alice):
        editing.name_speaker(said, "Speaker A", "Dr. Okafor", author=alice)
        editing.merge_speakers(said, "Speaker B", "Speaker A", author=alice)

        assert ">Dr. Okafor<" in line(read(), 5)
        assert ">Speaker B<" not in read()

    def test_a_corrected_line_says_what_was_heard(self, read, said, alice):
        editing.correct_words(said, 3, "hello their", author=alice)
        editing.correct_words(said, 3, "hello there", author=alice)

        assert "hello there" in line(read(), 3)
        assert "<q>helo there</q>" in line(read(), 3)

    def test_of_a_removed_line_only_that_is_left(self, read, said, alice):
        editing.remove_line(said, 3, author=alice)

        assert "A line was removed." in line(read(), 3)
        assert "sounds" not in line(read(), 3)
        assert "helo" not in read()

    def test_notes_stand_at_their_moment(self, read, said, alice):
        editing.add_note(said, author=alice, at_ms=7500, text="ask about the fee")
        editing.add_note(said, author=None, at_ms=7600, text="that was a joke", author_name="Ben")
        html = read()

        assert html.index("helo there") < html.index("ask about the fee") < html.index("I waited an hour")
        assert "Note by Ben" in html

    def test_what_somebody_says_is_never_markup(self, read, said, alice):
        nasty = "</title><svg onload=alert(1)>"
        editing.correct_words(said, 3, nasty, author=alice)
        editing.name_speaker(said, "Speaker A", nasty, author=alice)
        editing.rename(said, nasty, author=alice)
        editing.add_note(said, author=alice, at_ms=1, text=nasty)

        assert "<svg onload" not in read("?edit=1&line=3")


class TestFilters:
    def test_by_speaker(self, read):
        html = read("?speaker=Speaker+B")

        assert "I waited an hour" in html
        assert "helo there" not in html
        assert "1 line fits." in html

    def test_by_tone(self, read):
        assert "I waited an hour" not in read("?tone=Warm")
        assert "helo there" in read("?tone=Warm")

    def test_by_the_name_that_two_voices_share(self, read, said, alice):
        editing.name_speaker(said, "Speaker B", "Ann", author=alice)
        editing.merge_speakers(said, "Speaker A", "Speaker B", author=alice)

        assert "3 lines fit." in read("?speaker=Ann")

    def test_elcor_keeps_the_filter(self, read):
        assert "?speaker=Speaker+B&amp;elcor=1" in read("?speaker=Speaker+B")


class TestPages:
    @pytest.fixture
    def long(self, voice_session):
        recording.append(voice_session.pk, list(talk(25)))
        return voice_session

    def reading(self, voice_session, **wanted):
        return transcript.read(voice_session, Wanted(**wanted), names={}, page_lines=10)

    def test_a_page_holds_so_many_lines(self, long):
        second = self.reading(long, page=2)

        assert [each.text for each in second.lines] == [f"line {number}" for number in range(10, 20)]
        assert (second.page, second.pages, second.matches) == (2, 3, 25)

    def test_the_last_page_for_whoever_asks_for_more(self, long):
        assert self.reading(long, page=99).page == 3

    def test_the_page_of_a_line(self, long):
        seq = long.events.get(text="line 17").seq

        assert self.reading(long, line=seq).page == 2
        assert self.reading(long, line=seq + 1).lines[0].text == "line 10"  # its tone

    def test_the_page_of_a_note(self, long, alice):
        editing.add_note(long, author=alice, at_ms=70_000, text="here")
        note = long.notes.get()

        reading = transcript.read(long, Wanted(note=note.pk), names={}, notes=[note], page_lines=10)

        assert reading.page == 3
        assert "here" in [each.text for each in reading.lines]

    def test_filtered_lines_have_pages_of_their_own(self, long):
        reading = self.reading(long, speaker="Speaker B", page=2)

        assert (reading.matches, reading.pages, len(reading.lines)) == (12, 2, 2)


class TestPicture:
    def test_every_line_state_and_gap_is_in_it(self, read):
        html = read()

        assert 'href="#line-1" tabindex="-1"><title>0:00 Ringing' in html
        assert 'href="#line-5" tabindex="-1"><title>0:08 may sound frustrated' in html
        assert 'href="#line-7" tabindex="-1"><title>0:10 Not captioned' in html

    def test_the_table_says_the_same(self, read):
        table = re.search(r"<tbody>.*?</tbody>", read(), re.DOTALL)[0]
        rows = re.findall(r"<td>(.*?)</td>", re.sub(r"</?a[^>]*>", "", table))

        assert rows[:4] == ["0:00", "0:04", "The line", "Ringing"]
        assert rows[8:12] == ["0:08", "0:10", "Speaker B", "may sound frustrated"]

    def test_it_needs_neither_style_nor_script(self, read):
        html = read("?edit=1")

        assert " style=" not in html
        assert "onclick" not in html

    def test_a_line_on_another_page_is_asked_for(self, alices_browser, voice_session):
        recording.append(voice_session.pk, list(talk(1100)))
        lifecycle.end(voice_session, EndReason.USER)

        html = alices_browser.get(f"/sessions/{voice_session.pk}/").text

        assert re.search(r'href="\?line=2\d\d\d#line-2\d\d\d"', html)

    def test_hold_lasts_until_a_person_speaks(self, voice_session):
        person = SessionEvent(kind=Kind.SPEAKER, start_ms=60_000, end_ms=61_000, label="human_single")
        recording.append(voice_session.pk, [line_state("hold_music", 1000), line_state("hold_music", 2000), person])

        [(lane, mark)] = transcript.read(voice_session, Wanted(), names={}).timeline.marks

        assert (lane.kind, mark.look.kind, mark.start_ms, mark.end_ms) == ("line", "hold_music", 1000, 60_000)


class TestEditing:
    def test_reading_is_calm(self, read):
        assert "Change or comment" not in read()
        assert "textarea" not in read()

    def test_one_line_is_open_at_a_time(self, read):
        html = read("?edit=1&line=3")

        assert html.count("<textarea") == 1
        assert "helo there</textarea>" in line(html, 3)

    def test_the_forms_lead_where_changes_are_made(self, alices_browser, read, said):
        html = read("?edit=1&line=3")
        [action] = re.findall(r'action="([^"]*/lines/3/words/)"', html)

        answer = alices_browser.post(action, {"text": "hello there", "back": f"/sessions/{said.pk}/?edit=1"})

        assert (answer.status_code, answer["Location"]) == (303, f"/sessions/{said.pk}/?edit=1")
        assert "hello there" in line(read(), 3)

    @pytest.mark.parametrize(
        ("path", "fields", "shown"),
        [
            ("speakers/name/", {"speaker": "Speaker A", "name": "Ann"}, ">Ann<"),
            ("title/", {"title": "The bank again"}, "The bank again</h1>"),
            ("notes/", {"at_ms": "7500", "text": "remember"}, "remember"),
            ("lines/3/speaker/", {"speaker": "Speaker B"}, "given from Speaker A to Speaker B"),
            ("lines/3/remove/", {}, "A line was removed."),
        ],
    )
    def test_every_form_of_the_page_works(self, alices_browser, read, said, path, fields, shown):
        assert f'action="/sessions/{said.pk}/{path}"' in read("?edit=1&line=3")

        alices_browser.post(f"/sessions/{said.pk}/{path}", fields)

        assert shown in read("?edit=1&line=3")

    def test_the_history_says_who_changed_what(self, read, said, alice):
        editing.correct_words(said, 3, "hello there", author=alice)
        editing.name_speaker(said, "Speaker B", "Ann", author=alice)

        changes = re.search(r'<ol class="changes">.*?</ol>', read(), re.DOTALL)[0]

        assert "alice: words corrected from “helo there” to “hello there”" in changes
        assert "alice: Speaker B is now Ann" in changes
        assert changes.index("is now Ann") < changes.index("helo")


def test_a_long_session_is_shown_page_by_page(alices_browser, voice_session):
    recording.append(voice_session.pk, list(talk(5000)))
    lifecycle.end(voice_session, EndReason.USER)

    answer = alices_browser.get(f"/sessions/{voice_session.pk}/")

    assert answer.text.count('<li class="line"') == 1000


def test_it_costs_few_queries(alices_browser, said, django_assert_max_num_queries):
    with django_assert_max_num_queries(18):
        alices_browser.get(f"/sessions/{said.pk}/?edit=1")


def test_memory_does_not_grow_with_the_session(voice_session):
    recording.append(voice_session.pk, list(talk(10_000)))
    tracemalloc.start()

    transcript.read(voice_session, Wanted(page=3), names={}, page_lines=100)

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8_000_000
