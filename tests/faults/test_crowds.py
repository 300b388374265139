"""A thousand connections at one process: bounded memory, and a neighbour who notices nothing."""

from __future__ import annotations

import asyncio
import resource
import time

import pytest

from tests.conftest import require
from tests.faults import checker
from tests.faults.people import Person

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

CROWD = 1000
AT_ONCE = 50
FILES = 2 * CROWD  # deploy/linnet.service allows 16 384
MAX_VIEW_BYTES = 72 * 1024  # a promise of 64 KB; what a process holds goes up and down by some megabytes


@pytest.fixture(scope="module", autouse=True)
def many_files():
    """A crowd of sockets needs files on both sides; what is allowed here, the servers inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    require(hard >= FILES, f"{FILES} open files (ulimit -n)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def world(make_world, classifier):
    return make_world(CF_VOICE_URL=classifier.url, LINNET_MAX_VIEWERS_PER_USER="0")


@pytest.mark.parametrize("kind", ["uvicorn", "daphne"])
async def test_a_thousand_views_leave_a_neighbour_alone(world, kind, record_property):
    server = world.server(kind)
    async with Person(world, server) as alice:
        neighbours = await alice.start_session()
        viewer = await alice.viewer(neighbours)
        microphone = alice.microphone(neighbours, frames=130, speed=1.0)
        await microphone.until(lambda: microphone.heard > 0)
        crowded = await alice.start_session()
        before_bytes, began_s = server.rss_bytes, time.monotonic()

        sockets = await connect(alice, crowded, CROWD)

        record_property("connected_s", time.monotonic() - began_s)
        speaker = alice.microphone(crowded, frames=30, speed=3.0)
        await speaker.until(lambda: speaker.is_done)
        told = await asyncio.gather(*(last_told(socket) for socket in sockets))
        each_bytes = (server.rss_bytes - before_bytes) / CROWD
        record_property("kb_each", each_bytes / 1024)
        assert set(told) == {checker.stored(world, crowded)[-1].seq}
        assert each_bytes < MAX_VIEW_BYTES
        await asyncio.gather(*(socket.close() for socket in sockets))
        await microphone.until(lambda: microphone.is_done)
        rows = checker.stored(world, neighbours)
        checker.assert_accounted_for(rows, 130)
        await viewer.until(lambda: viewer.cursor == rows[-1].seq)
        checker.assert_seen_once_in_order(viewer, rows)
        record_property("neighbours_longest_stall_s", viewer.longest_stall_s)
        assert (viewer.closes, microphone.closes) == ([], [1000])


async def connect(person, session_id, number):
    """Open `number` views, some at a time, as a crowd comes."""
    sockets = []
    for _ in range(0, number, AT_ONCE):
        sockets += await asyncio.gather(*(person.socket(session_id, "live/") for _ in range(AT_ONCE)))
    return sockets


async def last_told(socket):
    """Return the number of the third event, which is the last one."""
    while (message := await socket.receive_json(timeout=60))["type"] != "event" or message["event"]["seq"] < 3:
        pass
    return message["event"]["seq"]
