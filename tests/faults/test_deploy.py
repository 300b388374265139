"""SIGTERM, as a deploy sends it: words are finished, everybody is told, and the next worker goes on."""

from __future__ import annotations

import time

import pytest

from tests.faults import checker
from tests.faults.people import Person

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

EXIT_S = 10.0


@pytest.fixture(scope="module")
def world(make_world, slow_classifier):
    return make_world(CF_VOICE_URL=slow_classifier.url)


@pytest.fixture(scope="module")
def next_server(world):
    return world.server()


@pytest.mark.parametrize("kind", ["uvicorn", "daphne"])
async def test_a_worker_that_is_asked_to_end_loses_nothing_and_says_goodbye(world, next_server, kind, record_property):
    server = world.server(kind)
    async with Person(world, server, next_server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=140)
        await microphone.until(lambda: microphone.settled >= 60 and microphone.is_open)

        exit_s = await server.stop()

        record_property("exit_s", exit_s)
        assert exit_s < EXIT_S
        assert viewer.said("bye", code=4503)
        assert microphone.said("bye", code=4503)
        await microphone.until(lambda: microphone.is_done)
        rows = checker.stored(world, session_id)
        checker.assert_accounted_for(rows, 140)
        await viewer.until(lambda: viewer.cursor == rows[-1].seq)
        checker.assert_seen_once_in_order(viewer, rows)


@pytest.mark.parametrize("kind", ["uvicorn", "daphne"])
async def test_what_was_said_before_the_end_is_stored_by_the_worker_that_ends(world, kind):
    server = world.server(kind)
    async with Person(world, server) as alice:
        session_id = await alice.start_session()
        microphone = alice.microphone(session_id, frames=1000)
        await microphone.until(lambda: microphone.settled >= 30 and microphone.is_open)
        heard = microphone.heard

        await server.stop()

        checker.assert_accounted_for(checker.stored(world, session_id), heard)


async def test_a_viewer_is_back_at_the_next_worker_within_five_seconds(world, next_server, record_property):
    server = world.server()
    async with Person(world, server, next_server) as alice:
        viewer = await alice.viewer(await alice.start_session())
        stopping_s = time.monotonic()

        await server.stop()

        await viewer.until(lambda: viewer.snapshots == 2)
        record_property("back_s", time.monotonic() - stopping_s)
        assert time.monotonic() - stopping_s < 5


@pytest.mark.parametrize("kind", ["uvicorn", "daphne"])
async def test_a_worker_with_nothing_open_ends_at_once(world, kind):
    server = world.server(kind)

    assert await server.stop() < 5


@pytest.mark.parametrize("kind", ["uvicorn", "daphne"])
async def test_a_worker_with_an_open_event_stream_ends_too(world, kind):
    server = world.server(kind)
    async with Person(world, server) as alice:
        session_id = await alice.start_session()
        async with alice.http.get(f"{server.url}/sessions/{session_id}/stream/") as stream:
            assert (await stream.content.readline()).startswith(b"retry:")

            assert await server.stop() < EXIT_S
