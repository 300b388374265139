"""A note's words are changed where they stand: by mouse, by touch and by keys, while it runs and afterwards."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, captions, start
from tests.browser.test_accessibility import objections, problems
from tests.browser.test_line_tools import on_line
from tests.browser.test_live_page import send, spoken


@pytest.fixture
def noted(device_of_alice):
    """A live page with one line and a note of its owner's under it."""
    page = device_of_alice(permissions=())
    start(page, "The landlord")
    send(page, spoken(1, "Please come in."))
    note(page, "ask about the fee")
    return page


@pytest.fixture
def gone_over(noted):
    """The debrief of that session, open for corrections."""
    noted.get_by_role("button", name="End session").click()
    noted.get_by_role("link", name="Correct, name, comment").click(timeout=20_000)
    return noted


def note(page, words):
    page.keyboard.press("n")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Note kept.")).to_be_visible()
    expect(page.locator(".line__mark").last).to_have_text(words)


def whisper(page):
    send(page, ("note", {"type": "note", "id": 900, "at_ms": 100, "text": "look", "author": "Ben", "revision": 50}))
    page.get_by_role("button", name="Got it").click()


def mark(page):
    return page.locator(".line__mark")


def sheet(page):
    return page.get_by_role("dialog")


def test_in_the_list_with_the_mouse(noted, device_of_alice):
    elsewhere = device_of_alice(permissions=())
    elsewhere.goto(noted.url)
    noted.get_by_role("button", name="Notes").click()

    sheet(noted).get_by_role("button", name="Change the words").click()
    sheet(noted).get_by_label("Change the note").fill("ask about both fees")
    sheet(noted).get_by_role("button", name="Save").click()

    expect(sheet(noted).get_by_text("Note changed.")).to_be_visible()
    expect(sheet(noted).get_by_role("listitem")).to_contain_text("ask about both fees")
    expect(mark(noted)).to_have_text("ask about both fees")
    elsewhere.keyboard.press("n")
    expect(sheet(elsewhere).get_by_role("listitem")).to_contain_text("ask about both fees")


def test_in_the_list_with_keys_alone(noted):
    noted.keyboard.press("n")
    change = sheet(noted).get_by_role("button", name="Change the words")
    change.focus()

    noted.keyboard.press("Enter")
    noted.keyboard.type(", twice")
    noted.keyboard.press("Enter")

    expect(change).to_be_focused()
    expect(mark(noted)).to_have_text("ask about the fee, twice")


def test_escape_gives_up_and_leaves_the_list_open(noted):
    noted.keyboard.press("n")
    change = sheet(noted).get_by_role("button", name="Change the words")
    change.press("Enter")
    noted.keyboard.type("nonsense")

    noted.keyboard.press("Escape")

    expect(change).to_be_focused()
    expect(sheet(noted).get_by_role("listitem")).to_contain_text("ask about the fee")
    assert "nonsense" not in sheet(noted).inner_text()


def test_under_its_line_by_touch_on_a_narrow_screen(device_of_alice):
    page = device_of_alice(permissions=(), has_touch=True)
    page.set_viewport_size(NARROW)
    start(page)
    send(page, spoken(1, "Please come in."))
    note(page, "ask")

    captions(page).first.tap()
    page.get_by_role("button", name="Change note").tap()
    page.get_by_label("Change the note").fill("ask again")
    page.get_by_role("button", name="Save", exact=True).tap()

    expect(mark(page)).to_have_text("ask again")
    expect(captions(page).first).to_contain_text("Please come in.")


def test_under_its_line_with_keys_alone(noted):
    line = on_line(noted)
    noted.keyboard.press("Enter")
    noted.get_by_role("button", name="Change note").press("Enter")
    noted.keyboard.type("!")

    noted.keyboard.press("Enter")

    expect(mark(noted)).to_have_text("ask about the fee!")
    expect(line).to_be_focused()


def test_no_words_are_refused_in_words(noted):
    noted.keyboard.press("n")
    sheet(noted).get_by_role("button", name="Change the words").press("Enter")

    noted.keyboard.press("Control+a")
    noted.keyboard.press("Delete")
    noted.keyboard.press("Enter")

    expect(noted.get_by_role("alert").filter(has_text="Write a few words")).to_be_visible()
    expect(noted.get_by_label("Change the note")).to_be_focused()


