"""What went wrong is said in plain words: on a page to people, as JSON with a code to programs."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.utils.translation import override

from linnet_site import urls
from sessions_app.views import errors, guesses

pytestmark = pytest.mark.django_db

JSON = {"accept": "application/json"}


def broken(request):
    raise RuntimeError("broken")


handler500 = urls.handler500
urlpatterns = [*urls.urlpatterns, path("broken/", broken)]


@pytest.fixture
def strict_browser(alice):
    """Alice's browser as browsers are: who sends no CSRF token is refused."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    return browser


class TestAnAddressThatTakesFormsOnly:
    @pytest.fixture
    def address(self, voice_session):
        return f"/sessions/{voice_session.pk}/end/"

    def test_says_so_to_who_opens_it(self, alices_browser, address):
        answer = alices_browser.get(address)

        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "This address is not a page" in answer.text
        assert "Nothing was changed" in answer.text

    def test_and_to_programs_what_it_takes(self, alices_browser, address):
        answer = alices_browser.get(address, headers=JSON)

        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert answer.json() == {"error": "method_not_allowed", "message": "GET does not work here. Use POST."}

    async def test_also_where_the_view_is_asynchronous(self, async_client):
        answer = await async_client.delete("/check/state/")

        assert (answer.status_code, answer["Allow"]) == (405, "GET")
        assert "This address is not a page" in answer.text


class TestWithoutTheCsrfToken:
    def test_a_person_is_told_to_reload(self, strict_browser):
        answer = strict_browser.post("/sessions/")

        assert answer.status_code == 403
        assert "This page was open for too long" in answer.text

    def test_a_program_is_told_what_to_send(self, strict_browser):
        answer = strict_browser.post("/sessions/", headers=JSON)

        assert (answer.status_code, answer.json()["error"]) == (403, "csrf_failed")
        assert "X-CSRFToken" in answer.json()["message"]

    def test_so_is_one_that_sends_json(self, strict_browser):
        answer = strict_browser.post("/sessions/", "{}", content_type="application/json")

        assert answer.json()["error"] == "csrf_failed"


class TestOthers:
    def test_what_is_not_there(self, alices_browser):
        address = f"/sessions/{uuid.uuid4()}/"

        assert "Nothing here" in alices_browser.get(address).text
        answer = alices_browser.get(address, headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")

    def test_what_one_may_not_see(self, stella):
        for browser_wants, said in (("text/html", "You may not see this"), ("application/json", '"forbidden"')):
            request = RequestFactory().get("/", headers={"accept": browser_wants})
            assert said in errors.forbidden(request, PermissionError()).text

    def test_what_makes_no_sense(self, client):
        answer = client.get("/privacy/", headers={"host": "elsewhere.example"} | JSON)

        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")

    def test_what_was_tried_too_often(self, client, monkeypatch):
        monkeypatch.setattr(guesses, "MAX_GUESSES", 0)

        assert "Too often" in client.get("/shared/guess/").text
        answer = client.get("/shared/guess/", headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (429, "rate_limited")

    @override_settings(ROOT_URLCONF="tests.test_error_pages")
    def test_what_broke(self, client):
        client.raise_request_exception = False

        assert "Something broke" in client.get("/broken/").text
        answer = client.get("/broken/", headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (500, "internal")


@pytest.mark.parametrize("wants", ["text/html", "application/json"])
def test_no_cache_keeps_what_went_wrong(client, wants):
    answer = client.get("/shared/nonsense/", headers={"accept": wants})

    assert "no-store" in answer["Cache-Control"]
    assert "Accept" in answer["Vary"]


def test_a_page_says_in_which_language_it_is():
    with override("de"):
        answer = errors.not_found(RequestFactory().get("/"), LookupError())

    assert '<html lang="de">' in answer.text
