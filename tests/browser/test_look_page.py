"""What a reader chooses follows the account to every page and device."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import captions, start
from tests.browser.talk import raise_alert, say_many, tell


def attribute(page, name):
    return page.evaluate("name => document.documentElement.dataset[name]", name)


def caption_px(page):
    return page.locator(".line__words").first.evaluate("words => parseFloat(getComputedStyle(words).fontSize)")


def test_a_choice_reaches_another_device_at_once(device_of_alice):
    here, elsewhere = device_of_alice(permissions=()), device_of_alice(permissions=())
    elsewhere.goto(start(here))
    expect(elsewhere.locator("linnet-status")).not_to_contain_text("Connecting")
    here.goto("/profile/")

    here.get_by_label("Colours").select_option("Dark")

    elsewhere.wait_for_function("() => document.documentElement.dataset.theme === 'dark'", timeout=2_000)
    elsewhere.get_by_text("Display").click()
    expect(elsewhere.get_by_label("Colours")).to_have_value("dark")


def test_a_choice_reaches_the_other_tabs_of_this_device(device_of_alice):
    page = device_of_alice()
    page.goto("/profile/")
    tab = page.context.new_page()
    tab.goto("/sessions/")

    page.get_by_label("Letters", exact=True).select_option("With feet, as in books")

    expect(tab.locator("html")).to_have_attribute("data-font", "serif", timeout=2_000)


def test_the_next_page_comes_from_the_server_as_it_was_chosen(page):
    page.goto("/profile/")
    before_px = caption_px(page)
    page.get_by_label("Size of captions").fill("200")
    expect(page.get_by_text("Saved.")).to_be_visible()

    html = page.request.get("/profile/").text()
    page.reload()

    assert 'data-text-percent="200"' in html
    assert caption_px(page) == pytest.approx(2 * before_px, rel=0.01)


def test_a_slider_shows_what_it_does_before_it_is_let_go(page):
    page.goto("/profile/")

    page.get_by_label("Size of captions").evaluate(
        "slider => { slider.value = 300; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    )

    assert attribute(page, "textPercent") == "300"


def test_without_scripts_the_form_does_it(device_of_alice):
    page = device_of_alice(java_script_enabled=False)
    page.goto("/profile/")
    page.get_by_label("Colours").select_option("High contrast")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved. All your open pages")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "contrast")


def test_what_could_not_be_saved_is_kept_and_saved_later(device_of_alice):
    page = device_of_alice()
    page.goto("/profile/")
    page.evaluate("window.fetch = async () => new Response('', { status: 503 })")
    page.get_by_label("Colours").select_option("Dark")
    expect(page.get_by_text("Kept on this device")).to_be_visible()

    page.goto("/sessions/")

    assert attribute(page, "theme") == "dark"
    page.wait_for_function("() => Number(document.documentElement.dataset.lookChanged) > 0")
    page.wait_for_function("() => !Object.keys(JSON.parse(localStorage['linnet.look']).unsaved).length")


def test_nobody_is_asked_for_notices_before_they_want_them(device_of_alice):
    page = device_of_alice(permissions=())
    page.add_init_script(
        "window.asked = 0; Notification.requestPermission = async () => { window.asked += 1; return 'denied'; };"
    )
    page.goto("/profile/")
    assert page.evaluate("asked") == 0

    page.get_by_label("Show a notice of this device").click()

    expect(page.get_by_text("does not let Linnet show notices")).to_be_visible()
    expect(page.get_by_label("Show a notice of this device")).not_to_be_checked()
    assert page.evaluate("asked") == 1


def test_a_person_who_picks_up_calls_once_and_only_as_chosen(device_of_alice):
    page = device_of_alice(permissions=["notifications"])
    page.add_init_script(
        """window.heard = { tones: 0, notices: [] };
        const Real = AudioContext;
        window.AudioContext = class extends Real { constructor() { super(); heard.tones += 1; } };
        window.Notification = class { static permission = "granted";
            constructor(words, { tag }) { heard.notices.push([words, tag]); } };"""
    )
    start(page, "The bank")
    raise_alert(page)
    assert page.evaluate("heard") == {"tones": 0, "notices": []}

    page.evaluate("Object.assign(document.documentElement.dataset, { alertSound: 'on', alertNotice: 'on' })")
    for _ in range(2):
        tell(page, "alert", {"kind": "human_picked_up", "at_ms": 5})

    assert page.evaluate("heard") == {"tones": 1, "notices": [["Somebody or a recording answered", "linnet-alert"]]}


def test_big_letters_follow_the_session(device_of_alice):
    speaking, table = device_of_alice(), device_of_alice(permissions=())
    table.goto(f"{start(speaking)}big/")

    expect(table.locator(".big-line").first).to_contain_text("Thank you for holding", timeout=20_000)
    expect(table.locator(".big-line").first).to_contain_text("sounds calm and steady")
    assert table.locator("button:visible, input:visible, summary:visible").count() == 0


def test_the_big_view_of_a_session_without_a_title_is_called_by_its_date(device_of_alice):
    page = device_of_alice(permissions=())
    page.goto(f"{start(page, '')}big/")
    page.wait_for_function("() => document.querySelector('linnet-live')?.board?.facts.feed === 'open'")

    expect(page).to_have_title(re.compile("^Session of "))
    expect(page.get_by_role("heading", name=re.compile("^Session of "))).to_have_count(1)


def test_big_letters_take_corrections_names_and_unfinished_words(device_of_alice):
    page = device_of_alice(permissions=())
    page.goto(f"{start(page)}big/")
    page.wait_for_function("() => document.querySelector('linnet-live')?.board?.facts.feed === 'open'")
    say_many(page, 2)
    last = page.locator(".big-line").last
    expect(last).to_contain_text("may sound tense")

    tell(page, "speakers", {"speakers": {"Speaker B": "Dr. Okafor"}})
    corrected = {"text": "Three months now.", "speaker_id": "Speaker B", "corrected": True}
    tell(page, "revised", {"seq": 10_002, "event": corrected})
    expect(last).to_contain_text("Dr. Okafor")
    expect(last).to_contain_text("Three months now.")

    tell(page, "partial", {"utterance_id": "t9", "speaker_id": "Speaker A", "text": "I see", "start_ms": 0})
    expect(last).to_contain_text("I see …")


def test_the_key_f_fills_the_screen(device_of_alice):
    page = device_of_alice(permissions=())
    page.goto(f"{start(page)}big/")

    page.keyboard.press("f")
    expect(page.locator(":fullscreen")).not_to_have_count(0)
    page.keyboard.press("f")
    expect(page.locator(":fullscreen")).to_have_count(0)


def test_plain_text_needs_no_scripts(device_of_alice):
    live = device_of_alice()
    address = start(live)
    expect(captions(live)).to_have_count(1, timeout=30_000)
    page = device_of_alice(java_script_enabled=False)

    page.goto(f"{address}text/")
    expect(page.get_by_text("Speaker A: Thank you for holding")).to_be_visible()
    expect(captions(live)).to_have_count(2, timeout=30_000)
    page.get_by_role("link", name="Load newer lines").click()

    expect(page.get_by_text("I have been waiting")).to_be_visible()
    expect(page.get_by_text("Thank you for holding")).to_have_count(0)


def test_a_check_measures_and_leaves_nothing(page):
    page.goto("/check/")
    expect(page.locator("[data-step=engine]")).to_contain_text("Simulated: nobody listens")

    page.get_by_role("button", name="Try the microphone").click()

    expect(page.locator("[data-step=microphone]")).to_contain_text("Linnet hears you", timeout=10_000)
    expect(page.locator("[data-step=delay]")).to_contain_text("a script answers here", timeout=20_000)
    page.get_by_role("button", name="Stop the check").click()
    expect(page.locator("[data-step=microphone]")).to_contain_text("are deleted")
    page.goto("/")
    expect(page.get_by_text(re.compile("Check before a call"))).to_have_count(0)


def test_a_check_explains_a_microphone_that_is_refused(device_of_alice):
    page = device_of_alice(permissions=())
    page.goto("/check/")

    page.get_by_role("button", name="Try the microphone").click()

    expect(page.locator("[data-step=microphone]")).to_contain_text("did not let Linnet listen")
    expect(page.locator("[data-part=help] li")).to_have_count(3)
