"""Whose guesses are counted together."""

from __future__ import annotations

import pytest

from sessions_app.views import guesses


@pytest.fixture(autouse=True)
def one_guess(monkeypatch):
    monkeypatch.setattr(guesses, "MAX_GUESSES", 1)
    guesses.cache.clear()
    yield
    guesses.cache.clear()


@pytest.mark.parametrize(
    ("guesser", "other", "is_stopped"),
    [
        ("::ffff:203.0.113.5", "::ffff:198.51.100.77", False),  # IPv4, as a socket for both kinds tells it
        ("::ffff:203.0.113.5", "203.0.113.5", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
    ],
)
def test_one_household_does_not_shut_the_door_to_another(rf, guesser, other, is_stopped):
    guesses.count(rf.get("/", REMOTE_ADDR=guesser))

    assert guesses.are_too_many(rf.get("/", REMOTE_ADDR=other)) is is_stopped
