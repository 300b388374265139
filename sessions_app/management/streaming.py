"""The microphone's side of the audio socket, for sound that lies in files: pace, replay, gaps, and a proper end."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING

import aiohttp
import orjson

from sessions_app.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, samples_from_ms, samples_in
from sessions_app.management.site import ABNORMAL_CLOSE, Dropped, Failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from sessions_app.management.site import Site

FRAME_SAMPLES = SAMPLE_RATE_HZ // 10
LEAD_SAMPLES = 10 * SAMPLE_RATE_HZ  # docs/protocol.md: so far may what is sent be ahead of what is heard
RING_SAMPLES = 30 * SAMPLE_RATE_HZ  # longer than the longest utterance (18 s) and the lead together
KEEPALIVE_S = 10.0  # the server gives up on a socket that says nothing for 35 s
STALL_S = 120.0  # a server that says nothing for so long while it is waited for has a problem of its own
LATE_S = 1.0  # who is later than this does not hurry to catch up

RETRIED_CODES = frozenset({ABNORMAL_CLOSE, 1012, 4408, 4429, 4500, 4503})
RETRY_FIRST_S, RETRY_MAX_S, GIVE_UP_AFTER_S = 0.5, 8.0, 60.0


class Patience:
    """Pauses between attempts to connect, longer each time and never quite the same; ends after a minute."""

    def __init__(self) -> None:
        self._failed_since_s: float | None = None
        self._pause_s = RETRY_FIRST_S

    @property
    def is_fresh(self) -> bool:
        """Whether the last connection worked."""
        return self._failed_since_s is None

    def renew(self) -> None:
        """Take note that a connection works."""
        self._failed_since_s, self._pause_s = None, RETRY_FIRST_S

    async def pause(self, dropped: Dropped) -> None:
        """Wait before the next attempt. Raises `Failure` when there were attempts enough."""
        now_s = asyncio.get_running_loop().time()
        self._failed_since_s = self._failed_since_s if self._failed_since_s is not None else now_s
        if now_s - self._failed_since_s > GIVE_UP_AFTER_S:
            raise Failure(f"The connection cannot be made anew: {str(dropped).rstrip('.')}.") from dropped
        await asyncio.sleep(max(dropped.retry_after_s, self._pause_s * random.uniform(0.5, 1.0)))
        self._pause_s = min(self._pause_s * 2, RETRY_MAX_S)


class Ring:
    """The sound that was sent and is not settled yet, on the session's sample clock; the last 30 s of it at most."""

    def __init__(self, start_sample: int) -> None:
        self.start_sample = start_sample
        self._pcm16 = bytearray()

    @property
    def end_sample(self) -> int:
        return self.start_sample + samples_in(self._pcm16)

    def append(self, pcm16: bytes) -> None:
        self._pcm16 += pcm16
        self.forget_before(self.end_sample - RING_SAMPLES)

    def forget_before(self, sample: int) -> None:
        samples = min(sample, self.end_sample) - self.start_sample
        if samples > 0:
            del self._pcm16[: samples * BYTES_PER_SAMPLE]
            self.start_sample += samples

    def frame_at(self, sample: int) -> bytes:
        """Return up to 100 ms from `sample` on; empty at the end."""
        offset = (sample - self.start_sample) * BYTES_PER_SAMPLE
        return bytes(self._pcm16[offset : offset + FRAME_SAMPLES * BYTES_PER_SAMPLE])


