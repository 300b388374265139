"""What a viewer reads is what the database holds: once, in order, whatever the doorbell does."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from sessions_app import broadcast, editing, feed, recording, revisions
from sessions_app.feed import Feed
from sessions_app.presence import Facts
from tests.test_recording import words

pytestmark = pytest.mark.django_db(transaction=True)

store = sync_to_async(recording.append)


def ring(view, stored):
    frames = [
        frame
        for seq, event in enumerate(stored.events, stored.first_seq)
        for frame in broadcast.frames_of(event, session_id="s", seq=seq)
    ]
    view.ring(first_seq=stored.first_seq, last_seq=stored.last_seq, frames=frames)


@pytest.fixture
def database_away(monkeypatch):
    """Return a function: from then on every read of a view fails, however often, for so many seconds."""

    def refuse(*args):
        raise OperationalError("the database system is shutting down")

    def begin(for_s=60):
        monkeypatch.setattr(feed, "ASK_AGAIN_S", 0.01)
        monkeypatch.setattr(feed, "read_page", refuse)
        monkeypatch.setattr(revisions, "read_after", refuse)
        asyncio.get_running_loop().call_later(for_s, monkeypatch.undo)

    return begin


@pytest.fixture
def during_read(monkeypatch):
    """When the database has answered once and the view does not know yet, let `change` happen and `tell` of it."""

    def arrange(module, name, tell, change=lambda: None):
        loop, read = asyncio.get_running_loop(), getattr(module, name)

        def read_and_change(*args):
            monkeypatch.setattr(module, name, read)
            rows, changed, has_told = read(*args), change(), threading.Event()
            loop.call_soon_threadsafe(lambda: (tell(changed), has_told.set()))
            has_told.wait(5)
            return rows

        monkeypatch.setattr(module, name, read_and_change)

    return arrange


async def seqs(view, number):
    """Return the numbers of the next `number` events that the view gets."""
    got = []
    async with asyncio.timeout(10):
        async for page in view.pages():
            got += [json.loads(frame)["event"]["seq"] for frame in page.frames if '"event"' in frame]
            if len(got) >= number:
                return got
    return got


async def test_it_begins_with_what_is_stored(voice_session):
    await store(voice_session.pk, [words()] * 3)

    assert await seqs(Feed(voice_session.pk, after=1), 2) == [2, 3]


async def test_a_long_absence_is_made_good_page_by_page(voice_session):
    await store(voice_session.pk, [words()] * 1200)

    assert await seqs(Feed(voice_session.pk, after=0), 1200) == list(range(1, 1201))


async def test_doorbells_that_follow_are_passed_on_without_a_query(voice_session, django_assert_num_queries):
    view = Feed(voice_session.pk, after=0)
    view._is_behind = False

    for _ in range(3):
        ring(view, await store(voice_session.pk, [words()]))

    assert await seqs(view, 3) == [1, 2, 3]


async def test_a_lost_doorbell_is_healed_from_the_database(voice_session):
    view = Feed(voice_session.pk, after=0)
    view._is_behind = False
    first, _, third = [await store(voice_session.pk, [words()]) for _ in range(3)]

    ring(view, first)
    ring(view, third)

    assert await seqs(view, 3) == [1, 2, 3]


async def test_a_doorbell_that_rings_twice_is_heard_once(voice_session):
    view = Feed(voice_session.pk, after=0)
    view._is_behind = False
    stored = await store(voice_session.pk, [words()])
    ring(view, stored)
    ring(view, stored)
    ring(view, await store(voice_session.pk, [words()]))

    assert await seqs(view, 2) == [1, 2]


async def test_the_heartbeat_tells_of_doorbells_that_never_rang(voice_session):
    view = Feed(voice_session.pk, after=0)
    view._is_behind = False
    await store(voice_session.pk, [words()] * 2)

    view.note(Facts(last_seq=2, state="running", end_reason="", stream_id=None))

    assert await seqs(view, 2) == [1, 2]


async def test_a_viewer_too_slow_for_its_doorbells_reads_the_database_instead(voice_session, monkeypatch):
    monkeypatch.setattr(feed, "MAX_WAITING", 5)
    view = Feed(voice_session.pk, after=0)
    view._is_behind = False
    for _ in range(50):
        ring(view, await store(voice_session.pk, [words()]))

    assert len(view._waiting) <= 5
    assert await seqs(view, 50) == list(range(1, 51))


async def test_a_deleted_line_leaves_no_view_waiting(voice_session):
    stored = await store(voice_session.pk, [words()] * 3)
    await voice_session.events.filter(seq=3).adelete()
    view = Feed(voice_session.pk, after=0)
    ring(view, stored)

    assert await seqs(view, 2) == [1, 2]
    assert view._is_behind is False


async def test_views_that_come_while_events_are_stored_miss_none_and_see_none_twice(voice_session):
    views = [Feed(voice_session.pk, after=0) for _ in range(20)]
    readers = []

    for number in range(100):
        if number % 5 == 0:
            readers.append(asyncio.create_task(seqs(views[number // 5], 100)))
        stored = await store(voice_session.pk, [words()])
        for view in views:
            ring(view, stored)

    for reader in readers:
        assert await reader == list(range(1, 101))


async def test_a_view_waits_for_a_database_that_is_away(voice_session, database_away):
    await store(voice_session.pk, [words()] * 3)
    await sync_to_async(rename)(voice_session, "meanwhile")
    view = Feed(voice_session.pk, after=0, last_revision=1)

    database_away(for_s=0.3)

    assert await titles(view, 1) == ["meanwhile"]
    assert view._cursor == 3


async def test_a_ping_is_answered_while_the_database_is_away(voice_session, database_away):
    await store(voice_session.pk, [words()])
    view = Feed(voice_session.pk, after=0)
    database_away()
    pages = view.pages()
    assert (await anext(pages)).frames == ()

    view.answer("pong")

    assert (await anext(pages)).frames == ("pong",)


async def test_a_view_that_ends_does_not_wait_for_the_database(voice_session, database_away):
    view = Feed(voice_session.pk, after=0)
    database_away()
    view.stop()

    with pytest.raises(OperationalError):
        await anext(view.pages())


async def test_a_replay_that_is_asked_for_during_a_read_comes_after_it(voice_session, during_read):
    await store(voice_session.pk, [words()] * 5)
    view = Feed(voice_session.pk, after=3)

    during_read(feed, "read_page", lambda _: view.replay(1))

    assert await seqs(view, 6) == [4, 5, 2, 3, 4, 5]


async def test_a_replay_from_beyond_the_end_silences_no_view(voice_session):
    await store(voice_session.pk, [words()] * 2)
    view = Feed(voice_session.pk, after=2)
    await anext(view.pages())

    view.replay(2**62)
    ring(view, await store(voice_session.pk, [words()]))

    assert await seqs(view, 1) == [3]


def rename(voice_session, title):
    return editing.rename(voice_session, title, author=None)


async def titles(view, number):
    """Return the next `number` titles that the view is told."""
    got = []
    async with asyncio.timeout(10):
        async for page in view.pages():
            got += [message["title"] for frame in page.frames if (message := json.loads(frame))["type"] == "session"]
            if len(got) >= number:
                return got


def tell(view, revised):
    view.revise(first=revised.first, last=revised.last, frames=revised.frames, private_frames=revised.private_frames)


async def test_changes_come_in_order_after_the_events_before_them(voice_session):
    view = Feed(voice_session.pk, after=0)

    for title in ("one", "two"):
        tell(view, await sync_to_async(rename)(voice_session, title))

    assert await titles(view, 2) == ["one", "two"]


async def test_a_change_that_never_rang_is_read_at_the_next_heartbeat(voice_session):
    view = Feed(voice_session.pk, after=0)
    await sync_to_async(rename)(voice_session, "missed")

    view.note(Facts(last_seq=0, revision=1, state="running", end_reason="", stream_id=None))

    assert await titles(view, 1) == ["missed"]


async def test_a_change_that_rings_during_a_read_is_not_lost(voice_session, during_read):
    await sync_to_async(rename)(voice_session, "one")
    view = Feed(voice_session.pk, after=0, last_revision=1)

    during_read(
        revisions, "read_after", lambda revised: tell(view, revised), change=lambda: rename(voice_session, "two")
    )

    assert await titles(view, 2) == ["one", "two"]


async def test_a_change_behind_a_hole_brings_the_missed_one_along(voice_session, alice):
    view = Feed(voice_session.pk, after=0)
    await store(voice_session.pk, [words(speaker="Speaker A")])
    await sync_to_async(editing.name_speaker)(voice_session, "Speaker A", "Ann", author=alice)

    tell(view, await sync_to_async(rename)(voice_session, "second"))

    async for page in view.pages():
        if page.frames and '"event"' not in page.frames[0]:
            assert [json.loads(frame)["type"] for frame in page.frames] == ["speakers", "session"]
            return


async def test_notes_are_the_owners_alone(voice_session, alice):
    view = Feed(voice_session.pk, after=0, is_owner=False)

    tell(view, await sync_to_async(editing.add_note)(voice_session, author=alice, text="be calm"))
    tell(view, await sync_to_async(rename)(voice_session, "then"))

    async for page in view.pages():
        assert not any("be calm" in frame for frame in page.frames)
        if page.frames:
            return
