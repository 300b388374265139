"""The reaper, as cron runs it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from sessions_app import allocations, forgetting, lease, lifecycle, presence, search
from sessions_app.management.commands import purge_expired, reap_idle_sessions
from sessions_app.models import EndReason, State, VoiceSession


def reap(**options):
    output = StringIO()
    call_command("reap_idle_sessions", stdout=output, **options)
    return output.getvalue().splitlines()


def forget(voice_session, seconds=91):
    VoiceSession.objects.filter(pk=voice_session.pk).update(last_seen_at=timezone.now() - timedelta(seconds=seconds))


@pytest.mark.django_db
@pytest.mark.parametrize("error", [OperationalError, InterfaceError])  # a lost connection is either
def test_a_loop_goes_on_after_a_database_that_was_away(monkeypatch, error):
    def away(*args):
        raise error("connection already closed")

    monkeypatch.setattr(lifecycle, "end_idle", away)
    monkeypatch.setattr(forgetting, "purge_due", away)
    said = StringIO()

    reap_idle_sessions.Command(stderr=said).reap_and_survive(90, dry_run=False)
    purge_expired.Command(stderr=said).purge_and_survive(dry_run=False)

    assert said.getvalue().count("the database does not answer") == 2


@pytest.mark.django_db
@pytest.mark.parametrize("part", [(lifecycle, "settle_lost_words"), (search, "index_waiting")])
def test_a_part_that_fails_keeps_no_other_from_its_work(monkeypatch, part):
    released = []
    monkeypatch.setattr(*part, lambda: 1 / 0)
    monkeypatch.setattr(allocations, "release_orphans", lambda: released.append(1))
    said = StringIO()

    with pytest.raises(ZeroDivisionError):
        reap_idle_sessions.Command(stderr=said).reap(90, dry_run=False)

    assert released
    assert "(ZeroDivisionError); trying again at the next run" in said.getvalue()


@pytest.mark.django_db
class TestOnePass:
    def test_a_forgotten_session_ends_with_one_line_and_one_event(self, voice_session):
        forget(voice_session)

        [line] = reap()

        voice_session.refresh_from_db()
        assert str(voice_session.pk) in line
        assert (voice_session.state, voice_session.end_reason) == (State.STOPPED, EndReason.IDLE)
        assert [event.label for event in voice_session.events.filter(kind="state")] == ["stopped"]

    def test_a_session_that_never_had_a_viewer_is_forgotten_too(self, alice):
        never_watched = lifecycle.create(alice)
        forget(never_watched)

        assert len(reap()) == 1

    def test_a_session_that_somebody_watches_goes_on(self, voice_session):
        forget(voice_session)
        presence.touch(voice_session.pk)

        assert reap() == []

    def test_the_ttl_can_be_chosen(self, voice_session):
        forget(voice_session, seconds=30)

        assert reap() == []
        assert len(reap(ttl=20)) == 1

    def test_a_dry_run_only_says_what_would_end(self, voice_session):
        forget(voice_session)

        assert "would end" in reap(dry_run=True)[0]
        voice_session.refresh_from_db()
        assert voice_session.is_running

    def test_a_second_pass_finds_nothing(self, voice_session):
        forget(voice_session)
        reap()

        assert reap() == []

    @pytest.mark.parametrize("ttl", [-1, float("nan"), float("inf")])
    def test_a_senseless_ttl_is_refused(self, ttl):
        with pytest.raises(CommandError):
            reap(ttl=ttl)


@pytest.mark.django_db(transaction=True)
def test_two_reapers_at_once_make_one_event_each(alice):
    sessions = [lifecycle.create(alice) for _ in range(20)]
    VoiceSession.objects.update(last_seen_at=timezone.now() - timedelta(seconds=100))
    lines = []

    def run():
        lines.extend(reap())
        connection.close()

    reapers = [Thread(target=run) for _ in range(2)]
    for reaper in reapers:
        reaper.start()
    for reaper in reapers:
        reaper.join()

    assert len(lines) == 20
    assert all(session.events.count() == 1 for session in sessions)


@pytest.mark.django_db
class TestLifecycle:
    def test_ending_twice_happens_once(self, voice_session):
        assert lifecycle.end(voice_session, EndReason.USER) is True
        assert lifecycle.end(voice_session, EndReason.ADMIN) is False
        assert voice_session.events.count() == 1

    def test_a_reopened_session_goes_on_with_the_same_numbers(self, voice_session):
        lifecycle.end(voice_session, EndReason.USER)

        assert lifecycle.reopen(voice_session) is True

        assert voice_session.is_running
        assert voice_session.ended_at is None
        assert list(voice_session.events.values_list("seq", "label")) == [(1, "stopped"), (2, "running")]

    def test_a_running_session_cannot_be_reopened(self, voice_session):
        assert lifecycle.reopen(voice_session) is False

    def test_words_that_nobody_finished_become_a_gap_at_the_end(self, voice_session):
        VoiceSession.objects.filter(pk=voice_session.pk).update(heard_sample=80_000, settled_sample=48_000)

        lifecycle.end(voice_session, EndReason.IDLE)

        gap = voice_session.events.get(kind="gap")
        assert (gap.start_ms, gap.end_ms) == (3000, 5000)
        assert voice_session.settled_sample == 80_000

    def test_words_lost_with_a_microphone_that_died_just_before_the_end_are_found_by_the_reaper(self, voice_session):
        lease.claim(voice_session.pk, take_over=False)
        VoiceSession.objects.filter(pk=voice_session.pk).update(heard_sample=80_000, settled_sample=48_000)
        lifecycle.end(voice_session, EndReason.USER)
        assert not voice_session.events.filter(kind="gap").exists()

        VoiceSession.objects.update(stream_seen_at=timezone.now() - timedelta(seconds=60))
        reap()

        assert voice_session.events.get(kind="gap").end_ms == 5000
