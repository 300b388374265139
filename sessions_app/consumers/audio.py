"""The microphone's socket: sound in, acknowledgements out. It knows users, frames and close codes."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from sessions_app.live import messages
from sessions_app.live.messages import CloseCode, Configure, ErrorCode, MissingSamples, Refusal
from sessions_app.live.outbox import Outbox
from sessions_app.microphone import ENDED, TAKEN, Microphone, claim
from sessions_app.socket import SessionSocket

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sessions_app.lease import Lease
    from sessions_app.live.messages import AudioMessage

CONFIGURE_GRACE_S = 0.25  # a client that configures does so at once
TAKE_OVER_GRACE_S = 2.0  # so long may a client take to say that it takes over
MAX_EARLY = 300  # messages before the microphone is open: 30 s of usual frames
MAX_FINALIZING = 8
ACKS_WAITING = 64

LOCKED = Refusal(ErrorCode.CONFIG_LOCKED, "Sound has begun; the configuration cannot change any more.")
TOO_EARLY = Refusal(ErrorCode.RATE_LIMITED, "Too much was sent before ready.", CloseCode.TOO_MUCH, retry_after_s=5)
NOT_STORED = Refusal(
    ErrorCode.ENGINE_TIMEOUT,
    "What was said last could not be stored yet. Please connect again.",
    CloseCode.GOING_AWAY,
    retry_after_s=1,
)
TOO_OFTEN = Refusal(ErrorCode.RATE_LIMITED, "Wait for finalized before asking again.", retry_after_s=1)


class AudioConsumer(SessionSocket):
    """A microphone: binary frames in, acknowledgements out. It needs no channel layer."""

    is_microphone = True

    async def enter(self) -> None:
        self.microphone: Microphone | None = None
        self.config = Configure()
        self.configured = asyncio.Event()
        self.has_audio = False
        self.finalizing = 0
        self.early: deque[bytes | AudioMessage] = deque()
        self.outbox = Outbox(self.send_frame, limit=ACKS_WAITING)
        self.own(self.outbox.run(), name="outbox")
        self.own(self._listen(), name="microphone")

    async def receive_bytes(self, data: bytes) -> None:
        messages.check_audio_frame(data)
        self.has_audio = True
        if self.microphone is None:
            self._keep_for_later(data)
        else:
            self.microphone.push(data)

    async def receive_text(self, text: str) -> None:
        message = messages.parse_audio_message(text)
        if isinstance(message, Configure):
            if self.has_audio:
                raise LOCKED
            self.config = message
            self.configured.set()
        elif self.microphone is None:
            self._keep_for_later(message)
        else:
            self._obey(self.microphone, message)

    def _keep_for_later(self, message: bytes | AudioMessage) -> None:
        if len(self.early) >= MAX_EARLY:
            raise TOO_EARLY
        self.early.append(message)

    def _obey(self, microphone: Microphone, message: AudioMessage) -> None:
        match message:
            case MissingSamples(samples):
                microphone.skip(samples)
            case "mute":
                microphone.pause()
            case "finalize":
                if self.finalizing >= MAX_FINALIZING:
                    raise TOO_OFTEN
                self.own(self._finalize(microphone), name="finalize")
            case "close":
                self.own(self._finish(microphone), name="close")

    async def _listen(self) -> None:
        """Open the microphone as it was configured, again when it is configured anew before the first sound."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CONFIGURE_GRACE_S):
                await self.configured.wait()
        while True:
            await self._listen_as_configured()

    async def _listen_as_configured(self) -> None:
        """Listen until the microphone is configured anew. Raises the `Refusal` that ends it.

        The microphone is this task's: whatever ends the task (the peer left, the server stops) flushes it.
        """
        microphone = Microphone(self.voice_session, await self._claim(), self.config, self.outbox)
        self.configured.clear()
        try:
            await microphone.open()
            self._catch_up(microphone)
            await _first_of(self.configured.wait(), microphone.over)
            if microphone.over.done():
                await self._end(microphone, microphone.over.result())
            self.microphone = None
        finally:
            await microphone.aclose()

    async def _claim(self) -> Lease:
        """Claim the session, giving a client that must say `take_over` the time to say so."""
        deadline_s = asyncio.get_running_loop().time() + TAKE_OVER_GRACE_S
        while True:
            try:
                return await claim(self.voice_session, take_over=self.config.take_over)
            except Refusal as refusal:
                if refusal is not TAKEN or self.config.take_over or asyncio.get_running_loop().time() > deadline_s:
                    raise
            await asyncio.sleep(0.2)

    def _catch_up(self, microphone: Microphone) -> None:
        for message in self.early:
            if isinstance(message, bytes):
                microphone.push(message)
            else:
                self._obey(microphone, message)
        self.early.clear()
        self.microphone = microphone

    async def _finalize(self, microphone: Microphone) -> None:
        self.finalizing += 1
        try:
            through_sample = await microphone.finalize()
        except TimeoutError:
            message = "The voice service does not answer; what was said last is kept for a replay."
            await self.refuse(Refusal(ErrorCode.ENGINE_TIMEOUT, message))
        else:
            self.outbox.put_dropping_oldest(messages.finalized(through_sample=through_sample))
        finally:
            self.finalizing -= 1

    async def go_away(self) -> None:
        if self.microphone is not None:
            await self.microphone.finish()
            await self._sum_up(self.microphone, "going_away")
        await super().go_away()

    async def _finish(self, microphone: Microphone) -> None:
        if not await microphone.finish():
            raise NOT_STORED
        await self._sum_up(microphone, "closed")
        await self.leave(CloseCode.DONE, "Closed as you asked.")

    async def _end(self, microphone: Microphone, why: Refusal) -> NoReturn:
        if why is ENDED:
            await microphone.finish()
        await self._sum_up(microphone, why.code)
        raise why

    async def _sum_up(self, microphone: Microphone, reason: str) -> None:
        self.outbox.put_dropping_oldest(microphone.summary(reason))
        await self.outbox.drain(timeout_s=2.0)


async def _first_of(waiting: Coroutine[Any, Any, Any], future: asyncio.Future[Any]) -> None:
    """Wait for either; the coroutine does not outlive the call."""
    task = asyncio.create_task(waiting)
    either: set[asyncio.Future[Any]] = {task, future}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
