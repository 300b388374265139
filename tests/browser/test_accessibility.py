from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, captions, start

# 1.4.6 (AAA) is in: text reaches 7:1.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SCHEMES, SIZES = ["light", "dark"], [NARROW, WIDE]

everywhere = pytest.mark.parametrize(
    ("scheme", "size"),
    [pytest.param(scheme, size, id=f"{scheme}-{size['width']}") for scheme in SCHEMES for size in SIZES],
)


def problems(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found]


def is_wider_than_the_window(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@everywhere
@pytest.mark.parametrize("path", ["/", "/sessions/", "/sessions/?q=nothing-like-it", "/accounts/password/change/"])
def test_a_page_has_nothing_that_axe_objects_to(device_of_alice, path, scheme, size):
    page = device_of_alice(color_scheme=scheme)
    page.set_viewport_size(size)

    page.goto(path)

    assert problems(page) == []
    assert not is_wider_than_the_window(page)


@everywhere
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/lost/"])
def test_a_page_for_strangers_has_nothing_that_axe_objects_to(chromium, linnet, path, scheme, size):
    context = chromium.new_context(base_url=linnet, viewport=size, color_scheme=scheme)
    page = context.new_page()

    page.goto(path)
    found, is_too_wide = problems(page), is_wider_than_the_window(page)
    context.close()

    assert found == []
    assert not is_too_wide


def test_live_page_and_debrief_have_nothing_that_axe_objects_to(page):
    start(page, "Axe")
    expect(captions(page)).to_have_count(2, timeout=30_000)
    found = {f"live {scheme} {size['width']}": look(page, scheme, size) for scheme in SCHEMES for size in SIZES}
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("heading", name="What was said")).to_be_visible(timeout=20_000)
    found |= {f"debrief {scheme} {size['width']}": look(page, scheme, size) for scheme in SCHEMES for size in SIZES}

    assert {where: what for where, what in found.items() if what} == {}


def look(page, scheme, size):
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    return problems(page) + (["wider than the window"] if is_wider_than_the_window(page) else [])


def test_a_refusal_and_an_alert_have_nothing_that_axe_objects_to(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)
    page.evaluate(
        """() => document.querySelector("linnet-live").feed.dispatchEvent(
            new CustomEvent("alert", { detail: { kind: "human_picked_up", at_ms: 0 } }))"""
    )
    expect(page.get_by_text("A person picked up")).to_be_visible()

    assert look(page, "light", WIDE) == []
    assert look(page, "dark", NARROW) == []


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
