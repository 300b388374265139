"""Who sees nothing learns from the page's title, and from the field itself, that a form was refused and why."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.django_db

PAGES = {
    "/accounts/login/": {"login": "alice", "password": "wrong"},
    "/accounts/signup/": {"username": "", "password1": "a", "password2": "b"},
}


def refused(client, path):
    return client.post(path, PAGES[path]).text


@pytest.mark.parametrize("path", PAGES)
def test_the_title_says_so_first(client, path):
    assert "<title>Error: " in refused(client, path)
    assert "<title>Error" not in client.get(path).text


@pytest.mark.parametrize("path", PAGES)
def test_what_is_wrong_is_an_alert(client, path):
    assert re.search(r'role="alert"[^>]*><ul class="errorlist"', refused(client, path))


def test_what_is_wrong_with_the_whole_form_can_have_the_focus(client, alice):
    page = refused(client, "/accounts/login/")

    assert 'tabindex="-1" data-form-error' in page
    assert "Please check: This username or email and this password do not belong together." in page


def test_a_field_names_its_error(client):
    page = refused(client, "/accounts/signup/")
    (field,) = re.findall(r'<input[^>]*name="username"[^>]*>', page)

    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_username_error"' in field
    assert 'id="id_username_error"' in page


def test_a_session_that_cannot_start_says_why_and_keeps_its_options_open(alices_browser):
    page = alices_browser.post("/sessions/", {"window_ms": "1"}).text

    assert "<title>Error: " in page
    assert "<details open>" in page
    assert 'id="id_window_ms_error"' in page
