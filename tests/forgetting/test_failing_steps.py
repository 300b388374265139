"""What goes wrong in one part of the purge is said, and keeps no other part from its work."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError

from sessions_app import forgetting, lifecycle
from sessions_app.models import EndReason, JobRun, VoiceSession
from tests.forgetting.conftest import CANARY, aged, is_there, purge

pytestmark = pytest.mark.django_db

OUR_PARTS = ["purge_due", "forget_logins", "scrub"]


def broken(*args):
    raise DatabaseError(CANARY)


@pytest.mark.parametrize("part", OUR_PARTS)
def test_the_other_parts_are_done(ended, monkeypatch, part):
    done = []
    for name in OUR_PARTS:
        monkeypatch.setattr(forgetting, name, lambda name=name: done.append(name) or ())
    monkeypatch.setattr(forgetting, part, broken)

    with pytest.raises(DatabaseError):
        purge()

    assert done == [name for name in OUR_PARTS if name != part]


def test_it_is_said_without_what_the_database_says(monkeypatch):
    monkeypatch.setattr(forgetting, "forget_logins", broken)
    errors = StringIO()

    with pytest.raises(DatabaseError):
        call_command("purge_expired", stderr=errors)

    assert errors.getvalue() == "logins could not be forgotten (DatabaseError); trying again at the next run\n"


def test_a_run_that_failed_does_not_count(monkeypatch):
    monkeypatch.setattr(forgetting, "scrub", broken)

    with pytest.raises(DatabaseError):
        purge()

    assert not JobRun.objects.filter(name="purge_expired").exists()


def test_an_account_goes_though_somebody_elses_session_cannot(ended, bob, monkeypatch):
    aged(ended, deleted_at=1)
    forgetting.leave(bob)
    monkeypatch.setattr(forgetting, "_forget", broken)

    with pytest.raises(DatabaseError):
        purge()

    assert is_there(ended)
    assert not get_user_model().objects.filter(username="bob").exists()


def test_a_session_goes_though_its_neighbour_cannot(alice, monkeypatch):
    for _ in range(2):
        voice_session = lifecycle.create(alice)
        lifecycle.end(voice_session, EndReason.USER)
        aged(voice_session, deleted_at=1)
    forget, asked = forgetting._forget, []
    monkeypatch.setattr(forgetting, "_forget", lambda pk: asked.append(pk) or (forget(pk) if asked[1:] else 1 / 0))

    with pytest.raises(ZeroDivisionError):
        purge()

    assert [left.pk for left in VoiceSession.objects.all()] == asked[:1]
