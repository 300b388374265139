"""The viewer's side of the live socket: every event once, in order, across reconnects."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import orjson

from sessions_app.management.site import ABNORMAL_CLOSE, Dropped, Failure
from sessions_app.management.streaming import RETRIED_CODES, Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sessions_app.management.site import Site

PING_S = 15.0


class Viewer:
    """Watches one session. `cursor` is the number of the last event that was shown."""

    def __init__(
        self, site: Site, session_id: str, *, after: int, show: Callable[[Mapping[str, object]], None]
    ) -> None:
        self.cursor = after
        self._site = site
        self._session_id = session_id
        self._show = show
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled. Raises `Failure`."""
        patience = Patience()
        while True:
            try:
                path = f"ws/sessions/{self._session_id}/live/?after={self.cursor}"
                async with self._site.socket(path) as socket:
                    pings = asyncio.create_task(_ping(socket))
                    try:
                        await self._watch(socket, patience)
                    finally:
                        pings.cancel()
                        await asyncio.gather(pings, return_exceptions=True)
            except Dropped as dropped:
                await patience.pause(dropped)

    async def has_seen(self, seq: int, *, timeout_s: float) -> bool:
        """Return whether event `seq` came within `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.cursor < seq:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def _watch(self, socket: aiohttp.ClientWebSocketResponse, patience: Patience) -> None:
        """Take what comes; ends by raising why the socket closed."""
        code, reason = 0, ""
        async for message in socket:
            fields = orjson.loads(message.data) if message.type is aiohttp.WSMsgType.TEXT else {}
            match fields:
                case {"type": "snapshot"}:
                    patience.renew()
                case {"type": "event", "event": dict(event)}:
                    self._take(event)
                case {"type": "error", "message": str(text)}:
                    reason = text
                case {"type": "bye", "code": int(code), "reason": str(text)}:
                    reason = reason or text
        code = code or socket.close_code or ABNORMAL_CLOSE
        if code in RETRIED_CODES:
            raise Dropped(code, reason)
        raise Failure(reason or f"The server closed the view ({code}).")

    def _take(self, event: Mapping[str, object]) -> None:
        seq = event.get("seq")
        if isinstance(seq, int):
            if seq <= self.cursor:
                return
            self.cursor = seq
            self._news.set()
        self._show(event)


async def _ping(socket: aiohttp.ClientWebSocketResponse) -> None:
    while True:
        await asyncio.sleep(PING_S)
        await socket.send_str('{"type": "ping"}')
