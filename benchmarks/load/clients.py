"""The microphones and viewers of the benchmark: they keep time, count what comes, and do nothing else."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

import orjson

from benchmarks.load.stub import KINDS
from tests.faults.frames import FRAME_MS, FRAME_SAMPLES, frame

if TYPE_CHECKING:
    from aiohttp import ClientWebSocketResponse

    from tests.faults.people import Person

FRAME_S = FRAME_MS / 1000
WINDOW_FRAMES = 10
LEAD_FRAMES = 100  # docs/protocol.md: a file's microphone keeps at most 10 s ahead of what is heard
PING_S = 15.0


class Microphone:
    """Streams `frames` numbered frames, in real time from `begin_s` on or as fast as the protocol allows."""

    def __init__(self, person: Person, session_id: str, *, frames: int, is_flat_out: bool) -> None:
        self.session_id = session_id
        self.heard = 0  # frames
        self.begin_s = 0.0  # when the first frame's sound begins, by the monotonic clock
        self.is_ready = asyncio.Event()
        self._person = person
        self._frames = frames
        self._is_flat_out = is_flat_out
        self._has_begun = asyncio.Event()
        self._was_heard = asyncio.Event()

    def begin(self, begin_s: float) -> None:
        self.begin_s = begin_s
        self._has_begun.set()

    def due_s(self, end_ms: int) -> float:
        """Return when the sound up to `end_ms` of the session was complete, and due to be sent."""
        return self.begin_s + end_ms / 1000

    async def run(self) -> None:
        """Stream until all is heard and the server has said goodbye. Raises when it says so for another reason."""
        async with self._person.socket(self.session_id) as socket:
            await socket.send_str('{"type":"configure"}')
            reading = asyncio.create_task(self._read(socket))
            try:
                await self.is_ready.wait()
                await self._has_begun.wait()
                await (self._send_flat_out(socket) if self._is_flat_out else self._send_in_real_time(socket))
                await socket.send_str('{"type":"close"}')
                await reading
            finally:
                reading.cancel()

    async def _send_in_real_time(self, socket: ClientWebSocketResponse) -> None:
        for number in range(self._frames):
            await asyncio.sleep(self.begin_s + (number + 1) * FRAME_S - time.monotonic())
            await socket.send_bytes(frame(number))

    async def _send_flat_out(self, socket: ClientWebSocketResponse) -> None:
        for number in range(self._frames):
            while number - self.heard >= LEAD_FRAMES:
                self._was_heard.clear()
                await self._was_heard.wait()
            await socket.send_bytes(frame(number))

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        async for packet in socket:
            message = orjson.loads(packet.data)
            if message["type"] == "ack":
                self.heard = message["heard_sample"] // FRAME_SAMPLES
                self._was_heard.set()
            elif message["type"] == "ready":
                self.is_ready.set()
            elif message["type"] == "error":
                raise RuntimeError(f"the server refused a microphone: {message}")


class Viewer:
    """Follows a microphone's session, and notes when each event came."""

    def __init__(self, person: Person, microphone: Microphone) -> None:
        self.has_snapshot = asyncio.Event()
        self.microphone = microphone
        self.latencies_s: list[tuple[int, float]] = []  # the event's end_ms, and how long after it was due
        self._person = person
        self._seen: Counter[tuple[str, int]] = Counter()
        self._has_news = asyncio.Event()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with self._person.socket(self.microphone.session_id, "live/") as socket:
            pinging = asyncio.create_task(_ping(socket))
            try:
                async for packet in socket:
                    self._take(orjson.loads(packet.data), time.monotonic())
            finally:
                pinging.cancel()
        raise RuntimeError("the server closed a view")

    async def until_seen(self, windows: int) -> None:
        while self.lost(windows):
            self._has_news.clear()
            await self._has_news.wait()

    def lost(self, windows: int) -> int:
        """Return how many events of `windows` windows never came."""
        due = {(kind, (window + 1) * WINDOW_FRAMES * FRAME_MS) for kind in KINDS for window in range(windows)}
        return len(due - self._seen.keys())

    @property
    def duplicated(self) -> int:
        return self._seen.total() - len(self._seen)

    def _take(self, message: dict[str, object], now_s: float) -> None:
        if message["type"] == "snapshot":
            self.has_snapshot.set()
        elif message["type"] == "event":
            self._note(message["event"], now_s)

    def _note(self, event: object, now_s: float) -> None:
        assert isinstance(event, dict)
        kind, end_ms = event["event_type"], event["end_ms"]
        if kind == "transcript" and event["text"] != _words_until(end_ms):
            return  # the words of some other sound: what was due is lost
        if kind in KINDS:
            self._seen[kind, end_ms] += 1
            self.latencies_s.append((end_ms, now_s - self.microphone.due_s(end_ms)))
            self._has_news.set()


async def _ping(socket: ClientWebSocketResponse) -> None:
    while True:
        await asyncio.sleep(PING_S)
        await socket.send_str('{"type":"ping"}')


def _words_until(end_ms: int) -> str:
    """Return the words of the window that ends at `end_ms`: the numbers of its frames."""
    last = end_ms // FRAME_MS
    return " ".join(map(str, range(last - WINDOW_FRAMES, last)))
