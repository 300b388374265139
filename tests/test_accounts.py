"""Coming in and staying safe: second steps, devices, limits, and pages in plain words."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings as site
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from linnet_site.settings import MIDDLEWARE
from tests.routes import all_routes

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"<script(?![^>]*(?:\bsrc=|application/json))[^>]*>|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)
LIKE_OURS = 'class="site-header"'


def log_in(browser, **fields):
    return browser.post("/accounts/login/", {"login": "alice", "password": "secret words"} | fields)


def freshly_logged_in(user):
    """Return a browser that knows the password was typed just now."""
    browser = Client()
    log_in(browser, login=user.get_username())
    browser.post("/accounts/reauthenticate/", {"password": "secret words"})
    return browser


@pytest.fixture
def alices_phone(alice):
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(alice, secret)
    return lambda: totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))


class TestTwoSteps:
    def test_a_password_alone_is_not_enough_any_more(self, alices_phone):
        browser = Client()

        assert log_in(browser)["Location"] == "/accounts/2fa/authenticate/"
        assert browser.get("/").status_code == 302

        browser.post("/accounts/2fa/authenticate/", {"code": alices_phone()})
        assert browser.get("/").status_code == 200

    def test_a_wrong_code_is_turned_away(self, alices_phone):
        browser = Client()
        log_in(browser)

        assert browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
        assert browser.get("/").status_code == 302

    def test_an_app_is_set_up_with_its_first_code(self, alice):
        browser = freshly_logged_in(alice)
        page = browser.get("/accounts/2fa/totp/activate/")
        secret = page.context["form"].secret
        code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))

        answer = browser.post("/accounts/2fa/totp/activate/", {"code": code})

        assert answer["Location"] == "/accounts/2fa/recovery-codes/"
        assert Authenticator.objects.filter(user=alice, type="totp").exists()
        assert browser.get(answer["Location"]).text.count("<li>") == 10

    def test_a_recovery_code_works_once(self, alice, alices_phone):
        code = RecoveryCodes.activate(alice).get_unused_codes()[0]
        outcomes = []
        for _ in range(2):
            browser = Client()
            log_in(browser)
            browser.post("/accounts/2fa/authenticate/", {"code": code})
            outcomes.append(browser.get("/").status_code)

        assert outcomes == [200, 302]

    def test_the_administration_asks_for_the_second_step_too(self, stella):
        totp.TOTP.activate(stella, totp.generate_totp_secret())
        browser = Client()

        browser.post("/admin/login/", {"username": "stella", "password": "secret words"})

        assert browser.get("/admin/").status_code == 302

    def test_the_second_step_changes_only_after_the_password_was_typed_again(self, alices_browser):
        answer = alices_browser.get("/accounts/2fa/totp/activate/")

        assert answer["Location"].startswith("/accounts/reauthenticate/")

    def test_a_passkey_is_offered_at_the_door(self):
        page = Client().get("/accounts/login/").text

        assert 'id="passkey_login"' in page
        assert "request_options" in Client().get("/accounts/2fa/webauthn/login/", HTTP_ACCEPT="application/json").json()


class TestDevices:
    def test_others_are_logged_out_and_this_one_stays(self, alice):
        here, elsewhere = freshly_logged_in(alice), freshly_logged_in(alice)

        here.post("/accounts/sessions/")

        assert (here.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)

    def test_a_new_password_logs_out_everywhere_else(self, alice):
        here, elsewhere = freshly_logged_in(alice), freshly_logged_in(alice)
        fields = {"oldpassword": "secret words", "password1": "four quiet linnets", "password2": "four quiet linnets"}

        here.post("/accounts/password/change/", fields)

        assert (here.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)

    def test_behind_a_proxy_the_address_is_the_one_it_added(self, alice, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        browser = Client(REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.7")

        assert log_in(browser).status_code == 302
        assert "198.51.100.7" in browser.get("/accounts/sessions/").text


class TestDoor:
    @pytest.fixture
    def limits(self, settings):
        settings.ACCOUNT_RATE_LIMITS = {}  # allauth's own; the tests' settings have none
        cache.clear()
        yield
        cache.clear()

    def test_passwords_cannot_be_tried_for_ever(self, alice, limits):
        for _ in range(5):
            log_in(Client(), password="a guess")

        answer = log_in(Client())

        assert "Too many failed login attempts" in answer.text

    def test_who_knocks_too_often_is_told_in_words(self, alice, limits):
        answers = [Client().post("/accounts/password/reset/", {"email": "a@example.org"}) for _ in range(6)]

        assert answers[-1].status_code == 429
        assert "Wait some minutes" in answers[-1].text

    def test_the_limits_are_on_unless_somebody_switches_them_off(self):
        from linnet_site import settings as production

        assert getattr(production, "ACCOUNT_RATE_LIMITS", None) is not False
        assert production.CACHES["default"]["BACKEND"] != "django.core.cache.backends.dummy.DummyCache"

    def test_an_unknown_address_is_answered_like_a_known_one(self, alice):
        answers = [
            Client().post("/accounts/password/reset/", {"email": email})
            for email in ("alice@example.org", "nobody@example.org")
        ]

        assert answers[0]["Location"] == answers[1]["Location"]

    def test_a_forgotten_password_is_replaced_by_mail(self, alice):
        Client().post("/accounts/password/reset/", {"email": "alice@example.org"})
        path = re.search(r"/accounts/password/reset/key/\S+", mail.outbox[0].body)[0]
        browser = Client()
        form_path = browser.get(path)["Location"]

        browser.post(form_path, {"password1": "four quiet linnets", "password2": "four quiet linnets"})

        assert log_in(Client(), password="four quiet linnets")["Location"] == "/"

    def test_a_closed_door_says_so(self, settings):
        settings.LINNET_SIGNUP_OPEN = False

        assert "No new accounts" in Client().get("/accounts/signup/").text
        Client().post(
            "/accounts/signup/", {"username": "eve", "password1": "four quiet x", "password2": "four quiet x"}
        )
        assert Client().login(username="eve", password="four quiet x") is False


def pages_of_accounts():
    """Yield the address of every page of the accounts that wants no id."""
    for name in all_routes():
        if name.startswith(("account_", "mfa_", "usersessions_")):
            with suppress(NoReverseMatch):
                yield reverse(name)


def assert_ours(answer, address):
    assert LIKE_OURS in answer.text, address
    assert not INLINE.search(answer.text), address
    assert "<table" not in answer.text, address


def test_no_page_of_the_accounts_looks_foreign_or_breaks_the_content_policy(alice, alices_phone):
    RecoveryCodes.activate(alice)
    stranger, halfway, browser = Client(), Client(), Client()
    log_in(halfway)
    log_in(browser)
    browser.post("/accounts/2fa/authenticate/", {"code": alices_phone()})
    browser.post("/accounts/reauthenticate/", {"password": "secret words"})
    seen = set()
    for address in pages_of_accounts():
        for who in (stranger, halfway, browser):
            answer = who.get(address)
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                seen.add(address)
                assert_ours(answer, address)
    assert len(seen) > 18


def test_the_pages_of_a_passkey_are_ours_too(alice):
    browser = freshly_logged_in(alice)
    data = {"name": "blue key", "passwordless": True}
    key = Authenticator.objects.create(user=alice, type="webauthn", data=data)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        answer = browser.get(reverse(name, args=[key.pk]))
        assert answer.status_code == 200, name
        assert_ours(answer, name)


def test_everything_about_the_account_is_on_one_page(alices_browser):
    page = alices_browser.get("/profile/account/").text

    for name in ("account_change_password", "mfa_index", "mfa_list_webauthn", "usersessions_list", "shares"):
        assert f'href="{reverse(name)}"' in page


def test_cookies_are_for_this_site_alone():
    assert (site.SESSION_COOKIE_HTTPONLY, site.SESSION_COOKIE_SAMESITE, site.CSRF_COOKIE_SAMESITE) == (
        True,
        "Lax",
        "Lax",
    )


def test_the_content_policy_lets_no_inline_script_in(alices_browser):
    policy = alices_browser.get("/profile/account/")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy


def test_every_form_is_guarded_against_forgery():
    assert "django.middleware.csrf.CsrfViewMiddleware" in MIDDLEWARE
    exempt = [name for name, route in all_routes().items() if getattr(route.callback, "csrf_exempt", False)]
    assert exempt == []
