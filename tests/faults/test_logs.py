"""The watch over what servers write down: it sees what it should, and what was said does pass through them."""

from __future__ import annotations

import asyncio
import sys

import pytest

from tests.canary import CANARY
from tests.faults import checker, logs
from tests.faults.people import Person
from tests.faults.processes import Process

pytestmark = [pytest.mark.server, pytest.mark.timeout(60)]

DECOY = "the magpie keeps nothing to itself"  # the watch over this run must not see it


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_a_process_that_writes_down_what_was_said_is_seen_by_the_watch(tmp_path, stream):
    process = Process(
        [sys.executable, "-c", f"import sys; print({DECOY!r}, file=sys.{stream})"], {}, tmp_path / f"{stream}.log"
    )
    process.launch()
    while process.is_alive:
        await asyncio.sleep(0.05)

    assert f"{stream}.log: “the magpie keeps not…”" in logs.sightings(DECOY)


async def test_a_server_in_trouble_writes_it_down_without_what_was_said(make_world, slow_classifier):
    world = make_world(CF_VOICE_URL=slow_classifier.url, LINNET_LOG_LEVEL="DEBUG")
    server = world.server()
    async with Person(world, server) as alice:
        session_id = await alice.start_session()
        await alice.tell(slow_classifier, session_id, "error")
        microphone = alice.microphone(session_id, frames=60, speed=10.0)
        await microphone.until(lambda: microphone.said("service", status="degraded"))
        await alice.tell(slow_classifier, session_id, "well")
        await microphone.until(lambda: microphone.is_done)

    assert all(CANARY in row.text for row in checker.stored(world, session_id) if row.kind == "transcript")
    assert "voice service does not answer as it should" in server.said
    assert CANARY not in server.said
