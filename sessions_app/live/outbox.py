"""What waits to be sent on one socket: bounded, in order, written by one task."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SEND_TIMEOUT_S = 30.0  # a peer that takes nothing for so long is gone


class PeerStalled(Exception):
    """The peer took nothing for `SEND_TIMEOUT_S`."""


class Outbox:
    """Sends text frames one after another. Who puts one in never waits: when the box is full, the oldest goes.

    That suits a microphone, which can do without an older ack.
    """

    def __init__(self, send: Callable[[str], Awaitable[None]], *, limit: int) -> None:
        self._send = send
        self._limit = limit
        self._waiting: deque[str] = deque()
        self._changed = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()

    def put_dropping_oldest(self, frame: str) -> None:
        """Queue `frame`; when the box is full the oldest one makes room."""
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
        self._waiting.append(frame)
        self._emptied.clear()
        self._changed.set()

    async def run(self) -> None:
        """Send until cancelled. Raises `PeerStalled`."""
        while True:
            while self._waiting:
                await self._send_next()
            self._emptied.set()
            self._changed.clear()
            await self._changed.wait()

    async def drain(self, timeout_s: float) -> None:
        """Wait until everything is sent, `timeout_s` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._emptied.wait()

    async def _send_next(self) -> None:
        frame = self._waiting.popleft()
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._send(frame)
        except TimeoutError as error:
            raise PeerStalled from error
