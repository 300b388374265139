"""The journal's promises: numbered without holes, stored once, fenced, in two statements."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app import lease, lifecycle, recording
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.recording import Batch, Stored, Superseded

pytestmark = pytest.mark.django_db


def words(text="hello", *, start_ms=0, end_ms=1000, speaker="Speaker A"):
    return SessionEvent(kind=Kind.TRANSCRIPT, start_ms=start_ms, end_ms=end_ms, text=text, speaker=speaker)


def batch_of(held, commit_no=1, *, events=(), heard=16_000, settled=16_000):
    return Batch(
        session_id=held.session_id,
        stream_id=held.stream_id,
        commit_no=commit_no,
        events=tuple(events),
        heard_sample=heard,
        settled_sample=settled,
    )


@pytest.fixture
def held(voice_session):
    return lease.claim(voice_session.pk, take_over=False)


def test_events_are_numbered_from_one_without_holes(held, voice_session):
    recording.store([batch_of(held, 1, events=[words(), words()])])
    [stored] = recording.store([batch_of(held, 2, events=[words()])])

    assert (stored.first_seq, stored.last_seq) == (3, 3)
    assert list(voice_session.events.values_list("seq", flat=True)) == [1, 2, 3]


def test_marks_move_with_the_events_and_never_back(held, voice_session):
    recording.store([batch_of(held, 1, heard=32_000, settled=16_000)])
    recording.store([batch_of(held, 2, heard=16_000, settled=8_000)])

    voice_session.refresh_from_db()
    assert (voice_session.heard_sample, voice_session.settled_sample) == (32_000, 16_000)


def test_a_batch_that_comes_twice_is_stored_once(held, voice_session):
    recording.store([batch_of(held, events=[words()])])

    [again] = recording.store([batch_of(held, events=[words()])])

    assert isinstance(again, Stored)
    assert again.events == ()
    assert voice_session.events.count() == 1


def test_a_microphone_that_was_superseded_stores_nothing(held, voice_session):
    lease.claim(voice_session.pk, take_over=True)

    assert recording.store([batch_of(held, events=[words()])]) == [Superseded()]
    assert voice_session.events.count() == 0


def test_a_deleted_session_takes_nothing(held, voice_session):
    voice_session.delete()

    assert recording.store([batch_of(held, events=[words()])]) == [Superseded()]


def test_one_update_and_one_insert_however_many_sessions(alice):
    leases = [lease.claim(lifecycle.create(alice).pk, take_over=False) for _ in range(20)]
    batches = [batch_of(held, events=[words(), words()]) for held in leases]

    with CaptureQueriesContext(
        connection,
    ) as queries:
        results = recording.store(batches)

    statements = [query["sql"].split()[0] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert statements == ["WITH", "INSERT"]
    assert [result.session_id for result in results] == [held.session_id for held in leases]


def test_an_event_without_a_microphone_goes_behind_the_last_one(held, voice_session):
    recording.store([batch_of(held, events=[words()])])

    assert recording.append(voice_session.pk, [words(), words()]).first_seq == 2


def test_an_event_comes_back_as_it_went_in(held, voice_session):
    event = SessionEvent(
        kind=Kind.TONE, start_ms=5, end_ms=9, speaker="Speaker B", label="Warm", confidence=0.5, engine="e",
        simulated=True, payload={"band": "maybe", "prosody_flags": ["louder"]},
    )  # fmt: skip

    recording.store([batch_of(held, events=[event])])

    assert voice_session.events.get().as_event() == event


def test_a_lease_is_won_once(voice_session):
    assert lease.claim(voice_session.pk, take_over=False) is not None
    assert lease.claim(voice_session.pk, take_over=False) is None


def test_a_stale_lease_is_free(voice_session):
    from datetime import timedelta

    from django.utils import timezone

    lease.claim(voice_session.pk, take_over=False)
    type(voice_session).objects.update(stream_seen_at=timezone.now() - timedelta(seconds=60))

    assert lease.claim(voice_session.pk, take_over=False) is not None


def test_a_lease_begins_at_the_settled_mark(held, voice_session):
    recording.store([batch_of(held, heard=32_000, settled=20_000)])

    assert lease.claim(voice_session.pk, take_over=True).settled_sample == 20_000


def test_an_unknown_session_has_no_microphone():
    assert lease.claim(uuid.uuid4(), take_over=True) is None
