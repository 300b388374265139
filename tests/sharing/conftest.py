"""Links to Alice's session, and the browsers of those who have one: Ann may watch, or whisper too."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from sessions_app import sharing
from sessions_app.models import Scope
from sessions_app.sharing import Lifetime


@pytest.fixture(autouse=True)
def nobody_guessed_yet():
    cache.clear()


def link_to(voice_session, scope=Scope.VIEW, name="Ann"):
    return sharing.make(voice_session, name=name, scope=scope, lifetime=Lifetime.DAY)


def opened(token):
    """Return a browser without an account in which the link was opened."""
    browser = Client()
    assert browser.get(f"/shared/{token}/").status_code == 303
    return browser


@pytest.fixture
def ann(voice_session):
    return opened(link_to(voice_session)[1])


@pytest.fixture
def whispering_ann(voice_session):
    return opened(link_to(voice_session, Scope.NOTES)[1])
