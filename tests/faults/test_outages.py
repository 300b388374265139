"""Redis and PostgreSQL go away in the middle of a sentence: no socket closes, nothing is lost."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.faults import checker
from tests.faults.people import Person
from tests.faults.proxy import Proxy

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]
slow = pytest.mark.skipif(os.environ.get("LINNET_SLOW_TESTS") != "1", reason="takes a minute: LINNET_SLOW_TESTS=1")


@pytest.fixture(scope="module")
def big_world(make_big_world, redis, slow_classifier):
    return make_big_world(CF_VOICE_URL=slow_classifier.url, REDIS_URL=redis.url)


@pytest.fixture(scope="module")
def big_server(big_world):
    return big_world.server()


@pytest.fixture(scope="module")
def world(make_world, slow_classifier):
    return make_world(CF_VOICE_URL=slow_classifier.url)


@pytest.fixture(scope="module")
def server(world):
    return world.server()


async def finish(world, session_id, microphone, *viewers, may_miss=False):
    """Wait until all is spoken and seen, and check the books."""
    await microphone.until(lambda: microphone.is_done)
    rows = checker.stored(world, session_id)
    checker.assert_accounted_for(rows, microphone.frames, may_miss=may_miss)
    for viewer in viewers:
        await viewer.until(lambda viewer=viewer: viewer.cursor == rows[-1].seq)
        checker.assert_seen_once_in_order(viewer, rows)


@pytest.mark.parametrize("away_s", [0.5, 8.0, pytest.param(60.0, marks=slow)])
async def test_a_redis_that_restarts_closes_no_socket_and_loses_nothing(
    big_world, big_server, redis, away_s, record_property
):
    async with Person(big_world, big_server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=int(60 + away_s * 20), speed=2.0)
        await microphone.until(lambda: microphone.settled > 0)

        redis.kill()
        await asyncio.sleep(away_s)
        await redis.astart()

        await finish(big_world, session_id, microphone, viewer)
        record_property("longest_stall_s", viewer.longest_stall_s)
        assert (viewer.closes, microphone.closes) == ([], [1000])


async def test_a_database_that_drops_every_connection_loses_nothing(big_world, big_server):
    async with Person(big_world, big_server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=140)

        for mark in (30, 60, 90):
            await microphone.until(lambda mark=mark: microphone.settled >= mark)
            assert big_world.cut_connections() > 0
            await alice.start_session()  # and no page breaks

        await finish(big_world, session_id, microphone, viewer)
        assert (viewer.closes, microphone.closes) == ([], [1000])


async def test_a_network_that_is_cut_loses_nothing(world, server):
    async with Proxy(server.port) as network, Person(world, server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id, addresses=[network])
        microphone = alice.microphone(session_id, frames=140, addresses=[network])

        for mark in (30, 90):
            await microphone.until(lambda mark=mark: microphone.settled >= mark and microphone.is_open)
            network.drop()

        await finish(world, session_id, microphone, viewer)
        assert len(microphone.closes) == 3


async def test_a_microphone_whose_old_connection_hangs_half_open_goes_on_by_taking_over(world, server):
    async with Proxy(server.port) as network, Person(world, server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=140, addresses=[network, server])
        await microphone.until(lambda: microphone.settled >= 60 and microphone.is_open)

        network.half_open()
        await microphone.hang_up()

        await finish(world, session_id, microphone, viewer)
        assert microphone.closes[-1] == 1000
        assert len(microphone.closes) == 2, "it came back once, by taking over from itself"
