"""Microphones and views over real sockets, with the resume rules of docs/protocol.md."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

from tests.faults.frames import FRAME_SAMPLES, frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tests.faults.people import Person
    from tests.faults.processes import HttpProcess
    from tests.faults.proxy import Proxy

PATIENCE_S = 60.0
RING_FRAMES = 300  # 30 s
LEAD_FRAMES = 100  # 10 s
DONE, ABNORMAL = 1000, 1006
RETRIED_CODES = frozenset({1006, 1012, 4408, 4429, 4500, 4503})
RETRY_FIRST_S, RETRY_MAX_S = 0.25, 2.0
PING_S = 10.0


class Client:
    """What both clients share: one socket after another, and a log of what came."""

    path = ""
    task: asyncio.Task[None]

    def __init__(self, person: Person, session_id: str, addresses: Sequence[HttpProcess | Proxy] = ()) -> None:
        self.person = person
        self.session_id = session_id
        self.addresses = addresses or person.addresses
        self.closes: list[int] = []
        self.messages: list[dict[str, Any]] = []  # without events, which are counted elsewhere
        self.is_done = False
        self.last_news_s = time.monotonic()
        self.longest_stall_s = 0.0
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self._changed = asyncio.Event()
        self._pause_s = RETRY_FIRST_S
        self._attempts = 0

    async def until(self, is_met: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        """Wait until `is_met` of what has come so far."""
        async with asyncio.timeout(timeout_s):
            while not is_met():
                self._changed.clear()
                waiting = asyncio.create_task(self._changed.wait())
                await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if self.task.done() and not is_met():
                    self.task.result()
                    raise AssertionError(f"ended too early: closes {self.closes}, last {self.messages[-3:]}")

    def said(self, type_: str, **fields: object) -> bool:
        """Return whether the server has said this."""
        return any(message["type"] == type_ and fields.items() <= message.items() for message in self.messages)

    def last(self, type_: str, field: str) -> object:
        """Return what the newest message of that type says; None before the first."""
        return next((message[field] for message in reversed(self.messages) if message["type"] == type_), None)

    async def run(self) -> None:
        """Be connected until done, again and again."""
        while not self.is_done:
            code, said = ABNORMAL, len(self.messages)
            try:
                async with self._connect() as socket:
                    self.socket = socket
                    await self._talk(socket)
                    code = socket.close_code or ABNORMAL
            except (aiohttp.ClientError, OSError):
                pass
            finally:
                self.socket = None
            # aiohttp forgets the server's code when its own goodbye finds the connection gone.
            byes = [message["code"] for message in self.messages[said:] if message["type"] == "bye"]
            code = byes[-1] if byes else int(code)
            self.closes.append(code)
            self.is_done = code == DONE
            self._note()
            if code not in RETRIED_CODES:
                return
            await asyncio.sleep(self._pause_s * random.uniform(0.5, 1.0))
            self._pause_s = min(self._pause_s * 2, RETRY_MAX_S)

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        address = self.addresses[self._attempts % len(self.addresses)].url
        self._attempts += 1
        async with self.person.http.ws_connect(
            f"{address}/ws/sessions/{self.session_id}/{self.path}",
            headers={"Origin": address},
            heartbeat=20.0,
            max_msg_size=0,
            timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
        ) as socket:
            yield socket

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        raise NotImplementedError

    async def hang_up(self) -> None:
        """Give the connection up, as one does that noticed nothing but silence, and connect again."""
        assert self.socket is not None
        await self.socket.close()

    def _note(self) -> None:
        self._changed.set()

    def _is_news(self) -> None:
        now_s = time.monotonic()
        self.longest_stall_s = max(self.longest_stall_s, now_s - self.last_news_s)
        self.last_news_s = now_s


class Microphone(Client):
    """Speaks numbered frames, `speed` times as fast as a person, until `frames` of them are spoken.

    `lead_frames`: how far it may run ahead of what is heard; None sends whatever happens, as a browser does.
    """

    path = "audio/"

    def __init__(
        self,
        person: Person,
        session_id: str,
        *,
        frames: int,
        speed: float = 4.0,
        lead_frames: int | None = LEAD_FRAMES,
        addresses: Sequence[HttpProcess | Proxy] = (),
        take_over: bool = False,
        speak: Callable[[int], bytes] = frame,
    ) -> None:
        super().__init__(person, session_id, addresses)
        self.frames = frames
        self.spoken = self.sent = self.heard = self.settled = 0
        self.missing = 0  # frames said to be gone
        self.summary: dict[str, Any] = {}
        self.window_ms: int | None = None  # from the next connection on
        self._speed = speed
        self._sound_of = speak
        self._lead_frames = lead_frames
        self._take_over = take_over

    @property
    def is_open(self) -> bool:
        """Whether words are held that are heard, and not settled."""
        return self.settled < self.heard

    async def run(self) -> None:
        speaking = asyncio.create_task(self._speak())
        try:
            await super().run()
        finally:
            speaking.cancel()

    async def _speak(self) -> None:
        began_s, begun_at = time.monotonic(), self.spoken
        while self.spoken < self.frames:
            await asyncio.sleep(0.1 / self._speed)
            due = begun_at + int((time.monotonic() - began_s) * 10 * self._speed)
            self.spoken = min(due, self.frames)
            self._note()

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_json({"type": "configure", "take_over": self._take_over, "window_ms": self.window_ms})
        reading = asyncio.create_task(self._read(socket))
        ready = asyncio.create_task(self._ready())
        try:
            await asyncio.wait({reading, ready}, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                sending = asyncio.create_task(self._send(socket))
                await asyncio.wait({reading, sending}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done() and not sending.exception():
                    await reading
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        finally:
            ready.cancel()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _ready(self) -> None:
        before = len(self.messages)
        while not any(message["type"] == "ready" for message in self.messages[before:]):
            await self._next()

    async def _next(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for packet in socket:
            message = orjson.loads(packet.data)
            self._take(message)
            self._note()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] != "ack":
            self.messages.append(message)
        match message["type"]:
            case "ready":
                self._take_over, self._pause_s = True, RETRY_FIRST_S
                assert message["next_sample"] % FRAME_SAMPLES == 0
                self.sent = self.heard = message["next_sample"] // FRAME_SAMPLES
            case "ack":
                self.heard = message["heard_sample"] // FRAME_SAMPLES
                self.settled = max(self.settled, message["through_sample"] // FRAME_SAMPLES)
                self._is_news()
            case "summary":
                self.summary = message

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Go on where the server goes on; what the ring no longer holds is a gap."""
        self.spoken = max(self.spoken, self.sent)
        lost = max(self.spoken - RING_FRAMES, self.sent) - self.sent
        if lost:
            await socket.send_json({"type": "gap", "samples": lost * FRAME_SAMPLES})
            self.missing += lost
            self.sent += lost
        while self.sent < self.frames:
            while self.sent >= self.spoken or not self._may_send():
                await self._next()
            await socket.send_bytes(self._sound_of(self.sent))
            self.sent += 1
        while self._lead_frames is not None and self.sent - self.heard >= 10:
            await self._next()
        await socket.send_json({"type": "close"})

    def _may_send(self) -> bool:
        return self._lead_frames is None or self.sent - self.heard < self._lead_frames


