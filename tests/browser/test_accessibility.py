from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, Device, captions, start
from tests.browser.talk import raise_alert, say_many
from tests.routes import MEMBERS, OWNER, ROWS, WATCHERS

# 1.4.6 (AAA) is in: text reaches 7:1.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
ZOOMED = {"width": 320, "height": 256}  # 1280 x 1024 at 400 %

# How a page is looked at: colours, window, letters, and whether axe looks too or only the width is measured.
LOOKS = {
    "light wide": ({"color_scheme": "light"}, WIDE, 100, True),
    "dark narrow": ({"color_scheme": "dark"}, NARROW, 100, True),
    "forced colours": ({"color_scheme": "dark", "forced_colors": "active"}, WIDE, 100, True),
    "letters 200 %": ({"color_scheme": "light"}, {"width": 640, "height": 800}, 200, False),
    "zoom 400 %": ({"color_scheme": "light"}, ZOOMED, 100, True),
}
NOT_PAGES = {"session_events", "session_stream", "session_export", "check_state", "everything"}
STRANGERS_PAGES = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/privacy/", "/lost/"]
MORE_PAGES = ["/sessions/?q=nothing-like-it", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"]


def pages_of_members(*, about_session):
    """Return the names of the pages that take a session's id (or none), from the list of all addresses."""
    pages = [name for name, row in ROWS.items() if row.method == "GET" and row.rule in (MEMBERS, OWNER, WATCHERS)]
    ours = [name for name in pages if name not in NOT_PAGES and name != "session"]
    return [name for name in ours if name.startswith("session_") == about_session]


def problems(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]


def look(page, name):
    media, size, letters_percent, is_for_axe = LOOKS[name]
    page.emulate_media(**{"forced_colors": "none"} | media)
    page.set_viewport_size(size)
    page.evaluate("percent => document.documentElement.style.fontSize = `${1.0625 * percent}%`", letters_percent)
    found = problems(page) if is_for_axe else []
    too_wide_px = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return found + ([f"{too_wide_px} px wider than the window"] if too_wide_px > 0 else [])


def objections(page):
    """Return what is wrong with the page as it is now, by the way in which it was looked at."""
    found = {name: look(page, name) for name in LOOKS}
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.emulate_media(color_scheme="light", forced_colors="none")
    page.set_viewport_size(WIDE)
    return {name: what for name, what in found.items() if what}


@pytest.fixture(scope="module")
def address_of_a_talk(chromium, linnet, login):
    """A session with two captions in it, ended."""
    device = Device(chromium, linnet, storage_state=login, permissions=["microphone"])
    address = start(device.page, "Looked at")
    expect(captions(device.page)).to_have_count(2, timeout=40_000)
    device.page.get_by_role("button", name="End session").click()
    expect(device.page.get_by_role("heading", name="What was said")).to_be_visible(timeout=20_000)
    device.context.close()
    return address


@pytest.mark.parametrize("name", pages_of_members(about_session=False))
def test_a_page_has_nothing_that_axe_objects_to(device_of_alice, name):
    page = device_of_alice()

    page.goto(reverse(name))

    assert objections(page) == {}


@pytest.mark.parametrize("path", MORE_PAGES)
def test_so_has_one_that_is_not_among_ours(device_of_alice, path):
    page = device_of_alice()

    page.goto(path)

    assert objections(page) == {}


@pytest.mark.parametrize("name", ["session", *pages_of_members(about_session=True)])
def test_a_page_about_a_session_has_nothing_that_axe_objects_to(device_of_alice, address_of_a_talk, name):
    page = device_of_alice()

    page.goto(reverse(name, args=[address_of_a_talk.rstrip("/").rsplit("/", 1)[1]]))

    assert objections(page) == {}


@pytest.mark.parametrize("path", STRANGERS_PAGES)
def test_a_page_for_strangers_has_nothing_that_axe_objects_to(chromium, linnet, path):
    context = chromium.new_context(base_url=linnet)
    page = context.new_page()

    page.goto(path)
    found = objections(page)
    context.close()

    assert found == {}


def test_giving_a_link_has_nothing_that_axe_objects_to_refused_or_done(chromium, linnet, login, address_of_a_talk):
    context = chromium.new_context(base_url=linnet, storage_state=login)  # a refusal is a complaint in the console
    page = context.new_page()
    page.goto(f"{address_of_a_talk}shares/")
    page.get_by_label("For whom").fill(" ")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("For whom")).to_be_focused()
    refused = objections(page)
    page.get_by_label("For whom").fill("Ben")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("Link", exact=True)).to_be_focused()
    made = objections(page)
    page.get_by_role("button", name="Withdraw").first.click()
    expect(page.get_by_text("The link is withdrawn.")).to_be_visible()
    withdrawn = objections(page)
    context.close()

    assert [refused, made, withdrawn] == [{}] * 3