class Line:
    """One connection of the microphone, and what the server has said on it so far."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, tell: Callable[[str], None]) -> None:
        self.is_ready = False
        self.next_sample = self.heard_sample = self.settled_sample = 0
        self.window_samples = SAMPLE_RATE_HZ
        self.is_summed_up = False
        self._socket = socket
        self._tell = tell
        self._ending: Dropped | Failure | None = None
        self._news = asyncio.Event()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._keep_alive())]

    async def hang_up(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def say(self, type_: str, **fields: object) -> None:
        await self._send(self._socket.send_str(orjson.dumps({"type": type_, **fields}).decode()))

    async def send(self, pcm16: bytes) -> None:
        await self._send(self._socket.send_bytes(pcm16))

    async def until(self, is_met: Callable[[], bool]) -> None:
        """Wait until the server has said enough. Raises what ended the connection, or `Failure` when nothing comes."""
        while not is_met():
            if self._ending is not None:
                raise self._ending
            self._news.clear()
            try:
                async with asyncio.timeout(STALL_S):
                    await self._news.wait()
            except TimeoutError as error:
                raise Failure(f"The server has said nothing for {STALL_S:.0f} s. Its log may say why.") from error

    async def _send(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except (aiohttp.ClientError, ConnectionError):
            await self.until(lambda: False)  # the reader knows why

    async def _read(self) -> None:
        reason, code, retry_after_s = "", 0, 0.0
        try:
            async for message in self._socket:
                fields = orjson.loads(message.data) if message.type is aiohttp.WSMsgType.TEXT else {}
                if fields.get("type") == "error":
                    reason, retry_after_s = fields["message"], fields["retry_after_s"]
                elif fields.get("type") == "bye":
                    code, reason = fields["code"], reason or fields["reason"]
                self._take(fields)
        finally:
            code = code or self._socket.close_code or ABNORMAL_CLOSE
            retried = code in RETRIED_CODES
            lost = reason or f"The server closed the connection ({code})."
            self._ending = Dropped(code, reason, retry_after_s) if retried else Failure(lost)
            self._news.set()

    def _take(self, fields: dict[str, object]) -> None:
        match fields:
            case {"type": "ready", "next_sample": int(next_sample), "window_ms": int(window_ms)}:
                self.next_sample = self.heard_sample = self.settled_sample = next_sample
                self.window_samples = samples_from_ms(window_ms)
                self.is_ready = True
            case {"type": "ack", "heard_sample": int(heard), "through_sample": int(settled)}:
                self.heard_sample, self.settled_sample = heard, settled
            case {"type": "summary", "reason": "closed"}:  # a server that goes away sums up as well
                self.is_summed_up = True
            case {"type": "service", "status": "degraded" | "unavailable" | "warning", "detail": str(text)} if text:
                self._tell(text)
            case {"type": "error", "message": str(text), "fatal": False}:
                self._tell(text)
        self._news.set()

    async def _keep_alive(self) -> None:
        """Say that we are there while nothing is sent: waiting for the listener may take long."""
        while True:
            await asyncio.sleep(KEEPALIVE_S)
            with suppress(aiohttp.ClientError, ConnectionError):
                await self._socket.send_str('{"type": "keepalive"}')


class Microphone:
    """Streams `frames` of s16le into a session, over as many connections as it takes; nothing is lost on the way.

    Unlike a real microphone it can wait: it never runs more than 10 s ahead of the listener.
    """

    def __init__(
        self, site: Site, session_id: str, frames: Iterator[bytes], *, is_fast: bool, tell: Callable[[str], None]
    ) -> None:
        """`tell` is called with sentences for people."""
        self.streamed_samples = 0
        self.is_stopped = False
        self._site = site
        self._session_id = session_id
        self._frames = frames
        self._is_fast = is_fast
        self._tell = tell
        self._ring: Ring | None = None
        self._position = 0  # the next sample to send, on the session's clock
        self._due_s: float | None = None

    def stop(self) -> None:
        """Take no more sound; what was sent is still heard to its end."""
        self.is_stopped = True

    async def run(self) -> None:
        """Stream everything; return once all of it is heard and stored. Raises `Failure`."""
        patience = Patience()
        while True:
            try:
                async with self._site.socket(f"ws/sessions/{self._session_id}/audio/") as socket:
                    line = Line(socket, self._tell)
                    try:
                        await self._stream(line, patience)
                        return
                    finally:
                        await line.hang_up()
            except Dropped as dropped:
                if patience.is_fresh:
                    self._tell(f"{str(dropped).rstrip('.')}; connecting again.")
                await patience.pause(dropped)

    async def _stream(self, line: Line, patience: Patience) -> None:
        await line.say("configure", take_over=self._ring is not None)  # only from ourselves
        await line.until(lambda: line.is_ready)
        patience.renew()
        await self._take_up(line)
        while frame := await self._next_frame(line):
            await line.until(lambda: self._position - line.heard_sample < LEAD_SAMPLES)
            await line.send(frame)
            self._position += samples_in(frame)
        # Whole windows are heard before the end is asked for: the server's patience for the last words is short.
        await line.until(lambda: self._position - line.heard_sample < line.window_samples)
        await line.say("close")
        await line.until(lambda: line.is_summed_up)

    async def _take_up(self, line: Line) -> None:
        """Go on where the server goes on; say which part of that the ring no longer has."""
        if self._ring is None or line.next_sample > self._ring.end_sample:
            self._ring = Ring(line.next_sample)
        missing = self._ring.start_sample - line.next_sample
        if missing > 0:
            await line.say("gap", samples=missing)
        self._position = max(line.next_sample, self._ring.start_sample)

    async def _next_frame(self, line: Line) -> bytes:
        """Return what to send next: a replay at once, new sound when its time has come; empty at the end."""
        ring = self._ring
        assert ring is not None
        ring.forget_before(min(line.settled_sample, self._position))
        if self._position == ring.end_sample and not self.is_stopped:
            frame = next(self._frames, b"")
            await self._pace(samples_in(frame))
            self.streamed_samples += samples_in(frame)
            ring.append(frame)
        return ring.frame_at(self._position)

    async def _pace(self, samples: int) -> None:
        if self._is_fast:
            return
        now_s = asyncio.get_running_loop().time()
        due_s = now_s if self._due_s is None else max(self._due_s, now_s - LATE_S)
        await asyncio.sleep(max(0.0, due_s - now_s))
        self._due_s = due_s + samples / SAMPLE_RATE_HZ
