"""Two workers on one Redis and one PostgreSQL are one Linnet."""

from __future__ import annotations

import pytest

from tests.faults import checker
from tests.faults.people import Person

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def workers(make_big_world, redis, slow_classifier):
    world = make_big_world(CF_VOICE_URL=slow_classifier.url, REDIS_URL=redis.url)
    return world, world.server(), world.server()


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
