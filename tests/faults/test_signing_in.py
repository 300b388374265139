"""Redis is away, or hangs: people still log in, and guessing passwords is still limited."""

from __future__ import annotations

import os
import signal
import time

import aiohttp
import pytest

from tests.faults.people import CSRF

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]

PASSWORD = "the heron waits for noon"
PATIENCE_S = 10.0  # a page, on a machine that runs other tests too; hashing a password takes half a second


@pytest.fixture(scope="module")
def server(make_world, redis):
    return make_world(LINNET_VOICE="scripted", REDIS_URL=redis.url).server()


@pytest.fixture(params=["away", "hanging"])
def broken_redis(request, redis):
    """A Redis that refuses connections, or takes them and says nothing."""
    if request.param == "away":
        redis.kill()
        yield
        redis.start()
    else:
        os.kill(redis.pid, signal.SIGSTOP)
        yield
        os.kill(redis.pid, signal.SIGCONT)


class Visitor:
    """A browser that nobody has logged in with yet; an async context manager."""

    def __init__(self, server):
        self._url = server.url
        self._cookies = {"csrftoken": CSRF}
        self.slowest_s = 0.0

    async def __aenter__(self):
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *error):
        await self._http.close()

    async def ask(self, method, path, **fields):
        """Return the status and where the answer leads to."""
        headers = {"X-CSRFToken": self._cookies["csrftoken"]}
        options = {"data": fields, "headers": headers, "cookies": self._cookies, "allow_redirects": False}
        began_s = time.monotonic()
        async with self._http.request(method, self._url + path, **options) as answer:
            self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)
            self._cookies |= {name: morsel.value for name, morsel in answer.cookies.items()}
            return answer.status, answer.headers.get("Location", "")

    async def post(self, path, **fields):
        return await self.ask("POST", path, **fields)

    async def sign_up(self, name):
        return await self.post(
            "/accounts/signup/", username=name, email=f"{name}@example.org", password1=PASSWORD, password2=PASSWORD
        )

    async def log_in(self, name, password=PASSWORD):
        return await self.post("/accounts/login/", login=name, password=password)

    async def home(self):
        return (await self.ask("GET", "/"))[0]


async def test_people_come_in_and_leave_without_redis(server, broken_redis, request, record_property):
    name = f"bob-{request.node.callspec.id}"
    async with Visitor(server) as bob:
        assert await bob.sign_up(name) == (302, "/")
        assert await bob.home() == 200
        assert await bob.post("/accounts/logout/") == (302, "/accounts/login/")
        assert await bob.home() == 302
        assert await bob.log_in(name) == (302, "/")
        assert await bob.post("/accounts/password/reset/", email=f"{name}@example.org") == (
            302,
            "/accounts/password/reset/done/",
        )
        record_property("slowest_s", bob.slowest_s)
        assert bob.slowest_s < PATIENCE_S


@pytest.mark.parametrize("broken_redis", ["away"], indirect=True)  # all visitors here share one address's limit
async def test_who_guesses_a_password_is_still_stopped_without_redis(server, broken_redis):
    async with Visitor(server) as carol, Visitor(server) as mallory:
        assert await carol.sign_up("carol") == (302, "/")

        for _ in range(5):
            assert await mallory.log_in("carol", "a guess") == (200, "")

        assert await mallory.log_in("carol") == (200, ""), "the right one does not help any more"
