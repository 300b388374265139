"""The database restarts, or is locked for ten seconds: what was acknowledged is there, and nobody is cut off."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import asynccontextmanager

import psycopg
import pytest

from tests.conftest import require
from tests.faults import checker
from tests.faults.cluster import PostgresCluster, find_bin
from tests.faults.people import Person
from tests.faults.processes import PostgresWorld, Prepared, on_postgres
from tests.faults.test_outages import finish

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

STALL_S = 10.0
PROMPT_S = 1.0  # for a pong, on a machine that runs other tests too
TABLES = "sessions_app_event, sessions_app_voicesession"


@pytest.fixture(scope="module")
def cluster():
    require(find_bin() is not None, "PostgreSQL's initdb and pg_ctl")
    cluster = PostgresCluster()
    cluster.start()
    yield cluster
    cluster.end()


@pytest.fixture(scope="module")
def big_world(cluster, tmp_path_factory, redis, slow_classifier):
    folder = tmp_path_factory.mktemp("cluster-world")
    template = "linnet_template"
    on_postgres(f"CREATE DATABASE {template}", cluster=cluster.url)
    world = PostgresWorld(
        folder,
        Prepared(folder / "prepared", f"{cluster.url}/{template}"),
        CF_VOICE_URL=slow_classifier.url,
        REDIS_URL=redis.url,
    )
    yield world
    world.end()


@pytest.fixture(scope="module")
def big_server(big_world):
    return big_world.server()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_database_that_restarts_keeps_what_was_acknowledged_and_loses_nothing(
    big_world, big_server, cluster, mode, record_property
):
    async with Person(big_world, big_server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=160)
        for mark in (30, 90):
            await microphone.until(lambda mark=mark: microphone.settled >= mark and microphone.is_open)
            acknowledged = microphone.settled

            await asyncio.to_thread(cluster.restart, mode)

            checker.assert_accounted_for(checker.stored(big_world, session_id), acknowledged)
        await finish(big_world, session_id, microphone, viewer)
        record_property("longest_stall_s", viewer.longest_stall_s)
        assert (viewer.closes, microphone.closes) == ([], [1000])


async def test_a_database_that_is_away_for_some_seconds_loses_nothing(big_world, big_server, cluster, record_property):
    async with Person(big_world, big_server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=120, speed=2.0, lead_frames=None)
        await microphone.until(lambda: microphone.settled >= 30 and microphone.is_open)

        await asyncio.to_thread(cluster.stop, "immediate")
        await viewer.until(lambda: viewer.said("service", status="degraded"), timeout_s=6)
        await asyncio.to_thread(cluster.start_again)

        await finish(big_world, session_id, microphone, viewer)
        record_property("longest_stall_s", viewer.longest_stall_s)
        assert (viewer.closes, microphone.closes) == ([], [1000])


class SlowestPong:
    """Pings each 200 ms and remembers how long the slowest answer took."""

    def __init__(self, socket):
        self._socket = socket
        self.slowest_s = 0.0
        self.answers = 0

    async def run(self):
        while True:
            began_s = time.monotonic()
            await self._socket.send_json({"type": "ping"})
            while (await self._socket.receive_json())["type"] != "pong":
                pass
            self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)
            self.answers += 1
            await asyncio.sleep(0.2)


@asynccontextmanager
async def sqlite_locked(world):
    """Another process writes, and does not come to an end."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20);"
        "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.read(); c.execute('ROLLBACK')"
    )
    command = [sys.executable, "-c", code, str(world.folder / "linnet.sqlite3")]
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert await process.stdout.readline() == b"locked\n"
    try:
        yield
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def postgres_locked(world):
    """Somebody changes the tables by hand: nobody else may even read them."""
    connection = await psycopg.AsyncConnection.connect(f"{world.cluster}/{world.name}")
    await connection.execute(f"LOCK TABLE {TABLES} IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        await connection.rollback()
        await connection.close()


async def assert_nothing_stalls(world, server, locked, record_property):
    """Lock the database for ten seconds while somebody speaks at the speed of speech, and check the books."""
    async with Person(world, server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=140, speed=1.0, lead_frames=None)
        async with alice.socket(session_id, "live/") as socket:
            pong = SlowestPong(socket)
            await microphone.until(lambda: microphone.settled > 0)
            alice.run(pong.run())
            async with locked(world):
                sent = microphone.sent
                await asyncio.sleep(STALL_S)
                assert microphone.sent - sent >= 0.9 * STALL_S * 10, "sound goes on being taken"
            await finish(world, session_id, microphone, viewer)
        record_property("slowest_pong_s", pong.slowest_s)
        record_property("longest_stall_s", viewer.longest_stall_s)
        assert pong.answers > STALL_S
        assert pong.slowest_s < PROMPT_S
        assert viewer.said("service", status="degraded", detail="Saving is delayed. Nothing is lost so far.")
        assert (viewer.closes, microphone.closes) == ([], [1000])
        assert microphone.missing == 0


async def test_a_locked_file_stops_no_sound_and_no_ping(make_world, slow_classifier, record_property):
    world = make_world(CF_VOICE_URL=slow_classifier.url)

    await assert_nothing_stalls(world, world.server(), sqlite_locked, record_property)


async def test_locked_tables_stop_no_sound_and_no_ping(big_world, big_server, record_property):
    await assert_nothing_stalls(big_world, big_server, postgres_locked, record_property)
