"""The zip with everything of a person: what is in it, and what is not, as its own README says."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils import timezone

from sessions_app import archive
from sessions_app.models import VoiceSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_alice(alice):
    def read(name):
        with zipfile.ZipFile(io.BytesIO(b"".join(archive.everything_of(alice)))) as whole:
            [path] = [path for path in whole.namelist() if path.endswith(name)]
            return whole.read(path).decode()

    return read


def login_of(user, **fields):
    return UserSession.objects.create(user=user, session_key=f"key-of-{user}", user_agent="Firefox", **fields)


def test_logins_are_in_it_with_address_and_browser_and_cannot_be_used(of_alice, alice, bob):
    login_of(alice, ip="203.0.113.9")
    login_of(bob, ip="198.51.100.7")

    text = of_alice("logins.json")

    [login] = json.loads(text)
    assert (login["address"], login["browser"]) == ("203.0.113.9", "Firefox")
    assert "key-of" not in text


def test_second_factors_are_in_it_without_their_secrets(of_alice, alice):
    Authenticator.objects.create(user=alice, type="totp", data={"secret": "s3cr3t"})
    Authenticator.objects.create(user=alice, type="webauthn", data={"name": "blue key", "credential": "s3cr3t"})

    text = of_alice("second_factors.json")

    assert [(row["type"], row["name"]) for row in json.loads(text)] == [("totp", ""), ("webauthn", "blue key")]
    assert "s3cr3t" not in text


def test_mail_addresses_are_in_it(of_alice, alice):
    EmailAddress.objects.create(user=alice, email="alice@example.com", primary=True)

    assert json.loads(of_alice("account.json"))["addresses"] == [
        {"email": "alice@example.com", "primary": True, "verified": False}
    ]


def test_each_session_says_how_long_it_is_kept(of_alice, voice_session):
    until = timezone.now() + timedelta(days=30)
    VoiceSession.objects.update(keep_until=until, forget_at_end=True)

    assert json.loads(of_alice("keeping.json")) == {"keep_until": until.isoformat(), "forget_at_end": True}


def test_the_readme_names_what_is_in_it_and_what_is_not(of_alice, alice, voice_session):
    readme = of_alice("README.txt")

    with zipfile.ZipFile(io.BytesIO(b"".join(archive.everything_of(alice)))) as whole:
        for path in whole.namelist():
            assert path.rpartition("/")[2] in readme
    for left_out in ("password", "second factors", "deleted", "whispered", "staff"):
        assert left_out in readme.partition("Not in it")[2]
