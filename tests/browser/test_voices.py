"""Who spoke: a voice gets a name, two are one person, a line was somebody else's."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import captions, start
from tests.browser.test_line_tools import on_line, views
from tests.browser.test_live_page import SPEECH_S, send, spoken

__all__ = ["views"]


def test_a_voice_is_renamed_in_every_line_of_every_view(views):
    for_owner, elsewhere = views
    on_line(for_owner)

    for_owner.keyboard.press("w")
    for_owner.get_by_label("called, in every line").fill("Dr. Okafor")
    for_owner.get_by_role("button", name="Rename everywhere").click()

    for page in views:
        expect(captions(page).first.locator("[data-part=speaker]")).to_have_text("Dr. Okafor")
    expect(elsewhere.locator("linnet-tone")).to_contain_text("Dr. Okafor")
    elsewhere.reload()
    expect(captions(elsewhere).first.locator("[data-part=speaker]")).to_have_text("Dr. Okafor")


def test_two_voices_become_one_and_a_line_changes_hands(device_of_alice):
    page = device_of_alice()
    start(page)
    expect(captions(page)).to_have_count(2, timeout=SPEECH_S)
    page.get_by_role("button", name="Stop microphone").click()
    speakers = page.locator(".line[data-kind=transcript] [data-part=speaker]")

    on_line(page, 1)
    page.keyboard.press("w")
    page.get_by_label("Speaker A", exact=True).check()
    page.get_by_role("button", name="Save for this line").click()
    expect(speakers.nth(1)).to_have_text("Speaker A")
    on_line(page, 0)
    page.keyboard.press("w")
    page.get_by_label("called, in every line").fill("Ann")
    page.get_by_role("button", name="Rename everywhere").click()

    expect(speakers.nth(0)).to_have_text("Ann")
    expect(speakers.nth(1)).to_have_text("Ann")
    expect(captions(page).nth(1)).to_have_attribute("data-same-speaker", "")


def test_a_line_is_given_to_somebody_else_with_keys_alone(views):
    for_owner, elsewhere = views
    on_line(for_owner)

    for_owner.keyboard.press("w")
    for_owner.keyboard.press("ArrowUp")
    expect(for_owner.get_by_label("Somebody else")).to_be_checked()
    for_owner.keyboard.press("Enter")

    expect(for_owner.get_by_text("Saved for this line.")).to_be_visible()
    expect(captions(for_owner).first).to_be_focused()
    for page in views:
        expect(captions(page).first.locator("[data-part=speaker]")).to_have_text("Speaker Z")
    elsewhere.reload()
    expect(captions(elsewhere).first.locator("[data-part=speaker]")).to_have_text("Speaker Z")


def test_the_focus_comes_back_to_the_line_though_others_came_meanwhile(views):
    page, _ = views
    on_line(page)
    page.keyboard.press("w")
    expect(page.get_by_role("dialog")).to_be_visible()

    send(page, spoken(99, "Said meanwhile."))
    page.keyboard.press("Escape")

    expect(captions(page).last).to_contain_text("Said meanwhile.")
    expect(captions(page).first).to_be_focused()


def test_somebody_else_can_be_named_at_once(views):
    page, _ = views
    captions(page).first.click()
    page.get_by_role("button", name="Who spoke").click()
    page.get_by_label("Somebody else").check()
    page.get_by_role("button", name="Save for this line").click()
    expect(captions(page).first.locator("[data-part=speaker]")).to_have_text("Speaker Z")

    on_line(page)
    page.keyboard.press("w")
    page.get_by_label("called, in every line").fill("Grandma")
    page.keyboard.press("Enter")

    expect(captions(page).first.locator("[data-part=speaker]")).to_have_text("Grandma")


def test_in_the_debrief_a_line_is_given_to_somebody_else(views):
    page, _ = views
    page.get_by_role("button", name="End session").click()
    page.get_by_role("link", name="Correct, name, comment").click(timeout=20_000)
    page.get_by_role("link", name="Change or comment").first.click()

    page.get_by_label("Who said this").select_option("Somebody else")
    page.get_by_role("button", name="Save the speaker").click()

    expect(captions(page).first.locator("[data-part=speaker]")).to_have_text("Speaker Z")
