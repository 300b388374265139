"""Going over a session: with the keyboard alone, without scripts, and for whoever cannot see the picture."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, Device, captions, start
from tests.browser.test_accessibility import RULES


@pytest.fixture(scope="module")
def ended(chromium, linnet, login):
    """The address of a session with two captions that has ended."""
    device = Device(chromium, linnet, storage_state=login, permissions=["microphone"])
    address = start(device.page, "Gone over")
    expect(captions(device.page)).to_have_count(2, timeout=30_000)
    device.page.get_by_role("button", name="End session").click()
    expect(device.page.get_by_role("button", name="Continue this session")).to_be_visible(timeout=20_000)
    device.context.close()
    return address


def press_tab_until(page, name, limit=80):
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText ?? ''").strip().startswith(name):
            return
    pytest.fail(f"Tab does not reach {name!r}")


def test_a_verdict_with_the_keyboard_alone(device_of_alice, ended):
    page = device_of_alice()
    page.goto(ended)
    for name, address in (("Correct, name, comment", "**/?edit=1"), ("Change or comment", "**line=*")):
        press_tab_until(page, name)
        page.keyboard.press("Enter")
        page.wait_for_url(address)

    page.get_by_role("radio", name="I heard it so too").focus()
    page.keyboard.press("Space")
    press_tab_until(page, "Save what I heard")
    page.keyboard.press("Enter")

    expect(page.get_by_text("You heard the tone so too.")).to_be_visible()
    assert page.get_by_role("checkbox", name="Share this").is_checked() is False


def test_everything_can_be_done_without_scripts(device_of_alice, ended):
    page = device_of_alice(java_script_enabled=False)
    page.goto(f"{ended}?edit=1")
    page.get_by_role("link", name="Change or comment").first.click()

    page.get_by_role("textbox", name="The words").fill("Something else was said.")
    page.get_by_role("button", name="Save the words").click()

    expect(captions(page).first).to_contain_text("Something else was said.")
    expect(captions(page).first).to_contain_text("Heard as:")


def test_the_picture_has_no_stop_for_the_keyboard_and_its_table_has(device_of_alice, ended):
    page = device_of_alice()
    page.goto(ended)
    page.get_by_text("The same as a table").click()

    table = page.get_by_role("region", name="At a glance, as a table")

    assert page.locator(".timeline__lanes a:not([tabindex='-1'])").count() == 0
    table.get_by_role("link").first.click()
    assert page.url.split("#")[1].startswith("line-")


def test_a_file_with_what_was_ticked(device_of_alice, ended):
    page = device_of_alice()
    page.set_viewport_size(NARROW)
    page.goto(ended)
    page.locator("summary").filter(has_text="Download").click()
    page.get_by_label("Say the tone before the words").check()
    page.get_by_label("With the speakers").uncheck()

    with page.expect_download() as download:
        page.get_by_role("button", name="Plain text (.txt)").click()

    text = download.value.path().read_text()
    assert "[Calm and steady]" in text
    assert "Speaker A" not in text


def test_a_refused_answer_has_the_focus_and_what_was_chosen(device_of_alice, ended):
    page = device_of_alice()
    page.goto(f"{ended}?edit=1")
    page.get_by_role("link", name="Change or comment").first.click()
    page.get_by_role("radio", name="I heard it as something else").check()

    page.get_by_role("button", name="Save what I heard").click()

    expect(page.get_by_role("alert").filter(has_text="Say how you heard it.")).to_be_focused()
    expect(page.get_by_role("radio", name="I heard it as something else")).to_be_checked()
    expect(page.get_by_label("How you heard it")).to_have_attribute("aria-invalid", "true")
    page.set_viewport_size(NARROW)
    assert Axe().run(page, options=RULES).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_who_writes_how_it_was_heard_has_chosen_so(device_of_alice, ended):
    page = device_of_alice()
    page.goto(f"{ended}?edit=1")
    page.get_by_role("link", name="Change or comment").first.click()

    page.get_by_label("How you heard it").fill("Bored")

    expect(page.get_by_role("radio", name="I heard it as something else")).to_be_checked()


def test_on_paper_it_is_dark_on_white_and_says_who_spoke(device_of_alice, ended):
    page = device_of_alice(color_scheme="dark")
    page.goto(ended)
    page.evaluate("document.documentElement.dataset.theme = 'contrast'")
    captions(page).first.evaluate("line => { line.dataset.sameSpeaker = ''; }")

    page.emulate_media(media="print")

    assert page.locator("main").evaluate("main => getComputedStyle(main).color") == "rgb(35, 29, 25)"
    assert page.locator("html").evaluate("html => getComputedStyle(html).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert (
        captions(page).first.locator(".line__speaker").evaluate("name => getComputedStyle(name).position") == "static"
    )
    expect(page.get_by_role("button", name="Download")).to_be_hidden()


def test_a_name_of_one_long_word_does_not_widen_the_page(device_of_alice, ended):
    page = device_of_alice()
    page.set_viewport_size(NARROW)
    page.goto(f"{ended}?edit=1")

    page.locator("h1, #editing label").evaluate_all(
        "names => names.forEach((name) => { name.textContent = 'n'.repeat(64); })"
    )

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_editing_is_accessible_and_fits_a_narrow_screen(device_of_alice, ended, scheme):
    page = device_of_alice(color_scheme=scheme)
    page.set_viewport_size(NARROW)
    page.goto(f"{ended}?edit=1")
    page.get_by_role("link", name="Change or comment").first.click()

    violations = Axe().run(page, options=RULES).response["violations"]

    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
