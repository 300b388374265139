"""A link from the owner's page to a stranger's browser and back: watching, whispering, being shut out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, Device, captions, start

ONE_LINE_PX = 40


@pytest.fixture
def ann(chromium, linnet):
    """Somebody without an account."""
    device = Device(chromium, linnet)
    yield device.page
    device.context.close()
    assert device.complaints == []


def make_link(page, session_url):
    page.goto(f"{session_url}shares/")
    page.get_by_label("For whom").fill("Ann")
    page.get_by_label("watch, read and whisper notes").check()
    page.get_by_role("button", name="Make the link").click()
    return page.get_by_label("Link", exact=True).input_value()


def test_a_trusted_viewer_watches_whispers_and_is_shut_out(device_of_alice, ann):
    alice, desk = device_of_alice(), device_of_alice()
    session_url = start(alice)
    ann.goto(make_link(desk, session_url))

    assert ann.url == session_url
    expect(captions(ann).first).to_be_visible(timeout=15_000)
    expect(ann.get_by_role("button", name=re.compile("microphone|End"))).to_have_count(0)

    ann.get_by_label("Whisper a note").fill("Ask for the reference number")
    ann.get_by_role("button", name="Send").click()
    expect(ann.get_by_text("Sent.")).to_be_visible()
    expect(alice.get_by_text("Ask for the reference number").first).to_be_visible()

    read = ann.get_by_role("link", name="Read what was said")
    expect(read).to_be_hidden()
    desk.goto(f"{session_url}shares/")
    desk.get_by_role("button", name="Withdraw").click()
    expect(ann.get_by_text("You may no longer see this session").first).to_be_visible(timeout=2_000)
    expect(captions(ann)).to_have_count(0)
    expect(ann.get_by_text("Its captions are gone from this page.")).to_be_visible()
    expect(ann.get_by_label("Whisper a note")).to_be_hidden()
    expect(ann.get_by_role("link", name=re.compile("Big text|Plain text"))).to_have_count(0)


def test_after_the_end_a_trusted_viewer_reads_what_was_said(device_of_alice, ann):
    alice, desk = device_of_alice(), device_of_alice()
    session_url = start(alice)
    ann.goto(make_link(desk, session_url))
    expect(captions(ann).first).to_be_visible(timeout=15_000)

    ann.set_viewport_size(NARROW)
    alice.get_by_role("button", name="End").click()
    expect(ann.get_by_label("Whisper a note")).to_be_hidden()
    expect(ann.get_by_role("button", name="Hold")).to_be_hidden()
    assert ann.locator(".status__words").bounding_box()["height"] < ONE_LINE_PX
    ann.get_by_role("link", name="Read what was said").click()

    expect(ann.get_by_text("This session was shared with you.")).to_be_visible()
    expect(ann.get_by_role("link", name=re.compile("Download|Share"))).to_have_count(0)
