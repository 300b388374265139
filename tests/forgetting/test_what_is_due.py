"""When a session is forgotten, and when it is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sessions_app import forgetting, lease, lifecycle
from sessions_app.models import EndReason, JobRun, Profile, VoiceSession
from tests.conftest import person
from tests.forgetting.conftest import aged, is_there, purge

pytestmark = pytest.mark.django_db


def test_a_session_is_kept_until_its_owner_says_otherwise(ended):
    aged(ended, ended_at=5000, created_at=5000)

    assert purge() == []


def test_a_deleted_one_can_be_had_back_for_a_while(ended, alice, settings):
    VoiceSession.objects.filter(pk=ended.pk).update(deleted_at=timezone.now() - timedelta(seconds=500))
    assert purge() == []
    assert VoiceSession.objects.deleted_by(alice).count() == 1

    settings.LINNET_UNDO_S = 400

    assert purge() == [f"forgot {ended.pk}"]


def test_one_that_was_brought_back_in_time_stays(ended):
    aged(ended, deleted_at=1)
    due = VoiceSession.objects.filter(pk=ended.pk, deleted_at__isnull=False)
    ids = forgetting.purge(due)
    VoiceSession.objects.update(deleted_at=None)  # between the look and the deed

    assert list(ids) == []
    assert is_there(ended)


def test_the_time_of_the_account_counts_from_the_end(ended, alice):
    Profile.objects.create(user=alice, keep_days=30)
    aged(ended, ended_at=29, created_at=40)
    assert purge() == []

    aged(ended, ended_at=31)

    assert purge() == [f"forgot {ended.pk}"]


def test_one_that_ran_on_past_its_time_is_there_for_a_day_after_its_end(ended):
    lifecycle.reopen(ended)
    VoiceSession.objects.filter(pk=ended.pk).update(keep_until=timezone.now() - timedelta(hours=1))
    lifecycle.end(ended, EndReason.USER)
    assert purge() == []

    aged(ended, keep_until=0, ended_at=1)

    assert purge() == [f"forgot {ended.pk}"]


def test_the_time_of_one_account_is_not_that_of_another(ended, bob):
    Profile.objects.create(user=bob, keep_days=1)
    aged(ended, ended_at=31, created_at=31)

    assert purge() == []


def test_a_session_s_own_time_goes_before_the_account_s(ended, alice):
    Profile.objects.create(user=alice, keep_days=1)
    aged(ended, ended_at=31, created_at=31, keep_until=-1)
    assert purge() == []

    aged(ended, keep_until=0.001)

    assert purge() == [f"forgot {ended.pk}"]


def test_one_to_be_forgotten_at_its_end_goes_once_it_ended(alice):
    voice_session = lifecycle.create(alice, forget_at_end=True)
    assert purge() == []

    lifecycle.end(voice_session, EndReason.USER)

    assert purge() == [f"forgot {voice_session.pk}"]


def test_it_is_not_forgotten_while_its_microphone_finishes_its_words(alice):
    voice_session = lifecycle.create(alice, forget_at_end=True)
    held = lease.claim(voice_session.pk, take_over=False)
    lifecycle.end(voice_session, EndReason.USER)
    assert purge() == []

    lease.release(held)

    assert purge() == [f"forgot {voice_session.pk}"]


def test_a_dry_run_only_says_what_would_go(ended):
    aged(ended, deleted_at=1)

    assert purge(dry_run=True) == [f"would forget {ended.pk}"]
    assert is_there(ended)


def test_a_run_is_written_down(ended):
    aged(ended, deleted_at=1)

    purge()

    assert JobRun.objects.get(name="purge_expired").done == 1


def test_what_is_older_counts_only_what_would_go(alice):
    old, kept, young = (lifecycle.create(alice) for _ in range(3))
    for voice_session in (old, kept, young):
        lifecycle.end(voice_session, EndReason.USER)
    aged(old, ended_at=9, created_at=9)
    aged(kept, ended_at=9, created_at=9, keep_until=-300)
    deleted = lifecycle.create(alice)
    lifecycle.delete(deleted)
    aged(deleted, ended_at=9, created_at=9)
    other = lifecycle.create(person("carol"))
    aged(other, created_at=9)

    assert [found.pk for found in forgetting.older_than(alice, 7)] == [old.pk]
