"""What a page says of whoever reads it stays in no cache: on a shared computer "back" works after a logout, too."""

from __future__ import annotations

from contextlib import suppress

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.routes import all_routes
from tests.test_accounts import freshly_logged_in

pytestmark = pytest.mark.django_db

FOR_EVERYBODY = {"javascript_words", "healthz", "readyz"}


def addresses():
    """Yield each page that wants no id, but for the stream of a session and what is the same for everybody."""
    for name in all_routes().keys() - FOR_EVERYBODY:
        with suppress(NoReverseMatch):
            yield reverse(name)


def test_no_page_about_somebody_is_kept(stella):
    browser, kept = freshly_logged_in(stella), []

    for address in sorted(addresses()):
        answer = browser.get(address)
        if "no-store" not in answer.get("Cache-Control", ""):
            kept.append(address)

    assert kept == []


def test_recovery_codes_are_not_kept(alice):
    browser = freshly_logged_in(alice)
    totp.TOTP.activate(alice, totp.generate_totp_secret())
    [code, *_] = RecoveryCodes.activate(alice).get_unused_codes()

    answer = browser.get("/accounts/2fa/recovery-codes/")

    assert code[:4] in answer.text  # shown in fours
    assert "no-store" in answer["Cache-Control"]


def test_what_is_the_same_for_everybody_may_be_kept():
    assert "no-store" not in Client().get("/jsi18n/").get("Cache-Control", "")
