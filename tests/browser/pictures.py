"""Pictures of every page and state, to be looked at: `python -m tests.browser.pictures [name ...]` (make pictures).

They are written to tests/browser/screenshots/ as <state>-<width>-<theme>.png, at three widths and in three themes.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from playwright.sync_api import expect, sync_playwright  # noqa: E402

from tests.browser.conftest import Device, captions, linnet_running, start  # noqa: E402
from tests.browser.talk import raise_alert, say_many  # noqa: E402

FOLDER = Path(__file__).parent / "screenshots"
SIZES = [(320, 640), (768, 1024), (1280, 800)]
THEMES = ["light", "dark", "contrast"]
BEEPS = ["--use-fake-device-for-media-stream"]


class Photographer:
    """Alice's browser, brought into one state after another."""

    def __init__(self, browser, address):
        self.browser, self.address = browser, address
        device = Device(browser, address)
        self.login = device.log_in()
        device.context.close()

    def page(self, *, microphone=True, member=True):
        options = {"storage_state": self.login} if member else {}
        return Device(self.browser, self.address, permissions=["microphone"] if microphone else [], **options).page

    def take(self, name, page, *, full_page=False):
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                page.evaluate(
                    "theme => document.documentElement.dataset.theme = theme",
                    theme if theme == "contrast" else "system",
                )
                page.wait_for_timeout(60)
                page.screenshot(path=FOLDER / f"{name}-{width}-{theme}.png", full_page=full_page)
        page.context.close()


def first_page(camera):
    page = camera.page()
    page.goto("/")
    camera.take("first-page", page, full_page=True)


def display_menu(camera):
    page = camera.page()
    page.goto("/")
    page.get_by_text("Display").click()
    camera.take("display-menu", page)


def login(camera):
    page = camera.page(member=False)
    page.goto("/accounts/login/")
    camera.take("login", page)


def history(camera):
    page = camera.page()
    page.goto("/sessions/")
    camera.take("history", page, full_page=True)


def check(camera):
    page = camera.page()
    page.goto("/check/")
    page.get_by_role("button", name="Try the microphone").click()
    expect(page.locator("[data-part=delay]")).to_contain_text("Not measured: a script", timeout=30_000)
    camera.take("check", page, full_page=True)


def profile(camera):
    page = camera.page()
    page.goto("/profile/")
    camera.take("profile", page, full_page=True)


def live_idle(camera):
    page = camera.page(microphone=False)
    start(page, "Dentist")
    camera.take("live-refused", page)


def live(camera):
    page = camera.page()
    start(page, "Health insurance")
    expect(captions(page)).to_have_count(3, timeout=40_000)
    camera.take("live", page)


def live_long(camera):
    page = camera.page(microphone=False)
    start(page, "A long call")
    page.get_by_role("button", name="Close").click()
    say_many(page, 50)
    camera.take("live-50", page)


def alert(camera):
    page = camera.page(microphone=False)
    start(page, "The bank")
    say_many(page, 3)
    raise_alert(page)
    camera.take("live-alert", page)


def big(camera):
    speaking, page = camera.page(), camera.page()
    address = start(speaking, "At the table")
    expect(captions(speaking)).to_have_count(3, timeout=40_000)
    page.goto(f"{address}big/")
    expect(page.locator(".big-line")).not_to_have_count(0)
    camera.take("big", page)
    page = camera.page()
    page.goto(f"{address}text/")
    camera.take("text", page, full_page=True)
    speaking.get_by_role("button", name="End session").click()
    expect(speaking.get_by_role("heading", name="What was said")).to_be_visible(timeout=20_000)
    camera.take("debrief", speaking, full_page=True)


def nothing_there(camera):
    page = camera.page()
    page.goto("/lost/")
    camera.take("not-found", page)


STATES = [
    login, live_idle, live, live_long, alert, big, first_page, display_menu, history, check, profile, nothing_there,
]  # fmt: skip


def main(names):
    FOLDER.mkdir(exist_ok=True)
    executable = os.environ.get("LINNET_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as folder,
        linnet_running(Path(folder), LINNET_VOICE="scripted") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable, args=BEEPS)
        camera = Photographer(browser, address)
        for state in STATES:
            if not names or state.__name__ in names:
                state(camera)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
