"""Somebody who speaks and watches through real sockets and pages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from tests.faults.clients import Microphone, Viewer

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from tests.faults.processes import HttpProcess, World
    from tests.faults.proxy import Proxy

CSRF = "0" * 32


class Person:
    """Somebody with a cookie; an async context manager. Her clients end with her."""

    def __init__(self, world: World, *addresses: HttpProcess | Proxy) -> None:
        self.world = world
        self.addresses = addresses
        self._cookie = f"sessionid={world.cookie}; csrftoken={CSRF}"
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession(
            headers={"Cookie": self._cookie, "X-CSRFToken": CSRF, "Accept": "application/json"},
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.http.close()

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task

    async def start_session(self, **fields: object) -> str:
        async with self.http.post(f"{self.addresses[0].url}/sessions/", json=fields) as answer:
            assert answer.status == 201, await answer.text()
            session_id: str = (await answer.json())["id"]
            return session_id

    async def events(self, session_id: str, *, after: int = 0) -> list[dict[str, Any]]:
        """Return the session's events, as `GET …/events/` pages them."""
        events: list[dict[str, Any]] = []
        while True:
            address = f"{self.addresses[0].url}/sessions/{session_id}/events/?after={after}"
            async with self.http.get(address) as answer:
                page = (await answer.json())["events"]
            if not page:
                return events
            events += page
            after = page[-1]["seq"]

    async def tell(self, classifier: HttpProcess, session_id: str, mode: str) -> None:
        """Put a scripted classifier into a mood, towards one session."""
        wish = {"session_id": session_id, "mode": mode}
        async with self.http.post(f"{classifier.url}/control", json=wish) as answer:
            answer.raise_for_status()

    def microphone(self, session_id: str, **options: Any) -> Microphone:
        microphone = Microphone(self, session_id, **options)
        microphone.task = self.run(microphone.run())
        return microphone

    def socket(self, session_id: str, path: str = "audio/") -> Any:
        """Return a bare socket, for those who keep no rule."""
        address = self.addresses[0].url
        return self.http.ws_connect(f"{address}/ws/sessions/{session_id}/{path}", headers={"Origin": address})

    async def viewer(self, session_id: str, **options: Any) -> Viewer:
        """Return a view that has its snapshot."""
        viewer = Viewer(self, session_id, **options)
        viewer.task = self.run(viewer.run())
        await viewer.until(lambda: viewer.snapshots > 0)
        return viewer
