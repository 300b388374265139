"""A passkey, with a key that Chromium plays: added, used instead of the password, all under the content policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Device


@pytest.fixture
def device(chromium, linnet):
    """A browser with a key plugged in. Keys belong to a name: at 127.0.0.1 no browser has any."""
    device = Device(chromium, linnet.replace("127.0.0.1", "localhost"))
    devtools = device.context.new_cdp_session(device.page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device.key = devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": options | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    device.devtools = devtools
    yield device
    device.context.close()
    assert device.complaints == []


def add_passkey(page, name):
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Log in with it instead of the password").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_a_passkey_opens_the_door(device):
    page = device.page
    device.log_in()
    add_passkey(page, "blue key")
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("passkey: instead of the password")).to_be_visible()
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Log out").click()

    page.get_by_role("button", name="Log in with a passkey").click()

    page.wait_for_url("**/")
    expect(page.get_by_role("button", name="Start listening")).to_be_visible()
    forget_the_second_step(page)


def forget_the_second_step(page):
    """Other tests log in as Alice, with her password alone."""
    page.goto("/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Remove").click()
    if "reauthenticate" in page.url:
        page.goto(page.url.replace("2fa/reauthenticate", "reauthenticate"))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()


def test_a_key_that_does_not_answer_is_explained(device):
    page = device.page
    device.devtools.send(
        "WebAuthn.setUserVerified", {"authenticatorId": device.key["authenticatorId"], "isUserVerified": False}
    )
    page.goto("/accounts/login/")

    page.get_by_role("button", name="Log in with a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("Try again when you are ready")
