"""What the debrief answers stands where one looks for it, and says what is so."""

from __future__ import annotations

import re

import pytest

from sessions_app import editing, lifecycle, recording
from sessions_app.annotation.events import GapCause, gap
from sessions_app.models import EndReason
from tests.test_debrief import line, tone
from tests.test_recording import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(voice_session):
    recording.append(
        voice_session.pk,
        [words("so it is"), tone("Frustrated", band="unclear"), words("bye", start_ms=2000, end_ms=3000)],
    )
    lifecycle.end(voice_session, EndReason.USER)
    return voice_session


@pytest.fixture
def save(alices_browser, said):
    def save(path, **fields):
        page = f"/sessions/{said.pk}/?edit=1&line=1"
        alices_browser.post(f"/sessions/{said.pk}/{path}", {"back": f"{page}#line-1", **fields})
        return alices_browser.get(page).text

    return save


@pytest.mark.parametrize(
    ("path", "fields", "answer"),
    [
        ("lines/1/words/", {"text": "so it was"}, "Saved."),
        ("lines/1/words/", {"text": ""}, "This field is required."),
        ("tones/2/feedback/", {"verdict": "heard_as"}, "Say how you heard it."),
        ("tones/2/feedback/", {"verdict": "agree"}, "Saved."),
    ],
)
def test_it_answers_at_the_line(save, path, fields, answer):
    page = save(path, **fields)

    assert answer in line(page, 1)
    assert page.count(answer) == 1


def test_a_line_that_is_not_on_the_page_is_answered_at_its_top(alices_browser, said, save):
    back = f"/sessions/{said.pk}/?page=2#line-9"

    page = save("lines/1/words/", text="so it was", back=back)

    assert "Saved." in page.partition("<h1")[0]


def test_how_long_it_is_kept_is_answered_there(alices_browser, said):
    page = alices_browser.post(f"/sessions/{said.pk}/keeping/", {"keep": "for_ever"}, follow=True).text

    assert "Saved." in re.search(r'id="keeping".*?</section>', page, re.DOTALL)[0]
    assert page.count("Saved.") == 1


def test_a_tone_that_is_unclear_is_called_so_and_guessed_at(alices_browser, said):
    page = alices_browser.get(f"/sessions/{said.pk}/?edit=1&line=1").text

    assert "The tone is unclear. The nearest guess: Frustrated" in line(page, 1)


def test_what_is_forgotten_soon_says_so_first_and_may_be_kept(alices_browser, alice):
    voice_session = lifecycle.create(alice, forget_at_end=True)
    lifecycle.end(voice_session, EndReason.USER)
    address = f"/sessions/{voice_session.pk}/"
    assert "Keep it" in alices_browser.get(address).text.partition("<h2")[0]

    alices_browser.post(f"{address}keeping/", {"keep": ""})

    assert "Keep it" not in alices_browser.get(address).text


def test_off_the_record_is_not_missing(alices_browser, voice_session):
    recording.append(
        voice_session.pk, [gap(cause=cause, start_ms=0, end_ms=9) for cause in (GapCause.OFF_RECORD, GapCause.CLIENT)]
    )
    lifecycle.end(voice_session, EndReason.USER)

    page = alices_browser.get(f"/sessions/{voice_session.pk}/").text

    assert "1 stretch, marked below" in page
    assert "1 stretch, not kept" in page


@pytest.mark.parametrize(
    ("path", "fields", "control"),
    [("lines/1/words/", {"text": " "}, "line-words"), ("tones/2/feedback/", {"verdict": "heard_as"}, "heard-as")],
)
def test_a_refusal_is_an_alert_and_its_field_names_it(save, path, fields, control):
    page = save(path, **fields)

    (field,) = re.findall(rf'<\w+ id="{control}"[^>]*>', page)
    assert 'aria-invalid="true" aria-describedby="line-1-error"' in field
    assert re.search(r'role="alert"[^>]*data-form-error id="line-1-error"><p>Please check:', line(page, 1))
    assert "<title>Error: " in page
    assert page.count('aria-invalid="true"') == 1


def test_what_is_saved_is_no_error(save):
    page = save("lines/1/words/", text="so it was")

    assert "data-form-error" not in page
    assert "<title>Error: " not in page


def test_who_is_who_is_answered_at_the_voice(save, said):
    back = f"/sessions/{said.pk}/?edit=1&line=1#voice-1"

    page = save("speakers/name/", speaker="Speaker A", name="Dr. Okafor", back=back)

    assert "Saved." in re.search(r'<li id="voice-1">.*?</li>', page, re.DOTALL)[0]
    assert page.count("Saved.") == 1


def test_who_removes_a_note_stays_where_it_was(alices_browser, alice, said):
    editing.add_note(said, author=alice, at_ms=1500, text="Ask again")
    page = alices_browser.get(f"/sessions/{said.pk}/?edit=1").text
    note = re.search(r'id="note-\d+".*?</li>', page, re.DOTALL)[0]

    assert f'value="/sessions/{said.pk}/?edit=1#line-1"' in note.rpartition("/remove/")[2]
    assert ">Your note<" in note


def test_a_session_can_be_deleted_where_it_is_read(alices_browser, said):
    assert f'action="/sessions/{said.pk}/delete/"' in alices_browser.get(f"/sessions/{said.pk}/").text


def test_without_a_word_it_says_so_and_what_to_do(alices_browser, voice_session):
    lifecycle.end(voice_session, EndReason.USER)

    page = alices_browser.get(f"/sessions/{voice_session.pk}/").text

    assert "Nothing was captioned in this session." in page
    assert 'href="/check/"' in page
    assert "no sound yet" not in page
    assert "nothing is missing" not in page


def test_with_words_it_does_not(alices_browser, said):
    page = alices_browser.get(f"/sessions/{said.pk}/?speaker=Nobody").text

    assert "Nothing was captioned" not in page
    assert "nothing is missing" in page


@pytest.mark.parametrize("page", ["/", "/sessions/"])
@pytest.mark.parametrize(("title", "answer"), [("Bench", "Saved."), ("b" * 201, "Please check: Title:")])
def test_a_new_title_is_answered_at_its_row(alices_browser, said, page, title, answer):
    back = f"{page}#session-{said.pk}"

    text = alices_browser.post(f"/sessions/{said.pk}/title/", {"title": title, "back": back}, follow=True).text

    assert answer in re.search(rf'<li class="session-row" id="session-{said.pk}">.*?</h3>', text, re.DOTALL)[0]
    assert text.count(answer) == 1
