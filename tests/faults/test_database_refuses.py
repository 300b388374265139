"""The database answers and takes nothing: its disk is full, or it is a standby that can only be read."""

from __future__ import annotations

import asyncio
import resource
from contextlib import contextmanager

import pytest

from tests.faults.people import Person
from tests.faults.processes import on_postgres
from tests.faults.test_outages import finish

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


@contextmanager
def full_disk(world, server):
    """Nothing may grow beyond 4 KB any more."""
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def standby(world, server):
    """Whoever connects may only read."""
    on_postgres(f"ALTER DATABASE {world.name} SET default_transaction_read_only = on", cluster=world.cluster)
    world.cut_connections()
    try:
        yield
    finally:
        on_postgres(
            f"SET default_transaction_read_only = off; ALTER DATABASE {world.name} RESET default_transaction_read_only",
            cluster=world.cluster,
        )
        world.cut_connections()


async def readiness(alice, server):
    async with alice.http.get(f"{server.url}/readyz") as answer:
        return answer.status, (await answer.text()).splitlines()[0]


async def test_a_full_disk_closes_no_socket_and_what_was_said_is_stored_when_there_is_room(
    make_world, slow_classifier, record_property
):
    world = make_world(CF_VOICE_URL=slow_classifier.url)
    server = world.server()
    async with Person(world, server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=100, speed=2.0, lead_frames=None)
        await microphone.until(lambda: microphone.settled >= 30 and microphone.is_open)

        with full_disk(world, server):
            await viewer.until(lambda: viewer.said("service", detail="Saving is delayed. Nothing is lost so far."))
            assert await readiness(alice, server) == (503, "database: does not take what is to be stored")

        await finish(world, session_id, microphone, viewer)
        record_property("longest_stall_s", viewer.longest_stall_s)
        assert (viewer.closes, microphone.closes) == ([], [1000])
        assert (await readiness(alice, server))[0] == 200


async def test_a_database_that_can_only_be_read_for_a_while_loses_nothing(
    make_big_world, slow_classifier, record_property
):
    world = make_big_world(CF_VOICE_URL=slow_classifier.url)
    server = world.server()
    async with Person(world, server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=120, speed=2.0, lead_frames=None)
        await microphone.until(lambda: microphone.settled >= 30 and microphone.is_open)

        with standby(world, server):
            await microphone.until(lambda: microphone.closes)
            assert await readiness(alice, server) == (503, "database: can only be read")
            await asyncio.sleep(1.0)

        await finish(world, session_id, microphone, viewer)
        record_property("longest_stall_s", viewer.longest_stall_s)
        assert viewer.closes == []
        assert set(microphone.closes[:-1]) == {4500}


async def test_who_closes_while_nothing_can_be_stored_is_asked_to_come_back_and_loses_nothing(
    make_world, slow_classifier
):
    world = make_world(CF_VOICE_URL=slow_classifier.url)
    server = world.server()
    async with Person(world, server) as alice:
        session_id = await alice.start_session()
        microphone = alice.microphone(session_id, frames=60, speed=6.0, lead_frames=None)
        await microphone.until(lambda: microphone.settled >= 30 and microphone.is_open)

        with full_disk(world, server):
            await microphone.until(lambda: microphone.closes, timeout_s=25)

        await finish(world, session_id, microphone)
        assert microphone.closes[0] == 4503
