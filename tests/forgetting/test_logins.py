"""A login that has ended leaves nothing of where it came from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.forgetting.conftest import purge

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices_firefox(alice):
    browser = Client(HTTP_USER_AGENT="Firefox/999")
    browser.post("/accounts/login/", {"login": "alice", "password": "secret words"})
    return browser


def test_one_that_expired_is_forgotten_with_its_address_and_browser(alices_firefox):
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))

    purge()

    assert not Session.objects.exists()
    assert not UserSession.objects.exists()


def test_one_that_was_ended_leaves_no_address_either(alices_firefox):
    alices_firefox.post("/accounts/logout/")

    purge()

    assert not UserSession.objects.exists()


def test_one_that_goes_on_is_kept(alices_firefox):
    purge()

    assert alices_firefox.get("/").status_code == 200
    assert UserSession.objects.get().user_agent == "Firefox/999"


def test_nothing_is_forgotten_that_is_only_asked_about(alices_firefox):
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))

    purge(dry_run=True)

    assert UserSession.objects.exists()
