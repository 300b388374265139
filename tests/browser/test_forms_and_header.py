"""A form that was refused is found without eyes; times are the device's; the header fits whatever its letters."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW

LETTERS = "percent => document.documentElement.style.fontSize = `${1.0625 * percent}%`"
TOO_WIDE_PX = "document.querySelector('.site-header').scrollWidth - innerWidth"
HEADER_PX = "document.querySelector('.site-header').offsetHeight"


@pytest.fixture
def stranger(chromium, linnet):
    context = chromium.new_context(base_url=linnet, timezone_id="Asia/Tokyo")
    yield context.new_page()
    context.close()


def test_a_refused_login_has_the_focus_on_what_is_wrong(stranger):
    stranger.goto("/accounts/login/")
    stranger.get_by_label("Username or email").fill("alice")
    stranger.get_by_label("Password", exact=True).fill("wrong")
    stranger.get_by_role("button", name="Log in", exact=True).click()

    expect(stranger.get_by_role("alert").filter(has_text="do not belong together")).to_be_focused()
    expect(stranger).to_have_title("Error: Log in · Linnet")


def test_a_refused_sign_up_has_the_focus_on_the_first_wrong_field(stranger):
    stranger.goto("/accounts/signup/")
    stranger.get_by_label("Username").fill("newcomer")
    stranger.get_by_label("Password", exact=True).fill("12345")
    stranger.get_by_label("Password (again)").fill("12345")
    stranger.get_by_role("button", name="Create my account").click()

    expect(stranger.get_by_label("Password", exact=True)).to_be_focused()
    expect(stranger.get_by_label("Password", exact=True)).to_have_accessible_description(
        re.compile("Please check: This password")
    )


def test_the_device_says_its_time_zone(stranger):
    stranger.goto("/accounts/login/")
    stranger.wait_for_function("() => document.cookie.includes('time_zone')")

    (zone,) = [cookie for cookie in stranger.context.cookies() if cookie["name"] == "time_zone"]
    assert (zone["value"], zone["sameSite"]) == ("Asia%2FTokyo", "Lax")


@pytest.mark.parametrize(("width", "percent"), [(320, 200), (1280, 400)])
def test_the_header_is_no_wider_than_the_window(page, width, percent):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/")
    page.evaluate(LETTERS, percent)

    assert page.evaluate(TOO_WIDE_PX) <= 0


def test_the_header_is_as_high_on_every_page(page):
    page.set_viewport_size(NARROW)
    heights_px = []
    for path in ("/", "/sessions/"):
        page.goto(path)
        heights_px.append(page.evaluate(HEADER_PX))

    assert heights_px[0] == heights_px[1]


def test_escape_closes_a_menu_and_its_button_has_the_focus(page):
    page.goto("/sessions/")
    menu = page.locator(".menu", has_text="Display")
    menu.locator("summary").click()
    page.keyboard.press("Tab")

    page.keyboard.press("Escape")

    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


@pytest.mark.parametrize(
    "leave", [lambda page: page.locator("h1").click(), lambda page: page.locator(".brand").focus()]
)
def test_a_menu_closes_when_one_turns_to_the_page(page, leave):
    page.goto("/sessions/")
    menu = page.locator(".menu", has_text="alice")
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")

    leave(page)

    expect(menu).not_to_have_attribute("open", "")
