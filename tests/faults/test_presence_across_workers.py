"""Who is there is counted over all workers, also when one of them leaves."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.faults.people import Person

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


async def until_viewers(socket, number):
    async with asyncio.timeout(20):
        while True:
            message = json.loads((await socket.receive()).data)
            if message["type"] == "presence" and message["viewers"] == number:
                return


async def test_a_view_is_told_of_those_at_another_worker_until_that_one_leaves(make_big_world, redis, classifier):
    world = make_big_world(CF_VOICE_URL=classifier.url, REDIS_URL=redis.url)
    one, other = world.two_servers()
    async with Person(world, one) as alice:
        live = f"/ws/sessions/{await alice.start_session()}/live/"
        here = await alice.http.ws_connect(one.url + live)
        await until_viewers(here, 1)

        there = await alice.http.ws_connect(other.url + live)
        await until_viewers(here, 2)
        await until_viewers(there, 2)

        await other.stop()
        await until_viewers(here, 1)
