"""What strangers send: numbers that no database has, headers that are none. The answer is never a broken page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app import lifecycle, recording
from sessions_app.models import EndReason
from tests import routes
from tests.test_permission_matrix import use
from tests.test_recording import words

pytestmark = pytest.mark.django_db

HUGE = 10**30
NUMBERS = {"seq", "note_id", "share_id"}
NUMBERED = sorted(name for name, route in routes.own_routes().items() if NUMBERS & route.pattern.converters.keys())
JSON = {"accept": "application/json"}


@pytest.mark.parametrize("name", NUMBERED)
def test_a_number_beyond_all_numbers_is_not_there(alices_browser, voice_session, name):
    ids = {
        field: voice_session.pk if field == "session_id" else HUGE
        for field in routes.own_routes()[name].pattern.converters
    }

    assert use(alices_browser, routes.ROWS[name], reverse(name, kwargs=ids)).status_code == 404


@pytest.mark.parametrize("name", ["page", "line", "note"])
@pytest.mark.parametrize("value", [HUGE, 10**17, -1, 0, "٣", "1.5", "", "\0"])
@pytest.mark.parametrize("edit", ["", "&edit=1"])
def test_a_page_that_cannot_be_is_another_one(alices_browser, voice_session, name, value, edit):
    recording.append(voice_session.pk, [words("what was said")])
    lifecycle.end(voice_session, EndReason.USER)

    answer = alices_browser.get(f"/sessions/{voice_session.pk}/?{name}={value}{edit}")

    assert answer.status_code == 200
    assert "what was said" in answer.text


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "//", "http://testserver//elsewhere.example/", "\x7f"])
def test_who_is_logged_out_is_led_to_the_login_from_wherever(client, voice_session, referer):
    answer = client.post(f"/sessions/{voice_session.pk}/end/", headers={"referer": referer})

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/")
    assert "//elsewhere" not in client.get(answer["Location"]).text


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "{", '"x"', '{"verdict": null}', '{"verdict": {"a": [1]}}', '{"verdict": 1e999}', "\ud800"],
)
@pytest.mark.parametrize("path", ["/sessions/{}/tones/1/feedback/", "/sessions/{}/keeping/", "/calibration/reset/"])
def test_json_that_says_nothing_is_answered_as_json(alices_browser, voice_session, path, body):
    answer = alices_browser.post(
        path.format(voice_session.pk),
        body.encode(errors="surrogatepass"),
        content_type="application/json",
        headers=JSON,
    )

    assert answer.status_code in {200, 400}
    assert answer["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "back", ["//elsewhere.example", "/\\elsewhere.example", "/a\r\nX: y", "javascript:alert(1)", "\0"]
)
def test_who_says_where_to_go_back_to_goes_nowhere_else(alices_browser, voice_session, back):
    answer = alices_browser.post(f"/sessions/{voice_session.pk}/tones/1/feedback/", {"back": back})

    assert answer.status_code == 303
    assert answer["Location"].startswith("/")
    assert not answer["Location"].startswith(("//", "/\\"))


@pytest.mark.parametrize("token", ["\0", "a" * 5000, "%F0%9F%90%A6", "..", "%0d%0a"])
def test_a_token_that_cannot_be_is_not_there(client, token):
    assert client.get(f"/shared/{token}/").status_code == 404


@pytest.mark.parametrize("key", [r"\000" * 8, r"\355\240\200aaaaaaaa", "a" * 10_000, "'; --aaaaaaa"])
def test_a_cookie_that_no_login_has_is_nobody(voice_session, key):
    browser = Client(headers={"cookie": f'sessionid="{key}"'})

    assert browser.get(f"/sessions/{voice_session.pk}/").status_code == 302
    assert browser.get("/privacy/").status_code == 200


@pytest.mark.parametrize("name", ["a" * 60_000, "a@" + "b" * 60_000, "\0"])
def test_a_name_that_nobody_has_does_not_break_the_login(alice, name):
    answer = Client().post("/accounts/login/", {"login": name, "password": "secret words"})

    assert answer.status_code == 200
    assert "errorlist" in answer.text
