"""Listening to a tab, or to tab and microphone together. The browser's own dialogue is stood in for: it has no page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import captions, start

PATIENCE_MS = 20_000

# A tab that hums. `has_sound` is what people forget to tick in the browser's dialogue.
SHARING = """
(has_sound) => {
    window.asked_for = [];
    navigator.mediaDevices.getDisplayMedia = async (wish) => {
        window.asked_for.push("tab");
        const picture = document.createElement("canvas");
        picture.getContext("2d");
        const stream = picture.captureStream();
        if (!has_sound) return stream;
        const context = new AudioContext();
        const hum = context.createOscillator();
        const out = context.createMediaStreamDestination();
        hum.connect(out);
        hum.start();
        stream.addTrack(out.stream.getAudioTracks()[0]);
        window.shared = stream;
        return stream;
    };
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
        window.asked_for.push("microphone");
        return open(wish);
    };
}"""


@pytest.fixture
def page(device_of_alice):
    """A session whose microphone was stopped, so that another source can be chosen."""
    page = device_of_alice()
    start(page)
    page.get_by_role("button", name="Stop microphone").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=PATIENCE_MS)
    return page


def listen_to(page, source, *, has_sound=True):
    page.evaluate(SHARING, has_sound)
    page.get_by_text("Sound", exact=True).click()
    page.get_by_label("Listen to").select_option(source)
    page.get_by_role("button", name="Start").click()


@pytest.mark.parametrize(("source", "asked_for"), [("tab", ["tab"]), ("both", ["tab", "microphone"])])
def test_a_tab_is_listened_to(page, source, asked_for):
    listen_to(page, source)

    expect(page.locator("linnet-status")).to_contain_text("Listening", timeout=PATIENCE_MS)
    expect(captions(page).first).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("asked_for") == asked_for
    assert page.evaluate("shared.getVideoTracks().every((track) => track.readyState === 'ended')")


def test_a_tab_that_is_shared_without_its_sound_is_explained(page):
    listen_to(page, "tab", has_sound=False)

    help_ = page.get_by_role("alert").filter(has_text="shared without its sound")
    expect(help_).to_contain_text("Also share tab audio")


def test_the_choice_is_remembered_on_this_device(page):
    page.get_by_text("Sound", exact=True).click()
    page.get_by_label("Listen to").select_option("tab")
    page.get_by_label("Leave the sound as it is").check()

    start(page)

    expect(page.get_by_role("button", name="Start")).to_be_visible()  # no tab is shared without a click
    page.get_by_text("Sound", exact=True).click()
    expect(page.get_by_label("Listen to")).to_have_value("tab")
    expect(page.get_by_label("Leave the sound as it is")).to_be_checked()
