"""What can be done at any moment: bookmark, note, off the record, hold, catch up; and the keys for it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import captions, start
from tests.browser.test_accessibility import objections, tab_to
from tests.browser.test_live_page import SPEECH_S, send, spoken

BANNER = "Off the record: captions go on, nothing is kept."


@pytest.fixture
def quiet(device_of_alice):
    """A live page without a microphone: what is said on it the test says."""
    page = device_of_alice(permissions=())
    start(page, "The landlord")
    return page


def test_a_bookmark_takes_one_key_and_stands_at_its_line_in_every_view(device_of_alice):
    page, elsewhere = device_of_alice(), device_of_alice(permissions=())
    elsewhere.goto(start(page))
    expect(captions(page).first).to_be_visible(timeout=SPEECH_S)

    page.keyboard.press("b")

    expect(page.get_by_text(re.compile(r"^Bookmarked \d+:\d\d\.$"))).to_be_visible()
    for view in (page, elsewhere):
        expect(view.locator(".line__mark")).to_have_text("Bookmark")
    elsewhere.reload()
    expect(elsewhere.locator(".line .line__mark")).to_have_text("Bookmark")


def test_a_note_is_written_listed_and_leads_to_its_moment(quiet):
    send(quiet, *[spoken(seq, f"Line {seq}") for seq in range(1, 60)])
    quiet.keyboard.press("n")
    quiet.keyboard.type("ask about the fee")
    quiet.keyboard.press("Enter")
    expect(quiet.get_by_text("Note kept.")).to_be_visible()

    quiet.get_by_role("button", name="Notes").click()
    quiet.get_by_role("button", name="ask about the fee").click()

    marked = captions(quiet).filter(has=quiet.locator(".line__mark"))
    expect(marked).to_be_focused()
    expect(marked).to_be_in_viewport()


def test_a_removed_bookmark_can_come_back(quiet):
    send(quiet, spoken(1, "Hello."))
    quiet.keyboard.press("b")
    mark = quiet.locator(".line__mark")
    expect(mark).to_be_visible()
    quiet.get_by_role("button", name="Notes").click()

    quiet.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(mark).to_have_count(0)
    quiet.keyboard.press("Escape")
    quiet.get_by_role("button", name="Undo").click()

    expect(mark).to_be_visible()


def test_a_mark_moves_to_the_line_that_was_being_said(quiet):
    send(quiet, spoken(1, "Before."), ("note", {"type": "note", "id": 1, "at_ms": 2500, "text": "", "author": ""}))
    expect(captions(quiet).nth(0).locator(".line__mark")).to_be_visible()

    send(quiet, spoken(2, "This one."), spoken(3, "After."))

    expect(captions(quiet).nth(1).locator(".line__mark")).to_be_visible()
    expect(quiet.locator(".line__mark")).to_have_count(1)


def test_a_whisper_is_shown_until_it_was_read(quiet):
    whispers = [{"type": "note", "id": n, "at_ms": 0, "text": f"look {n}", "author": "Sam"} for n in (1, 2)]
    send(quiet, spoken(1, "Hello."), *[("note", whisper) for whisper in whispers])
    box = quiet.locator("linnet-whispers")
    expect(box).to_contain_text("Sam whispers: look 1")

    quiet.get_by_role("button", name="Got it").click()
    expect(box).to_contain_text("Sam whispers: look 2")
    quiet.get_by_role("button", name="Got it").click()

    expect(box.get_by_role("button")).to_be_hidden()
    expect(quiet.locator(".line__mark")).to_have_count(2)


def test_off_the_record_is_shown_in_every_view_and_nothing_of_it_is_kept(device_of_alice):
    page, elsewhere = device_of_alice(), device_of_alice(permissions=())
    elsewhere.goto(start(page))
    expect(captions(page).first).to_be_visible(timeout=SPEECH_S)

    page.get_by_role("button", name="Off the record").click()
    for view in (page, elsewhere):
        expect(view.get_by_text(BANNER)).to_be_visible()
        expect(view.locator(".line[data-off-record]").first).to_contain_text("off the record", timeout=SPEECH_S)
    hidden = page.locator(".line[data-off-record] [data-part=text]").first.inner_text()
    page.keyboard.press("o")

    for view in (page, elsewhere):
        expect(view.get_by_text(BANNER)).to_be_hidden()
        expect(view.locator(".line[data-kind=gap]")).to_contain_text("not kept: off the record")
    page.get_by_role("button", name="Stop microphone").click()
    elsewhere.reload()
    expect(elsewhere.locator(".line[data-kind=gap]")).to_be_visible()
    assert elsewhere.locator("[data-off-record]").count() == 0
    assert hidden not in elsewhere.locator(".line").all_inner_texts()


def test_a_page_that_is_opened_off_the_record_says_so(quiet):
    quiet.keyboard.press("o")
    expect(quiet.get_by_text(BANNER)).to_be_visible()

    quiet.reload()

    expect(quiet.get_by_text(BANNER)).to_be_visible()
    quiet.keyboard.press("o")
    expect(quiet.get_by_text(BANNER)).to_be_hidden()


def test_the_big_view_says_that_nothing_is_kept(quiet, device_of_alice):
    big = device_of_alice(permissions=())
    big.goto(f"{quiet.url}big/")
    expect(big.locator("linnet-status")).not_to_contain_text("Connecting")

    quiet.keyboard.press("o")

    expect(big.get_by_text(BANNER)).to_be_visible()


def test_a_held_list_stands_still_and_loses_nothing(quiet):
    partial = {"utterance_id": "x3", "speaker_id": "Speaker A", "start_ms": 3000, "end_ms": 3500}
    send(quiet, spoken(1, "One."), spoken(2, "Two."), ("partial", partial | {"text": "Three begins"}))
    quiet.keyboard.press("h")
    before = quiet.locator(".lines").inner_text()

    send(quiet, spoken(3, "Three."), spoken(4, "Four."), ("partial", partial | {"utterance_id": "x5", "text": "Five"}))

    expect(quiet.get_by_role("button", name="Held. 2 new lines")).to_be_visible()
    assert quiet.locator(".lines").inner_text() == before
    quiet.keyboard.press("h")
    expect(captions(quiet)).to_have_count(4)
    expect(quiet.get_by_text("Four.")).to_be_in_viewport()
    expect(quiet.locator(".line[data-kind=partial]")).to_have_count(1)


def test_the_last_60_seconds_read_like_a_text(quiet):
    send(quiet, *[spoken(seq, f"Line {seq}.") for seq in range(1, 121)])

    quiet.keyboard.press("l")

    said = quiet.get_by_role("dialog")
    expect(said).to_contain_text("Line 61.")
    expect(said).to_contain_text("Line 120.")
    expect(said).not_to_contain_text("Line 59.")
    expect(said.locator(".turn")).to_have_count(1)
    quiet.keyboard.press("Escape")
    expect(said).to_be_hidden()


def test_nobody_said_anything_in_the_last_minute(quiet):
    quiet.get_by_role("button", name="Last 60 s").click()

    expect(quiet.get_by_role("dialog")).to_contain_text("Nothing was said in the last minute.")


def test_the_question_mark_lists_every_key(quiet):
    quiet.keyboard.press("?")

    dialog = quiet.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    for key in "BNOZHLJ?":
        expect(dialog.get_by_text(key, exact=True).first).to_be_attached()


def test_single_keys_can_be_switched_off_on_this_device(quiet):
    send(quiet, spoken(1, "Hello."))
    quiet.get_by_role("button", name="Keys").click()
    quiet.get_by_label("Use single keys on this device").uncheck()
    quiet.keyboard.press("Escape")

    quiet.reload()
    quiet.wait_for_function("() => document.querySelector('linnet-live')?.board?.facts.feed === 'open'")
    quiet.keyboard.press("h")
    quiet.keyboard.press("?")

    expect(quiet.get_by_role("button", name="Hold")).to_be_visible()
    expect(quiet.get_by_role("dialog")).to_have_count(0)


def test_keys_that_are_typed_are_words(quiet):
    quiet.keyboard.press("n")

    quiet.keyboard.type("bho?")

    expect(quiet.get_by_label("Note on this moment")).to_have_value("bho?")
    expect(quiet.get_by_text(BANNER)).to_be_hidden()


def test_the_title_changes_in_an_open_page(quiet):
    send(quiet, ("session", {"title": "The landlord, again", "off_record": False}))

    expect(quiet.get_by_role("heading", name="The landlord, again")).to_be_visible()
    expect(quiet).to_have_title(re.compile("^The landlord, again"))


def test_a_title_that_is_taken_away_leaves_the_name_by_the_readers_clock(quiet):
    name = quiet.locator("linnet-live").get_attribute("data-untitled")
    send(quiet, ("session", {"title": "The landlord", "off_record": False}))

    send(quiet, ("session", {"title": "", "off_record": False}))

    expect(quiet.get_by_role("heading", name=name)).to_be_visible()
    expect(quiet).to_have_title(re.compile(f"^{name}"))


def test_a_voice_that_gets_louder_is_said_to_rise(quiet):
    tone = {"event_type": "tone", "label": "Frustrated", "affect": "frustrated", "band": "clear", "confidence": 0.9}
    span = {"speaker_id": "Speaker B", "start_ms": 0, "end_ms": 900, "shift_direction": "escalating"}
    send(quiet, ("speakers", {"speakers": {"Speaker B": "Ann"}}), ("event", tone | span | {"seq": 1}))

    expect(quiet.locator("linnet-tone")).to_contain_text("Intensity is rising")
    expect(quiet.locator("linnet-tone")).to_contain_text("Ann")


@pytest.mark.parametrize("key", ["n", "l", "?", "o", "h", "b"])
def test_what_a_key_opens_has_nothing_that_axe_objects_to(quiet, key):
    whisper = {"type": "note", "id": 1, "at_ms": 0, "text": "look", "author": "Sam"}
    send(quiet, spoken(1, "Hello."), ("note", whisper))

    quiet.keyboard.press(key)
    quiet.wait_for_timeout(300)

    assert objections(quiet) == {}


def test_a_whole_session_needs_no_mouse(page):
    page.goto("/")
    tab_to(page, "Start listening")
    page.keyboard.press("Enter")
    page.wait_for_selector("linnet-live")
    expect(captions(page)).to_have_count(2, timeout=SPEECH_S)

    page.keyboard.press("b")
    expect(page.get_by_text(re.compile("^Bookmarked"))).to_be_visible()
    page.keyboard.press("h")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    tab_to_a_line(page)
    page.keyboard.press("Home")
    page.keyboard.press("e")
    page.keyboard.press("Control+A")
    page.keyboard.type("Corrected without a mouse.")
    page.keyboard.press("Enter")
    expect(captions(page).first).to_contain_text("Corrected without a mouse.")
    page.keyboard.press("h")
    page.keyboard.press("o")
    expect(page.get_by_text(BANNER)).to_be_visible()
    page.keyboard.press("o")
    expect(page.get_by_text(BANNER)).to_be_hidden()
    tab_to(page, "End session")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="What was said")).to_be_visible(timeout=SPEECH_S)
    expect(captions(page).first).to_contain_text("Corrected without a mouse.")


def tab_to_a_line(page, limit=40):
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.line')"):
            return
    pytest.fail("Tab does not reach the captions")
