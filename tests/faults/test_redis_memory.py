"""What was said passes through Redis sealed, and stays nowhere in it: not while captions flow, not afterwards."""

from __future__ import annotations

import pytest
from redis import asyncio as client

from tests.canary import CANARY, Watch
from tests.faults import checker
from tests.faults.people import Person

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]


async def look_into(watch, connection):
    """Look at keys, values and names of channels."""
    async for key in connection.scan_iter(count=1000):
        watch.look_at("key", key.decode(errors="replace"))
        watch.look_at(f"value of {key!r}", ((await connection.dump(key)) or b"").decode(errors="replace"))
    for name in await connection.pubsub_channels():
        watch.look_at("channel", name.decode(errors="replace"))
    for entry in await connection.slowlog_get(1000):
        watch.look_at("slow log", entry["command"].decode(errors="replace"))


async def test_redis_keeps_nothing_of_what_was_said(make_world, redis, slow_classifier):
    world = make_world(CF_VOICE_URL=slow_classifier.url, REDIS_URL=redis.url)
    server = world.server()
    watch = Watch()
    async with client.from_url(redis.url) as connection, Person(world, server) as alice:
        session_id = await alice.start_session()
        await connection.config_set("slowlog-log-slower-than", 0)  # it keeps the beginnings of slow messages
        await connection.config_set("slowlog-max-len", 100_000)
        viewer = await alice.viewer(session_id)
        passing = connection.pubsub()
        await passing.psubscribe("linnet*")
        microphone = alice.microphone(session_id, frames=120, speed=6.0)
        for mark in (30, 60, 90):
            await microphone.until(lambda mark=mark: microphone.heard >= mark)
            await look_into(watch, connection)
        await microphone.until(lambda: microphone.is_done)
        rows = checker.stored(world, session_id)
        await viewer.until(lambda: viewer.cursor == rows[-1].seq)
        await look_into(watch, connection)

        assert CANARY.encode() not in b"".join([data async for data in drained(passing)])
        assert watch.sightings == []
        await connection.set("control", CANARY)
        await look_into(watch, connection)
        assert watch.sightings, "the watch sees it where it is"
        await connection.delete("control")
    assert not list(redis._log.parent.glob("*.rdb"))


async def drained(pubsub):
    """Yield what was published since the subscription."""
    while (message := await pubsub.get_message(timeout=0.2)) is not None:
        if message["type"] == "pmessage":
            yield message["data"]
    await pubsub.aclose()
