"""What happens to a microphone while it is used: each state has its words on the page, and a way back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import captions, start

PATIENCE_MS = 20_000

# Lets a test reach what the page keeps to itself: the sound contexts and the tracks of the device.
REACH = """
(() => {
    window.contexts = [];
    window.tracks = [];
    window.rates = [];
    const Context = window.AudioContext;
    window.AudioContext = class extends Context {
        constructor(options) {
            super({ ...options, ...(window.rates.length && { sampleRate: window.rates.shift() }) });
            window.contexts.push(this);
        }
    };
    window.frames_taken = 0;
    const Node = window.AudioWorkletNode;
    window.AudioWorkletNode = class extends Node {
        constructor(...wishes) {
            super(...wishes);
            this.port.addEventListener("message", () => { window.frames_taken += 1; });
        }
    };
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wish) => {
        const stream = await open(wish);
        window.tracks.push(...stream.getAudioTracks());
        return stream;
    };
    window.hide = (is_hidden) => {
        Object.defineProperty(document, "hidden", { value: is_hidden, configurable: true });
        Object.defineProperty(document, "visibilityState", {
            value: is_hidden ? "hidden" : "visible", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    };
})();
"""


@pytest.fixture
def page(device_of_alice):
    page = device_of_alice()
    page.add_init_script(REACH)
    start(page)
    expect(status(page)).to_contain_text("Listening", timeout=PATIENCE_MS)
    return page


def status(page):
    return page.locator("linnet-status")


def tell_track(page, event):
    page.evaluate("event => tracks.at(-1).dispatchEvent(new Event(event))", event)


def frames_within(page, ms):
    """Return how many frames of sound the page takes in `ms`."""
    return page.evaluate(
        """ms => new Promise((done) => {
            const before = frames_taken;
            setTimeout(() => done(frames_taken - before), ms);
        })""",
        ms,
    )


def expect_to_listen_again(page):
    """The page says so, sound comes in, and words appear."""
    expect(status(page)).to_contain_text("Listening", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Mute")).to_be_visible()
    seen = captions(page).count()
    expect(captions(page).nth(seen)).to_be_visible(timeout=PATIENCE_MS)


def stored_gaps(page):
    """Return cause and length in ms of each gap of the session, from the server."""
    events = page.evaluate("async () => (await (await fetch(`${location.pathname}events/`)).json()).events")
    return [(gap["cause"], gap["end_ms"] - gap["start_ms"]) for gap in events if gap["event_type"] == "gap"]


def test_a_hidden_tab_goes_on_listening_and_says_nothing_else(page):
    page.evaluate("hide(true)")
    assert frames_within(page, 2000) >= 15
    page.evaluate("hide(false)")

    expect_to_listen_again(page)
    assert stored_gaps(page) == []


def test_a_locked_screen_pauses_in_plain_words_and_resumes_when_it_is_looked_at(page):
    page.evaluate("hide(true); contexts.at(-1).suspend()")
    expect(status(page)).to_contain_text("Microphone paused")
    page.wait_for_timeout(1500)

    page.evaluate("hide(false)")

    expect_to_listen_again(page)
    [(cause, length_ms)] = stored_gaps(page)
    assert (cause, length_ms > 1000) == ("connection", True)


def test_a_paused_microphone_resumes_at_the_press_of_a_button(page):
    page.evaluate("contexts.at(-1).suspend()")
    expect(status(page)).to_contain_text("Tap Resume to go on")

    page.get_by_role("button", name="Resume").click()

    expect_to_listen_again(page)
    expect(page.get_by_role("button", name="Resume")).to_be_hidden()


def test_a_sound_context_that_never_resumes_is_replaced(page):
    """iOS leaves a context interrupted for good after a call."""
    page.evaluate(
        """() => {
            const context = contexts.at(-1);
            Object.defineProperty(context, "state", { value: "interrupted" });
            context.resume = () => new Promise(() => {});
            context.dispatchEvent(new Event("statechange"));
        }"""
    )
    expect(status(page)).to_contain_text("Microphone paused")

    page.get_by_role("button", name="Resume").click()

    expect_to_listen_again(page)
    assert page.evaluate("contexts.length") == 2


def test_an_unplugged_device_is_told_and_another_takes_its_place(page):
    tell_track(page, "ended")
    expect(status(page)).to_contain_text("Microphone lost")
    expect(page.get_by_role("alert")).to_contain_text("Plug it in again or choose another.")
    expect(page.get_by_role("button", name="Mute")).to_be_hidden()
    page.wait_for_timeout(1500)

    page.get_by_role("button", name="Start again").click()

    expect_to_listen_again(page)
    expect(page.get_by_role("alert").filter(has_text="Plug it in")).to_be_hidden()
    [(cause, length_ms)] = stored_gaps(page)
    assert (cause, length_ms > 1000) == ("connection", True)


def test_another_device_with_another_rate_goes_on_in_time(page):
    assert page.evaluate("contexts.at(-1).sampleRate") != 22_050
    page.evaluate("rates.push(22_050)")
    tell_track(page, "ended")

    page.get_by_role("button", name="Start again").click()

    expect_to_listen_again(page)
    assert page.evaluate("contexts.at(-1).sampleRate") == 22_050
    assert 25 <= frames_within(page, 3000) <= 35


def test_a_permission_that_is_withdrawn_is_told_with_the_way_back(page):
    permission = page.context.new_cdp_session(page)
    context_id = permission.send("Target.getTargetInfo")["targetInfo"]["browserContextId"]
    wish = {"permission": {"name": "microphone"}, "origin": page.evaluate("location.origin")}
    wish["browserContextId"] = context_id
    permission.send("Browser.setPermission", wish | {"setting": "denied"})
    if page.evaluate("tracks.at(-1).readyState") == "live":
        tell_track(page, "ended")  # headless Chromium leaves the track alive
    expect(status(page)).to_contain_text("Microphone lost")
    expect(page.get_by_role("alert")).to_contain_text("no longer lets Linnet listen")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(3)

    permission.send("Browser.setPermission", wish | {"setting": "granted"})
    page.get_by_role("button", name="Start again").click()

    expect_to_listen_again(page)


def test_a_microphone_that_the_device_silences_is_told_until_it_is_given_back(page):
    tell_track(page, "mute")
    expect(status(page)).to_contain_text("Microphone silenced")

    tell_track(page, "unmute")

    expect_to_listen_again(page)
