"""Low and narrow windows, large text: the captions have the larger part of what can be seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import captions, start
from tests.browser.test_live_page import send, spoken

LARGE_TEXT = "document.documentElement.style.fontSize = '200%'"
ANSWER = ("alert", {"kind": "human_picked_up", "at_ms": 0})


@pytest.fixture
def quiet(device_of_alice):
    """A live page without a microphone, with thirty lines."""
    page = device_of_alice(permissions=())
    start(page, "The bank")
    send(page, *[spoken(seq, f"Line {seq} has a few words.") for seq in range(1, 31)])
    return page


def box_of(page, selector):
    return page.locator(selector).first.bounding_box()


def at_rest(page, selector):
    """Return where it is once nothing moves or scrolls any more."""
    places = [None]
    for _ in range(50):
        places.append((box_of(page, selector), captions(page).last.bounding_box()))
        if places[-1] == places[-2]:
            return places[-1][0]
        page.wait_for_timeout(200)
    raise AssertionError("it moves on and on")


def overlap(one, other):
    is_beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    is_above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
    return not (is_beside or is_above)


@pytest.mark.parametrize(("width", "height", "is_large"), [(320, 256, False), (320, 568, True), (640, 360, False)])
def test_a_small_window_shows_the_last_lines(quiet, width, height, is_large):
    quiet.set_viewport_size({"width": width, "height": height})
    if is_large:
        quiet.evaluate(LARGE_TEXT)
    at_rest(quiet, "linnet-status")

    send(quiet, spoken(31, "This was said just now."))

    line = captions(quiet).last
    expect(line).to_be_in_viewport(ratio=0.95)
    box = line.bounding_box()
    at_its_end = [box["x"] + box["width"] / 2, box["y"] + box["height"] - 4]
    topmost = "([x, y]) => document.elementFromPoint(x, y).closest('.line')?.dataset.seq"
    assert quiet.evaluate(topmost, at_its_end) == "31"


def test_the_alert_covers_neither_the_status_nor_the_last_line(quiet):
    for width, height in [(1280, 800), (640, 360), (320, 640), (320, 256)]:
        quiet.set_viewport_size({"width": width, "height": height})
        send(quiet, (ANSWER[0], ANSWER[1] | {"at_ms": width}))

        alert = at_rest(quiet, ".alert__box")
        assert alert["height"] < height / 4
        assert alert["y"] >= 0
        assert not overlap(alert, box_of(quiet, "linnet-status"))
        assert not overlap(alert, captions(quiet).last.bounding_box())


def test_the_choice_of_sound_is_all_on_a_narrow_screen(quiet):
    quiet.set_viewport_size({"width": 320, "height": 640})
    quiet.get_by_text("Sound", exact=True).click()

    panel = box_of(quiet, ".microphone-settings__panel")

    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= 320
    expect(quiet.get_by_label("Listen to")).to_be_in_viewport()


def test_what_the_line_does_has_no_empty_card(quiet):
    queue = {"event_type": "queue", "start_ms": 31_000, "end_ms": 31_900}
    line = quiet.locator("linnet-line")

    send(quiet, ("event", queue | {"seq": 31, "label": "hold_music"}))
    expect(line).to_be_visible()
    send(quiet, ("event", queue | {"seq": 32, "label": "none"}))

    expect(line).to_be_hidden()
