"""The page goes along with the newest line, or stays where its reader is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import start
from tests.browser.test_live_page import send, spoken

LONG = "so it goes on " * 30


@pytest.fixture
def quiet(device_of_alice):
    """A live page without a microphone: what is said on it the test says."""
    page = device_of_alice(permissions=())
    start(page, "The landlord")
    return page


def bottom_px(line):
    box = line.bounding_box()
    return box["y"] + box["height"]


def test_a_search_that_leads_far_back_is_not_undone(quiet):
    send(quiet, *[spoken(seq, f"Line {seq} {LONG if seq % 3 else ''}") for seq in range(1, 1_000)])
    expect(quiet.get_by_text("Line 999 ")).to_be_in_viewport()

    assert quiet.evaluate("find('Line 401 ', false, true)")
    expect(quiet.get_by_role("button", name="Jump to live")).to_be_visible()
    send(quiet, spoken(1_000, "Line 1000"))

    expect(quiet.get_by_text("Line 401 ")).to_be_in_viewport()


def test_the_banner_off_the_record_pushes_no_line_under_the_dock(quiet):
    send(quiet, *[spoken(seq, f"Line {seq}") for seq in range(1, 60)])
    last = quiet.get_by_text("Line 59", exact=True)
    expect(last).to_be_in_viewport()
    before_px = bottom_px(last)

    send(quiet, ("session", {"title": "The landlord", "off_record": True}))

    quiet.wait_for_timeout(300)
    assert abs(bottom_px(last) - before_px) <= 2


def test_who_jumps_to_the_newest_line_by_key_has_the_focus_there(quiet):
    send(quiet, *[spoken(seq, f"Line {seq}") for seq in range(1, 60)])
    expect(quiet.get_by_text("Line 59", exact=True)).to_be_in_viewport()
    quiet.keyboard.press("Home")
    quiet.wait_for_function("() => scrollY === 0")
    jump = quiet.get_by_role("button", name="Jump to live")
    jump.focus()

    quiet.keyboard.press("Enter")

    expect(jump).to_be_hidden()
    expect(quiet.locator(".line").last).to_be_focused()
