"""One word for one thing on the pages of the account, and codes and devices that people can read."""

from __future__ import annotations

import re

import pytest

from sessions_app.templatetags.browsers import browser_in_words
from sessions_app.templatetags.in_fours import in_fours

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Windows"),
        (f"{MOZILLA} (X11; Linux x86_64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"{MOZILLA} (Windows NT 10.0) {WEBKIT} Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        (f"{MOZILLA} (Linux; Android 15) {WEBKIT} SamsungBrowser/27 Chrome/125 Mobile", "Samsung Internet on Android"),
        (f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15", "Safari on macOS"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1",
         "Safari on iPhone"),
        (f"{MOZILLA} (iPhone; CPU iPhone OS 18_1 like Mac OS X) CriOS/131.0 Mobile/15E148 Safari/604.1",
         "Chrome on iPhone"),
        (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/131.0 Safari/537.36", "Chrome on ChromeOS"),
        ("curl/8.9.1", "a program that Linnet does not know"),
        ("", "a program that Linnet does not know"),
    ],
)  # fmt: skip
def test_a_browser_is_called_what_people_call_it(user_agent, words):
    assert browser_in_words(user_agent) == words


@pytest.mark.parametrize(("code", "pieces"), [("73969055", ["7396", "9055"]), ("ABCDEF", ["ABCD", "EF"]), ("", [])])
def test_a_code_is_read_in_fours(code, pieces):
    assert in_fours(code) == pieces


@pytest.mark.django_db
def test_the_list_of_devices_says_what_they_are(client, alice):
    agent = f"{MOZILLA} (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
    alice.set_password("four quiet linnets")
    alice.save()
    login = {"login": "alice", "password": "four quiet linnets"}
    client.post("/accounts/login/", login, headers={"user-agent": agent})

    page = client.get("/accounts/sessions/").text

    assert f'<span title="{agent}">Firefox on Linux</span>' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("/accounts/login/", ["Username or email", "Password", "Stay logged in"]),
        ("/accounts/signup/", ["Username", "Email (optional)", "Password", "Password (again)"]),
        ("/accounts/password/change/", ["Current password", "New password", "New password (again)"]),
        ("/accounts/password/reset/", ["Email"]),
    ],
)
def test_fields_are_named_alike_in_small_letters(client, alice, path, labels):
    if "change" in path:
        client.force_login(alice)

    page = client.get(path).text
    form = page[page.index("<main") :]

    assert re.findall(r"<label[^>]*>(?:<input[^>]*> <span>)?([^<]+)<", form) == labels
    assert "placeholder" not in form


@pytest.mark.django_db
def test_who_logs_out_is_logged_out_and_not_signed_out(alices_browser):
    page = alices_browser.post("/accounts/logout/", follow=True).text

    assert "You are logged out." in page
    assert "signed" not in page.lower()