def test_a_bookmark_is_given_words(noted):
    on_line(noted)
    noted.keyboard.press("b")
    expect(mark(noted)).to_have_count(2)
    noted.keyboard.press("n")

    sheet(noted).get_by_role("button", name="Change the words").first.press("Enter")
    noted.keyboard.type("the price")
    noted.keyboard.press("Enter")

    expect(mark(noted).filter(has_text="the price")).to_be_visible()


def test_what_somebody_whispered_stays_as_it_is(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)
    send(page, spoken(1, "Please come in."))
    whisper(page)

    captions(page).first.click()
    expect(page.get_by_role("button", name="Change note")).to_be_hidden()
    page.get_by_role("button", name="Notes").click()

    expect(sheet(page).get_by_role("button", name="Remove")).to_be_visible()
    expect(sheet(page).get_by_role("button", name="Change the words")).to_be_hidden()


def test_somebody_who_writes_is_not_disturbed_by_other_notes(noted):
    noted.keyboard.press("n")
    sheet(noted).get_by_role("button", name="Change the words").press("Enter")
    noted.keyboard.type(" of May")

    send(noted, ("note", {"type": "note", "id": 901, "at_ms": 0, "text": "from the other screen", "author": ""}))
    noted.keyboard.type(" and June")

    expect(sheet(noted).get_by_role("listitem")).to_have_count(2)
    expect(noted.get_by_label("Change the note")).to_have_value("ask about the fee of May and June")


def test_a_removed_note_is_brought_back_without_closing_the_list(noted):
    noted.keyboard.press("n")
    sheet(noted).get_by_role("button", name="Remove").click()
    expect(mark(noted)).to_have_count(0)

    sheet(noted).get_by_role("button", name="Undo").click()

    expect(sheet(noted).get_by_role("listitem")).to_contain_text("ask about the fee")


def test_in_the_debrief_with_keys_alone(gone_over):
    change = gone_over.get_by_role("button", name="Change the note")
    change.press("Enter")
    gone_over.keyboard.type(", twice")
    gone_over.keyboard.press("Enter")

    expect(change).to_be_focused()
    expect(gone_over.locator("[data-kind=note]")).to_contain_text("ask about the fee, twice")
    gone_over.reload()
    expect(gone_over.locator("[data-kind=note] [data-part=text]")).to_have_text("ask about the fee, twice")


def test_in_the_debrief_escape_gives_up_and_no_words_are_refused(gone_over):
    change = gone_over.get_by_role("button", name="Change the note")
    change.press("Enter")
    gone_over.get_by_label("Note at").fill(" ")
    gone_over.keyboard.press("Enter")
    expect(gone_over.get_by_role("alert").filter(has_text="Write a few words")).to_be_visible()

    gone_over.keyboard.press("Escape")

    expect(change).to_be_focused()
    expect(gone_over.locator("[data-kind=note] [data-part=text]")).to_have_text("ask about the fee")


def test_in_the_debrief_without_scripts(gone_over, device_of_alice):
    page = device_of_alice(java_script_enabled=False)
    page.goto(gone_over.url)

    page.get_by_label("Note at").fill("ask nobody")
    page.get_by_role("button", name="Save note").click()

    expect(page.locator("[data-kind=note] [data-part=text]")).to_have_text("ask nobody")


def test_the_form_has_nothing_that_axe_objects_to(noted):
    noted.keyboard.press("n")
    sheet(noted).get_by_role("button", name="Change the words").press("Enter")
    assert objections(noted) == {}
    for _ in range(2):
        noted.keyboard.press("Escape")
    on_line(noted)
    noted.keyboard.press("Enter")
    noted.get_by_role("button", name="Change note").press("Enter")

    assert objections(noted) == {}


def test_the_form_in_the_debrief_has_nothing_that_axe_objects_to(gone_over):
    assert problems(gone_over) == []
    gone_over.get_by_role("button", name="Change the note").press("Enter")

    assert objections(gone_over) == {}
