"""kill -9 of a worker: nothing that was acknowledged is lost, nothing is stored twice, and the session still ends."""

from __future__ import annotations

import time

import pytest

from tests.faults import checker
from tests.faults.people import Person

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


async def test_a_killed_worker_loses_nothing_and_repeats_nothing(make_world, slow_classifier):
    world = make_world(CF_VOICE_URL=slow_classifier.url)
    server = world.server()
    async with Person(world, server) as alice:
        session_id = await alice.start_session()
        viewer = await alice.viewer(session_id)
        microphone = alice.microphone(session_id, frames=140)
        await microphone.until(lambda: microphone.settled >= 60 and microphone.is_open)

        server.kill()

        acknowledged = microphone.settled
        checker.assert_accounted_for(checker.stored(world, session_id), acknowledged)
        await server.astart()
        await microphone.until(lambda: microphone.is_done)
        rows = checker.stored(world, session_id)
        checker.assert_accounted_for(rows, 140)
        await viewer.until(lambda: viewer.cursor == rows[-1].seq)
        checker.assert_seen_once_in_order(viewer, rows)


async def test_a_session_whose_worker_died_is_ended_by_the_reaper_and_its_viewer_is_told(
    make_world, slow_classifier, record_property
):
    world = make_world(CF_VOICE_URL=slow_classifier.url, SESSION_IDLE_TTL_S="2")
    server, other = world.two_servers()
    async with Person(world, server, other) as alice:
        session_id = await alice.start_session()
        microphone = alice.microphone(session_id, frames=1000, addresses=[server])
        await microphone.until(lambda: microphone.settled > 0 and microphone.is_open)
        server.kill()
        viewer = await alice.viewer(session_id, addresses=[other])
        began_s = time.monotonic()

        while session_id not in world.manage("reap_idle_sessions", "--ttl", "1"):
            pass

        await viewer.until(lambda: viewer.said("state", state="stopped", reason="idle"), timeout_s=20)
        record_property("told_s", time.monotonic() - began_s)
        assert time.monotonic() - began_s < 25
