"""The list of sessions: what a row shows, what the filters keep, where the words stand, and how a session goes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db import connection

from sessions_app import editing, lifecycle, recording
from sessions_app.models import EndReason, State, VoiceSession
from sessions_app.views import history
from tests.conftest import logged_in, person
from tests.test_recording import words
from tests.test_search import call, tone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits_at_once")]

JSON = {"HTTP_ACCEPT": "application/json"}


def titles(browser, **asked):
    page = browser.get("/sessions/", asked).text
    rows = re.findall(r'class="session-row__title"><a [^>]*>(.*?)</a>', page, re.DOTALL)
    return [re.sub(r"<.*?>", "", row).strip() for row in rows]


def at(voice_session, year, month, day):
    VoiceSession.objects.filter(pk=voice_session.pk).update(created_at=datetime(year, month, day, 12, tzinfo=UTC))
    return voice_session


class TestARow:
    def test_it_shows_when_how_long_who_and_how_it_sounded(self, alices_browser, alice):
        voice_session = call(
            alice, words("hi", speaker="Speaker B"), tone("warm"), tone("urgent", "clear", start_ms=1000, end_ms=4000)
        )
        VoiceSession.objects.filter(pk=voice_session.pk).update(heard_sample=16_000 * 180)

        page = alices_browser.get("/sessions/").text

        assert "about 3 minutes" in page
        assert "Speaker B" in page
        assert "urgent, or excited 75 %" in page
        assert "warm 25 %" in page
        assert '<path class="tone-strip__warm" d="M0 10v-7h12v7z"/>' in page
        assert '<path class="tone-strip__urgent" d="M12 10v-10h36v10z"/>' in page

    def test_a_running_session_says_so_and_shows_what_was_heard_so_far(self, alices_browser, alice):
        call(alice, words("hi", speaker="Speaker B"), tone("warm"), is_ended=False)

        for page in ("/", "/sessions/"):
            text = alices_browser.get(page).text
            assert "badge--running" in text
            assert "Speaker B" in text
            assert "warm 100 %" in text

    def test_the_first_page_has_the_same_rows(self, alices_browser, alice):
        call(alice, words("hi", speaker="Speaker B"), title="Ended")
        call(alice, title="Running", is_ended=False)

        page = alices_browser.get("/").text

        assert page.count('class="session-row"') == 2
        assert "Speaker B" in page

    def test_words_of_people_are_never_markup(self, alices_browser, alice):
        evil = "<script>alert(1)</script>"
        voice_session = call(alice, words(f"{evil} bank", speaker="Speaker B"), title=evil)
        editing.name_speaker(voice_session, "Speaker B", evil, author=alice)
        editing.add_note(voice_session, author=alice, at_ms=0, text=f"{evil} bank")

        for asked in ({}, {"q": "bank"}, {"q": evil, "speaker": evil}):
            assert "<script>alert" not in alices_browser.get("/sessions/", asked).text


class TestFilters:
    @pytest.fixture
    def three(self, alice):
        at(call(alice, tone("warm"), title="January"), 2026, 1, 15)
        at(call(alice, words("hi", speaker="Speaker B"), title="February"), 2026, 2, 15)
        at(call(alice, title="March", is_ended=False), 2026, 3, 15)

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({}, ["March", "February", "January"]),
            ({"state": "running"}, ["March"]),
            ({"state": "stopped"}, ["February", "January"]),
            ({"from": "2026-02-15"}, ["March", "February"]),
            ({"to": "2026-02-15"}, ["February", "January"]),
            ({"from": "2026-02-01", "to": "2026-02-28"}, ["February"]),
            ({"speaker": "speaker b"}, ["February"]),
            ({"tone": "warm"}, ["January"]),
            ({"tone": "warm", "q": "january", "state": "stopped"}, ["January"]),
            ({"tone": "warm", "q": "february"}, []),
        ],
    )
    def test_each_keeps_what_fits(self, three, alices_browser, asked, expected):
        assert titles(alices_browser, **asked) == expected

    @pytest.mark.parametrize(
        "asked",
        [
            {"from": "tomorrow"},
            {"from": "2026-02-31"},
            {"to": "0001-01-01\0"},
            {"state": "asleep"},
            {"tone": "§o1"},
            {"page": "0"},
            {"page": "-1"},
            {"page": "x"},
        ],
    )
    def test_nonsense_is_left_out(self, three, alices_browser, asked):
        assert len(titles(alices_browser, **asked)) == 3

    @pytest.mark.parametrize("asked", [{"to": "9999-12-31"}, {"from": "0001-01-01"}, {"q": "\0"}])
    def test_the_ends_of_the_calendar_are_no_error(self, three, alices_browser, asked):
        assert alices_browser.get("/sessions/", asked).status_code == 200

    def test_what_was_asked_stands_in_the_form_and_in_the_links(self, alices_browser, alice):
        for _ in range(26):
            call(alice, title="bank", is_ended=True)

        page = alices_browser.get("/sessions/", {"q": 'bank "bank"', "from": "2020-01-01"}).text

        assert 'value="bank &quot;bank&quot;"' in page
        assert "?q=bank+%22bank%22&amp;from=2020-01-01&amp;page=2" in page
        assert "26 sessions" in page

    @pytest.mark.parametrize("page", [3, 10**17, 10**40])
    def test_a_page_behind_the_last_leads_back(self, alices_browser, voice_session, page):
        assert "Go to the first" in alices_browser.get("/sessions/", {"page": page}).text or page > 10**18


class TestHits:
    def test_they_are_marked_and_lead_to_the_moment(self, alices_browser, alice):
        voice_session = call(
            alice, words("the Bank said no", start_ms=65_000, end_ms=66_000), words("well"), title="My bank"
        )

        page = alices_browser.get("/sessions/?q=bank").text

        assert "the <mark>Bank</mark> said no" in page
        assert "My <mark>bank</mark>" in page
        assert f'href="/sessions/{voice_session.pk}/?line=1#line-1">1:05</a>' in page
        assert "well" not in re.sub(r"<title>.*?</title>", "", page).split("session-row__title")[1]

    def test_the_best_lines_are_shown_in_order_and_the_others_counted(self, alices_browser, alice):
        lines = [words(f"rate {number}", start_ms=number * 1000, end_ms=number * 1000 + 1) for number in range(9)]
        call(alice, *lines, words("the interest rate", start_ms=9000, end_ms=9001))

        page = alices_browser.get("/sessions/?q=interest+rate").text

        assert re.findall(r">(0:0\d)</a>", page) == ["0:00", "0:01", "0:09"]
        assert "the <mark>interest</mark> <mark>rate</mark>" in page
        assert "and 7 more lines" in page

    def test_a_running_session_shows_them_too(self, alices_browser, alice):
        call(alice, "the bank said no", is_ended=False)

        assert "the <mark>bank</mark> said no" in alices_browser.get("/sessions/?q=bank").text

    def test_a_note_leads_to_the_note(self, alices_browser, alice):
        voice_session = call(alice, "hello")
        editing.add_note(voice_session, author=alice, at_ms=500, text="ask about parking")

        page = alices_browser.get("/sessions/?q=parking").text

        assert re.search(r"\?note=\d+#note-\d+\">Note at 0:00</a>", page)
        assert "ask about <mark>parking</mark>" in page

    def test_a_long_line_is_shown_around_the_word(self, alices_browser, alice):
        call(alice, "so " * 300 + "the bank " + "and " * 300)

        page = alices_browser.get("/sessions/?q=bank").text

        assert len(page) < 20_000
        assert re.search(r"<span>…so .* the <mark>bank</mark> and .* …</span>", page)


class TestAPhrase:
    @pytest.fixture
    def four(self, alice, monkeypatch):
        monkeypatch.setattr(history, "HISTORY_PAGE", 1)
        monkeypatch.setattr(history, "MAX_SLOWLY_COUNTED", 3)
        for number in range(4):
            call(alice, "one of the banks there", title=str(number))
        call(alice, "there are banks at the end of it", title="apart")

    @pytest.mark.parametrize("phrase", ['"of the"', '"banks there"'])
    def test_finds_the_newest(self, four, alices_browser, phrase):
        assert titles(alices_browser, q=phrase) == ["3"]
        assert titles(alices_browser, q=phrase, page=3) == ["1"]

    def test_of_long_words_is_counted_by_postgresql_as_far_as_is_quick(self, four, alices_browser):
        last = 3 if connection.vendor == "postgresql" else 4
        page = alices_browser.get("/sessions/", {"q": '"banks there"', "page": last})

        assert ("More than 3 sessions" in page.text) is (last == 3)
        assert f"Page {last} of {last}" in page.text
        assert titles(alices_browser, q='"banks there"', page=last + 1) == []

    def test_of_two_short_words_is_counted_to_the_end(self, four, alices_browser):
        assert "Page 4 of 4" in alices_browser.get("/sessions/", {"q": '"of the"', "page": 4}).text


class TestItsCost:
    @pytest.fixture
    def many(self, alice):
        for number in range(30):
            voice_session = call(
                alice, words("the bank", speaker="Speaker B"), tone("warm"), title=f"Call {number}", is_ended=number > 3
            )
            editing.add_note(voice_session, author=alice, at_ms=0, text="the bank again")

    @pytest.mark.parametrize(
        "asked", [{}, {"page": 2}, {"q": "bank"}, {"q": '"the bank" call', "speaker": "b", "tone": "warm"}, {"page": 9}]
    )
    def test_a_page_costs_few_queries(self, many, alices_browser, django_assert_max_num_queries, asked):
        with django_assert_max_num_queries(8 if '"' in asked.get("q", "") else 7):
            alices_browser.get("/sessions/", asked)


class TestNothing:
    def test_a_newcomer_is_led_to_the_start(self, alices_browser):
        assert "You have no sessions yet" in alices_browser.get("/sessions/").text

    @pytest.mark.parametrize(
        ("asked", "said"), [({"q": "zebra"}, "No session fits"), ({"q": "?!"}, "Type at least one")]
    )
    def test_no_result_has_a_way_out(self, alices_browser, voice_session, asked, said):
        page = alices_browser.get("/sessions/", asked).text

        assert said in page
        assert 'href="/sessions/">Show all sessions</a>' in page


class TestDeleting:
    def test_it_is_gone_and_can_come_back(self, alices_browser, alice):
        voice_session = call(alice, "the bank", title="Bank")

        page = alices_browser.post(f"/sessions/{voice_session.pk}/delete/", {"back": "/sessions/?q=bank"}, follow=True)

        assert page.request["PATH_INFO"] == "/sessions/"
        assert page.request["QUERY_STRING"] == "q=bank"
        assert f'action="/sessions/{voice_session.pk}/undelete/"' in page.text
        assert titles(alices_browser) == titles(alices_browser, q="bank") == []

        alices_browser.post(f"/sessions/{voice_session.pk}/undelete/")

        assert titles(alices_browser) == titles(alices_browser, q="bank") == ["Bank"]

    def test_a_running_session_is_ended_first(self, alices_browser, voice_session):
        alices_browser.post(f"/sessions/{voice_session.pk}/delete/")

        voice_session.refresh_from_db()
        assert (voice_session.state, voice_session.end_reason) == (State.STOPPED, EndReason.USER)
        assert voice_session.deleted_at is not None

    def test_programs_get_json(self, alices_browser, voice_session):
        address = f"/sessions/{voice_session.pk}"

        assert alices_browser.post(f"{address}/delete/", **JSON).json()["deleted"] is True
        assert alices_browser.post(f"{address}/delete/", **JSON).status_code == 404
        assert alices_browser.post(f"{address}/undelete/", **JSON).json()["deleted"] is False
        assert alices_browser.post(f"{address}/undelete/", **JSON).status_code == 404

    def test_nobody_else_may(self, bobs_browser, voice_session):
        assert bobs_browser.post(f"/sessions/{voice_session.pk}/delete/").status_code == 404

        lifecycle.delete(voice_session)

        assert bobs_browser.post(f"/sessions/{voice_session.pk}/undelete/").status_code == 404

    @pytest.mark.parametrize(
        "back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1", ""]
    )
    def test_no_form_leads_out_of_linnet(self, alices_browser, voice_session, back):
        answer = alices_browser.post(f"/sessions/{voice_session.pk}/delete/", {"back": back})

        assert answer["Location"] == "/sessions/"

    def test_only_a_post_deletes(self, alices_browser, voice_session):
        assert alices_browser.get(f"/sessions/{voice_session.pk}/delete/").status_code == 405


class TestRenaming:
    def test_it_leads_back_to_the_list(self, alices_browser, alice):
        voice_session = call(alice, title="Bank")

        answer = alices_browser.post(
            f"/sessions/{voice_session.pk}/title/", {"title": "Bench", "back": f"/sessions/#session-{voice_session.pk}"}
        )

        assert answer["Location"] == f"/sessions/#session-{voice_session.pk}"
        assert titles(alices_browser, q="bench") == ["Bench"]
        assert titles(alices_browser, q="bank") == []


def test_a_stranger_finds_nothing_of_it(alice):
    call(alice, "the bank", title="Bank")

    browser = logged_in(person("mallory"))

    assert titles(browser, q="bank") == titles(browser) == []


def test_what_is_said_meanwhile_is_on_the_page(alices_browser, alice):
    voice_session = call(alice, "first", is_ended=False)
    recording.append(voice_session.pk, [words("second")])

    assert "<mark>second</mark>" in alices_browser.get("/sessions/?q=second").text
