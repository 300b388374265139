"""Two workers on one Redis and one PostgreSQL are one Linnet."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults import checker
from tests.faults.people import Person

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def workers(make_big_world, redis, slow_classifier):
    world = make_big_world(CF_VOICE_URL=slow_classifier.url, REDIS_URL=redis.url)
    return world, *world.two_servers()


async def test_a_viewer_on_one_worker_sees_what_a_microphone_on_the_other_hears(workers):
    world, one, other = workers
    async with Person(world, one) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id, addresses=[one])
        microphone = alice.microphone(session_id, frames=100, addresses=[other])
        await microphone.until(lambda: microphone.is_done)

        rows = checker.stored(world, session_id)
        await viewer.until(lambda: viewer.cursor == rows[-1].seq, timeout_s=5)  # by the doorbell, not the heartbeat
        checker.assert_accounted_for(rows, 100)
        checker.assert_seen_once_in_order(viewer, rows)


async def test_a_microphone_that_takes_over_at_another_worker_closes_the_first_with_4409(workers):
    world, one, other = workers
    async with Person(world, one) as alice:
        session_id = await alice.start_session()
        first = alice.microphone(session_id, frames=1000, addresses=[one])
        await first.until(lambda: first.settled >= 30 and first.is_open)

        second = alice.microphone(session_id, frames=140, addresses=[other], take_over=True)
        await second.until(lambda: second.is_done)

        await first.until(lambda: first.closes == [4409], timeout_s=20)
        assert first.said("bye", code=4409)
        checker.assert_accounted_for(checker.stored(world, session_id), 140)


async def test_a_second_microphone_that_does_not_take_over_is_turned_away(workers):
    world, one, other = workers
    async with Person(world, one) as alice:
        session_id = await alice.start_session()
        first = alice.microphone(session_id, frames=1000, addresses=[one])
        await first.until(lambda: first.settled > 0)

        second = alice.microphone(session_id, frames=100, addresses=[other])

        await second.until(lambda: second.closes == [4409])
        assert second.said("error", code="producer_taken")
        assert first.closes == []


async def assert_books_are_right(world, session_id, microphone, *viewers):
    await microphone.until(lambda: microphone.is_done)
    rows = checker.stored(world, session_id)
    checker.assert_accounted_for(rows, microphone.frames)
    for viewer in viewers:
        await viewer.until(lambda viewer=viewer: viewer.cursor == rows[-1].seq, timeout_s=20)
        checker.assert_seen_once_in_order(viewer, rows)


async def test_what_a_killed_worker_had_not_settled_is_heard_again_at_the_other(workers):
    world, one, other = workers
    async with Person(world, one, other) as alice:
        session_id = await alice.start_session()
        moves = await alice.viewer(session_id)
        stays = await alice.viewer(session_id, addresses=[other])
        microphone = alice.microphone(session_id, frames=140)
        await microphone.until(lambda: microphone.settled >= 60 and microphone.is_open)

        microphone.window_ms = 500  # and it may want other windows now
        one.kill()

        acknowledged, sent = microphone.settled, microphone.sent
        checker.assert_accounted_for(checker.stored(world, session_id), acknowledged)
        await microphone.until(lambda: len([m for m in microphone.messages if m["type"] == "ready"]) == 2)
        assert acknowledged <= microphone.sent < sent, "the rest is sent again"
        await assert_books_are_right(world, session_id, microphone, stays, moves)
        assert (microphone.closes, moves.closes, stays.closes) == ([1006, 1000], [1006], [])
        await one.astart()


async def test_a_worker_that_froze_stores_and_shows_nothing_any_more_when_it_wakes_up(workers):
    """Its microphone went on at the other one meanwhile; what lies in its sockets it hears for nobody."""
    world, one, other = workers
    async with Person(world, one, other) as alice:
        session_id = await alice.start_session()
        asleep = await alice.viewer(session_id)
        stays = await alice.viewer(session_id, addresses=[other])
        microphone = alice.microphone(session_id, frames=140)
        await microphone.until(lambda: microphone.settled >= 30 and microphone.is_open)

        os.kill(one.pid, signal.SIGSTOP)
        spoken = microphone.spoken
        await microphone.until(lambda: microphone.spoken >= spoken + 20)
        await microphone.hang_up()
        await microphone.until(lambda: microphone.settled >= 90)
        os.kill(one.pid, signal.SIGCONT)

        await assert_books_are_right(world, session_id, microphone, stays, asleep)
        assert (asleep.closes, stays.closes) == ([], [])