class Viewer(Client):
    """Follows a session, with a cursor of its own that survives its connections."""

    path = "live/"

    def __init__(
        self, person: Person, session_id: str, *, after: int = 0, addresses: Sequence[HttpProcess | Proxy] = ()
    ) -> None:
        super().__init__(person, session_id, addresses)
        self.events: list[dict[str, Any]] = []  # every event as it came, over all connections
        self.snapshots = 0
        self.holes = 0
        self.cursor = after

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        self.path = f"live/?after={self.cursor}"
        async with super()._connect() as socket:
            yield socket

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        pinging = asyncio.create_task(self._ping(socket))
        try:
            async for packet in socket:
                await self._take(socket, orjson.loads(packet.data))
                self._note()
        finally:
            pinging.cancel()

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> None:
        if message["type"] == "event":
            event = message["event"]
            if event["seq"] > self.cursor + 1:
                self.holes += 1
                await socket.send_json({"type": "replay", "after": self.cursor})
                return
            self.events.append(event)
            self.cursor = max(self.cursor, event["seq"])
            self._is_news()
            return
        self.messages.append(message)
        if message["type"] == "snapshot":
            self.snapshots += 1
            self._pause_s = RETRY_FIRST_S

    async def _ping(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await asyncio.sleep(PING_S)
            await socket.send_json({"type": "ping"})
