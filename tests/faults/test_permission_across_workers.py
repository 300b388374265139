"""What one worker withdraws, another one closes: at once, by Redis."""

from __future__ import annotations

import asyncio
import re
import time

import aiohttp
import pytest

from tests.faults.people import Person

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

AT_ONCE_S = 2.0


async def close_code(socket):
    """Read until the server closes; return its code and how long that took."""
    began_s = time.monotonic()
    async with asyncio.timeout(20):
        async for _ in socket:
            pass
    return socket.close_code, time.monotonic() - began_s


async def ask(request):
    """Wait for an answer and let it go: one that is kept open ends as a warning in some later test."""
    async with request as answer:
        await answer.read()


async def make_link(alice, worker, session_id):
    """Return the path of a new link, and of the form that withdraws it."""
    fields = {"name": "Ann", "scope": "view", "lifetime": "day"}
    async with alice.http.post(f"{worker.url}/sessions/{session_id}/shares/", data=fields) as answer:
        page = await answer.text()
    return re.search(r"/shared/[\w-]+/", page)[0], re.search(r"/sessions/[\w-]+/shares/\d+/revoke/", page)[0]


async def test_a_withdrawn_link_and_a_logout_close_the_views_at_another_worker(make_big_world, redis, classifier):
    world = make_big_world(CF_VOICE_URL=classifier.url, REDIS_URL=redis.url)
    one, other = world.two_servers()
    async with Person(world, one) as alice, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as ann:
        session_id = await alice.start_session()
        link, withdraw = await make_link(alice, one, session_id)
        await ask(ann.get(f"{other.url}{link}"))
        live = f"{other.url}/ws/sessions/{session_id}/live/"
        anns = await ann.ws_connect(live)
        alices = await alice.http.ws_connect(live)
        await anns.receive(timeout=5)
        await alices.receive(timeout=5)
        await asyncio.sleep(0.5)

        await ask(alice.http.post(f"{one.url}{withdraw}", allow_redirects=False))
        code, took_s = await close_code(anns)
        assert (code, took_s < AT_ONCE_S) == (4403, True)

        await ask(alice.http.post(f"{one.url}/accounts/logout/", allow_redirects=False))
        code, took_s = await close_code(alices)
        assert (code, took_s < AT_ONCE_S) == (4401, True)