def test_the_live_page_has_nothing_that_axe_objects_to_idle_or_full_or_in_trouble(device_of_alice):
    page = device_of_alice(permissions=())
    start(page, "Axe")
    expect(page.get_by_role("alert").filter(has_text="did not let Linnet listen")).to_be_visible()
    refused = objections(page)
    page.get_by_role("button", name="Close").click()
    idle = objections(page)
    say_many(page, 50)
    full = objections(page)
    raise_alert(page)
    expect(page.get_by_text("Somebody or a recording answered")).to_be_visible()
    alerted = objections(page)

    assert [refused, idle, full, alerted] == [{}] * 4


def test_big_letters_have_nothing_that_axe_objects_to(device_of_alice):
    page = device_of_alice(permissions=())
    page.goto(f"{start(page)}big/")
    page.wait_for_function("() => document.querySelector('linnet-live')?.board?.facts.feed === 'open'")
    idle = objections(page)
    say_many(page, 50)

    assert [idle, objections(page)] == [{}, {}]


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_a_chosen_theme_has_nothing_that_axe_objects_to(page, theme):
    page.goto("/")
    page.get_by_text("Display").click()

    page.get_by_label("Colours").select_option(theme)
    page.reload()

    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert problems(page) == []


def test_controls_are_large_enough_for_a_thumb(page):
    start(page)
    page.set_viewport_size(NARROW)
    expect(page.get_by_role("button", name="Mute")).to_be_visible()

    sizes_px = page.locator("button:visible, summary:visible, header a:visible").evaluate_all(
        "controls => controls.map(control => control.getBoundingClientRect()).map(box => [box.width, box.height])"
    )

    assert [size for size in sizes_px if min(size) < 43.9] == []


def test_a_session_needs_no_mouse(page):
    page.goto("/")
    tab_to(page, "Start listening")
    page.keyboard.press("Enter")
    page.wait_for_selector("linnet-live")
    expect(page.get_by_role("button", name="Mute")).to_be_visible()

    tab_to(page, "Mute")
    page.keyboard.press("Space")
    expect(page.locator("linnet-status")).to_contain_text("Muted")
    tab_to(page, "End session")
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Continue this session")).to_be_visible(timeout=20_000)


def test_new_captions_do_not_move_the_focus(page):
    start(page)
    mute = page.get_by_role("button", name="Mute")
    mute.focus()

    expect(captions(page)).to_have_count(2, timeout=30_000)

    expect(mute).to_be_focused()


def test_the_skip_link_leads_to_the_content(page):
    page.goto("/sessions/")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()


def test_history_can_be_read_without_scripts(device_of_alice):
    live = device_of_alice()
    address = start(live, "Without scripts")
    expect(captions(live)).to_have_count(1, timeout=30_000)
    page = device_of_alice(java_script_enabled=False)

    page.goto(address)

    expect(captions(page).first).to_contain_text("Thank you for holding")
    expect(page.get_by_role("button", name="End session")).to_be_visible()


def tab_to(page, name, limit=40):
    """Press Tab until the control called `name` has the focus, as somebody without a mouse would."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().startswith(name):
            return
    pytest.fail(f"Tab does not reach {name!r}")
