"""cf-orch: a cf-voice leased for a session, renewed before the lease ends, given back when it is over."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.contract import BackendStatus, Hearing
from sessions_app.voice.coordinator import Allocation as Allocation  # noqa: TC001  # a book's implementer finds it here
from sessions_app.voice.errors import BackendUnavailable, VoiceError
from sessions_app.voice.unsettled import Unsettled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_app.voice.contract import Observation, PcmWindow, StreamConfig, VoiceStream
    from sessions_app.voice.coordinator import CfOrch

logger = logging.getLogger(__name__)

RENEW_RETRY_S = 30.0
READY_TIMEOUT_S = 30.0  # a new instance may still be starting
KNOWN_READY_TIMEOUT_S = 3.0  # one that served before is up or gone
READY_POLL_S = 1.0
DEAD_AFTER_S = 5.0  # a leased cf-voice that fails for so long is replaced, whatever is left of its time


class AllocationBook(Protocol):
    """Remembers allocations beyond this process, so that none is ever leaked. It may raise any `Exception`."""

    async def current(self, session_id: str) -> Allocation | None:
        """Return an allocation of the session that still has a good part of its time ahead."""
        ...

    async def remember(self, session_id: str, allocation: Allocation) -> None: ...

    async def forget(self, allocation_id: str) -> None: ...


@contextmanager
def _books_errors_as_ours() -> Iterator[None]:
    """Translate whatever the book raises: behind it is a database, whose errors this half does not know by name."""
    try:
        yield
    except Exception as error:
        logger.warning("the book of allocations does not answer", extra={"error": type(error).__name__})
        raise BackendUnavailable("the allocation could not be looked up or written down") from error


class CfOrchBackend:
    """Leases a cf-voice for each session."""

    name = "cf-voice"
    is_simulated = False

    def __init__(self, orch: CfOrch, book: AllocationBook, *, voice_token: str = "") -> None:
        self._orch = orch
        self._book = book
        self._voice_token = voice_token

    async def status(self) -> BackendStatus:
        return BackendStatus(status="ready")  # each session's own cf-voice is checked when it opens

    def warnings_for(self, config: StreamConfig) -> tuple[str, ...]:
        return ()  # as with any cf-voice

    async def open(self, config: StreamConfig) -> LeasedStream:
        with _books_errors_as_ours():
            known = await self._book.current(config.session_id)
        if known is not None:
            try:
                stream = await self.connect(known, config, timeout_s=KNOWN_READY_TIMEOUT_S)
                return LeasedStream(self, config, known, stream)
            except VoiceError:
                await self.give_back(known)
        allocation, stream = await self.lease(config)
        return LeasedStream(self, config, allocation, stream)

    async def lease(self, config: StreamConfig) -> tuple[Allocation, VoiceStream]:
        """Allocate, write it down, and wait until it listens. Raises `VoiceError`, leaving nothing allocated."""
        allocation = await self._orch.allocate()
        try:
            with _books_errors_as_ours():
                await self._book.remember(config.session_id, allocation)
            return allocation, await self.connect(allocation, config)
        except (VoiceError, asyncio.CancelledError):
            await asyncio.shield(self.give_back(allocation))
            raise

    async def connect(
        self, allocation: Allocation, config: StreamConfig, *, timeout_s: float | None = None
    ) -> VoiceStream:
        """Return a stream at the allocated cf-voice once its `/health` answers. Raises `BackendUnavailable`."""
        voice = CfVoiceBackend(allocation.url, token=self._voice_token)
        try:
            async with asyncio.timeout(READY_TIMEOUT_S if timeout_s is None else timeout_s):
                while (await voice.status()).status == "unavailable":  # noqa: ASYNC110  # a server tells nobody
                    await asyncio.sleep(READY_POLL_S)
            return _OwnClient(voice, await voice.open(config))
        except TimeoutError as error:
            await voice.aclose()
            raise BackendUnavailable("the leased voice service does not become ready") from error
        except BaseException:
            await voice.aclose()
            raise

    async def give_back(self, allocation: Allocation) -> None:
        """Release it. Never raises: what stays in the book is asked for again by whoever looks through it."""
        if await self._orch.release(allocation.allocation_id):
            with suppress(BackendUnavailable), _books_errors_as_ours():
                await self._book.forget(allocation.allocation_id)

    async def aclose(self) -> None:
        await self._orch.aclose()


class LeasedStream:
    """A session at a leased cf-voice; moves over to a new lease between two windows when the old one nears its end."""

    def __init__(
        self, backend: CfOrchBackend, config: StreamConfig, allocation: Allocation, stream: VoiceStream
    ) -> None:
        self._backend = backend
        self._config = config
        self._allocation = allocation
        self._stream = stream
        self._renew_at_s = time.monotonic() + allocation.renewal_in_s
        self._renewal: asyncio.Task[tuple[Allocation, VoiceStream]] | None = None
        self._failing_since_s: float | None = None
        self._unsettled = Unsettled()
        self._must_hear_again = False  # what the old lease took along, until the new one has heard all of it
        self._untold: tuple[Observation, ...] = ()  # words from a move, until they go out with a window or a flush

    async def classify(self, window: PcmWindow) -> Hearing:
        await self._move_over_if_due()
        try:
            await self._hear_again_if_due()
            hearing = await self._stream.classify(window)
        except VoiceError:
            self._note_failure()
            raise
        self._failing_since_s = None
        self._unsettled.heard(window, hearing.settled_sample)
        return self._with_untold(hearing)

    async def flush(self) -> Hearing:
        await self._hear_again_if_due()
        hearing = await self._stream.flush()
        self._unsettled.clear()
        return self._with_untold(hearing)

    async def aclose(self) -> None:
        """Close the stream; the allocation stays with the session, which may come back, until the session ends."""
        if self._renewal is not None:
            self._renewal.cancel()  # first, for whoever waits here may give up
        await self._stream.aclose()
        if self._renewal is not None:
            await asyncio.wait([self._renewal])
            with suppress(asyncio.CancelledError, VoiceError):
                allocation, stream = self._renewal.result()
                await stream.aclose()
                await self._backend.give_back(allocation)

    def _note_failure(self) -> None:
        now_s = time.monotonic()
        if self._failing_since_s is None:
            self._failing_since_s = now_s
        elif now_s - self._failing_since_s > DEAD_AFTER_S:
            self._renew_at_s = min(self._renew_at_s, now_s)

    async def _move_over_if_due(self) -> None:
        """Begin to lease anew when it is time, and move when that has come; the old lease serves meanwhile."""
        if self._renewal is None:
            if time.monotonic() >= self._renew_at_s:
                self._renewal = asyncio.create_task(self._backend.lease(self._config), name="linnet-lease-renewal")
            return
        if not self._renewal.done():
            return
        renewal, self._renewal = self._renewal, None
        try:
            allocation, stream = renewal.result()
        except VoiceError:
            self._renew_at_s = time.monotonic() + RENEW_RETRY_S
            return
        await self._move_to(allocation, stream)

    async def _move_to(self, allocation: Allocation, stream: VoiceStream) -> None:
        """Leave the old lease with its last words; when it takes them along, the new one hears them again."""
        try:
            self._untold += (await self._stream.flush()).observations
            self._unsettled.clear()
        except VoiceError:
            self._must_hear_again = True
        await self._stream.aclose()
        old, self._allocation, self._stream = self._allocation, allocation, stream
        self._renew_at_s = time.monotonic() + allocation.renewal_in_s
        self._failing_since_s = None
        await self._backend.give_back(old)

    async def _hear_again_if_due(self) -> None:
        if not self._must_hear_again:
            return
        again = [await self._stream.classify(earlier) for earlier in self._unsettled.windows()]
        self._untold += tuple(said for one in again for said in one.observations if said.kind == "transcript")
        self._must_hear_again = False

    def _with_untold(self, hearing: Hearing) -> Hearing:
        untold, self._untold = self._untold, ()
        return Hearing(untold + hearing.observations, hearing.settled_sample)


class _OwnClient:
    """A stream that closes its back end with itself: a leased cf-voice serves one session."""

    def __init__(self, voice: CfVoiceBackend, stream: VoiceStream) -> None:
        self._voice = voice
        self._stream = stream
        self.classify = stream.classify
        self.flush = stream.flush

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            await self._voice.aclose()
