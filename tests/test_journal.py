"""The group commit against a database that is slow, locked, or refuses one batch."""

from __future__ import annotations

import asyncio
import sqlite3
import time

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connection

from sessions_app import journal, lease, lifecycle, recording
from sessions_app.recording import Superseded
from tests.conftest import require
from tests.test_recording import batch_of, words

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def commits(monkeypatch):
    """The batches of each commit."""
    seen = []
    store = recording.store
    monkeypatch.setattr(recording, "store", lambda batches: seen.append(batches) or store(batches))
    return seen


def raiser(error):
    def raises(*arguments):
        raise error

    return raises


@sync_to_async
def leases_of(owner, number):
    return [lease.claim(lifecycle.create(owner).pk, take_over=False) for _ in range(number)]


async def test_many_sessions_share_few_transactions(alice):
    held = await leases_of(alice, 30)

    stored = await asyncio.gather(*(journal.current().append(batch_of(one, events=[words()])) for one in held))

    assert [one.first_seq for one in stored] == [1] * 30


async def test_a_locked_database_delays_but_loses_nothing(alice, voice_session, monkeypatch):
    monkeypatch.setattr(journal, "STALL_AFTER_S", 0.2)
    require(connection.vendor == "sqlite", "SQLite for its lock") if connection.vendor == "sqlite" else pytest.skip(
        "PostgreSQL has no such lock"
    )
    held = await sync_to_async(lease.claim)(voice_session.pk, take_over=False)
    lock = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
    lock.execute("BEGIN IMMEDIATE")

    appending = asyncio.create_task(journal.current().append(batch_of(held, events=[words()])))
    began_s, ticks = time.monotonic(), 0
    while time.monotonic() - began_s < 1.0:
        await asyncio.sleep(0.01)
        ticks += 1
    assert not appending.done()
    assert journal.current().is_stalled
    lock.execute("ROLLBACK")
    lock.close()

    assert (await appending).first_seq == 1
    assert not journal.current().is_stalled
    assert ticks > 50  # the event loop went on meanwhile


async def test_one_bad_batch_does_not_spoil_its_neighbours(alice):
    good, bad = await leases_of(alice, 2)
    impossible = words().__class__(kind=words().kind, start_ms=10, end_ms=0)
    journal_now = journal.current()

    results = await asyncio.gather(
        journal_now.append(batch_of(good, events=[words()])),
        journal_now.append(batch_of(bad, events=[impossible])),
        return_exceptions=True,
    )

    assert results[0].first_seq == 1
    assert isinstance(results[1], DatabaseError)


async def test_a_mistake_of_ours_is_told_to_who_waits_and_the_next_batch_is_stored(voice_session, monkeypatch):
    held = await sync_to_async(lease.claim)(voice_session.pk, take_over=False)
    with monkeypatch.context() as broken, pytest.raises(ValueError):
        broken.setattr(recording, "store", raiser(ValueError("not a batch")))
        async with asyncio.timeout(5):
            await journal.current().append(batch_of(held, 1, events=[words()]))

    async with asyncio.timeout(5):
        assert (await journal.current().append(batch_of(held, 1, events=[words()]))).first_seq == 1


async def test_a_connection_that_breaks_in_its_driver_delays_but_loses_nothing(voice_session, monkeypatch):
    """Django's InterfaceError is no DatabaseError."""
    held = await sync_to_async(lease.claim)(voice_session.pk, take_over=False)
    store, failures = recording.store, [InterfaceError("connection already closed")]
    monkeypatch.setattr(recording, "store", lambda batches: raiser(failures.pop())() if failures else store(batches))

    async with asyncio.timeout(5):
        assert (await journal.current().append(batch_of(held, 1, events=[words()]))).first_seq == 1


async def test_a_superseded_microphone_is_told(voice_session):
    held = await sync_to_async(lease.claim)(voice_session.pk, take_over=False)
    await sync_to_async(lease.claim)(voice_session.pk, take_over=True)

    assert await journal.current().append(batch_of(held, events=[words()])) == Superseded()


async def test_batches_that_come_close_together_share_a_commit(alice, commits):
    held = await leases_of(alice, 6)

    async with asyncio.TaskGroup() as group:
        for one in held:
            group.create_task(journal.current().append(batch_of(one, events=[words()])))
            await asyncio.sleep(0.002)

    assert len(commits) < len(held)


async def test_a_lonely_session_does_not_wait_for_company(voice_session, commits, monkeypatch):
    monkeypatch.setattr(journal, "GATHER_S", 10.0)
    held = await sync_to_async(lease.claim)(voice_session.pk, take_over=False)

    async with asyncio.timeout(5):
        for commit_no in (1, 2, 3):
            await journal.current().append(batch_of(held, commit_no, events=[words()]))

    assert [len(batches) for batches in commits] == [1, 1, 1]


async def test_nobody_waits_once_everybody_does(alice, commits, monkeypatch):
    monkeypatch.setattr(journal, "GATHER_S", 10.0)
    held = await leases_of(alice, 3)

    async with asyncio.timeout(5):
        for commit_no in (1, 2, 3):
            batches = [batch_of(one, commit_no, events=[words()]) for one in held]
            await asyncio.gather(*(journal.current().append(batch) for batch in batches))

    assert [len(batches) for batches in commits] == [3, 3, 3]
