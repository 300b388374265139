"""Somebody answers, and the call ends: nothing of it may be missed or lost."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import start
from tests.browser.test_live_page import SPEECH_S, send, spoken


def test_an_answer_cannot_be_missed(page):
    start(page, "The bank")
    send(page, ("alert", {"kind": "human_picked_up", "at_ms": 0}))

    expect(page.get_by_role("alert").filter(has_text="Somebody or a recording answered")).to_be_visible()
    expect(page).to_have_title(re.compile("^Somebody or a recording answered"))

    page.keyboard.press("Escape")
    expect(page).to_have_title(re.compile("^The bank"))


def test_an_answer_is_past_when_the_microphone_stops(page):
    start(page, "The bank")
    expect(page.locator("linnet-status")).to_contain_text("Listening")
    send(page, ("alert", {"kind": "human_picked_up", "at_ms": 0}))
    expect(page.get_by_text("Somebody or a recording answered")).to_be_visible()

    page.get_by_role("button", name="Stop microphone").click()

    expect(page.get_by_text("Somebody or a recording answered")).to_be_hidden()
    expect(page).to_have_title(re.compile("^The bank"))


def test_ending_while_linnet_is_away_loses_nothing_on_the_page(page):
    start(page)
    expect(page.locator("linnet-status")).to_contain_text("Listening")
    send(page, spoken(90_000, "Still here."))
    page.evaluate("() => { window.really = fetch; window.fetch = async () => { throw new TypeError('away'); }; }")
    page.get_by_role("button", name="End session").click()

    expect(page.get_by_text("Linnet cannot be reached, so the session has not ended")).to_be_visible()
    expect(page.get_by_text("Still here.")).to_be_visible()
    expect(page.get_by_role("button", name="Mute")).to_be_visible()
    page.evaluate("() => { window.fetch = window.really; }")
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("heading", name="What was said")).to_be_visible(timeout=SPEECH_S)
