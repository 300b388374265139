"""A voice service with the embedded engine to fall back on, and the way back when it recovers."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sessions_app.voice.contract import BackendStatus, Hearing
from sessions_app.voice.errors import VoiceError
from sessions_app.voice.unsettled import Unsettled

if TYPE_CHECKING:
    from sessions_app.voice.contract import Backend, Observation, PcmWindow, StreamConfig, VoiceStream

PATIENCE_S = 8.0  # so long the first choice may fail before another listens; well within the 15 s of backlog
PROBE_S = 15.0  # how often the first choice is asked whether it is back


class FallbackBackend:
    """Listens with `first` while it can, else with `second`; every hearing says who heard it."""

    def __init__(self, first: Backend, second: Backend) -> None:
        self.name = first.name
        self.is_simulated = first.is_simulated
        self.first = first
        self.second = second

    async def status(self) -> BackendStatus:
        status = await self.first.status()
        if status.status != "unavailable":
            return status
        instead = await self.second.status()
        detail = f"The voice service does not answer; {self.second.name} listens instead."
        return BackendStatus(status="warning", detail=detail, models=instead.models, warnings=(detail,))

    def warnings_for(self, config: StreamConfig) -> tuple[str, ...]:
        return self.first.warnings_for(config)

    async def open(self, config: StreamConfig) -> FallbackStream:
        try:
            return FallbackStream(self, config, await self.first.open(config))
        except VoiceError:
            return FallbackStream(self, config, None)

    async def aclose(self) -> None:
        await self.first.aclose()
        await self.second.aclose()


class FallbackStream:
    """One session, at one of two back ends at a time; it changes over only between two windows."""

    def __init__(self, backend: FallbackBackend, config: StreamConfig, first: VoiceStream | None) -> None:
        self._backend = backend
        self._config = config
        self._first = first
        self._second: VoiceStream | None = None
        self._unsettled = Unsettled()
        self._untold: tuple[Observation, ...] = ()  # heard again, while the window behind it was not heard yet
        self._failing_since_s: float | None = None
        self._probed_s = time.monotonic()
        self._probe: asyncio.Task[VoiceStream | None] | None = None

    async def classify(self, window: PcmWindow) -> Hearing:
        if self._first is not None and self._second is None:
            try:
                hearing = await self._first.classify(window)
            except VoiceError:
                if not self._is_patience_over():
                    raise
            else:
                self._failing_since_s = None
                self._unsettled.heard(window, hearing.settled_sample)
                return hearing
        return await self._classify_instead(window)

    async def flush(self) -> Hearing:
        if self._second is not None:
            return self._with_untold(self._marked(await self._second.flush()))
        if self._first is None:
            return Hearing((), self._config.start_sample)
        try:
            return await self._first.flush()
        finally:
            self._unsettled.clear()  # told by now, or stored as a gap when that failed: not to be heard again

    async def aclose(self) -> None:
        if self._probe is not None:
            self._probe.cancel()  # first, for whoever waits here may give up
        for stream in (self._first, self._second):
            if stream is not None:
                await stream.aclose()
        if self._probe is not None:
            await asyncio.wait([self._probe])
            if self._take_probed() and self._first is not None:
                await self._first.aclose()

    def _is_patience_over(self) -> bool:
        now_s = time.monotonic()
        if self._failing_since_s is None:
            self._failing_since_s = now_s
        return now_s - self._failing_since_s >= PATIENCE_S

    async def _classify_instead(self, window: PcmWindow) -> Hearing:
        if self._second is None:
            await self._begin_instead(window)
        elif self._is_first_back(window):
            with suppress(VoiceError):
                return self._with_untold(await self._go_back(window))
        assert self._second is not None
        return self._with_untold(self._marked(await self._second.classify(window)))

    async def _begin_instead(self, window: PcmWindow) -> None:
        """Open the second choice, and let it hear the words that were open when the first one went away."""
        lost = self._unsettled.windows()
        start_sample = lost[0].start_sample if lost else window.start_sample
        second = await self._backend.second.open(replace(self._config, start_sample=start_sample))
        try:
            hearings = [self._marked(await second.classify(earlier)) for earlier in lost]
        except BaseException:
            await second.aclose()
            raise
        self._unsettled.clear()
        self._second, self._probed_s = second, time.monotonic()
        self._untold = tuple(said for one in hearings for said in one.observations if said.kind == "transcript")

    def _is_first_back(self, window: PcmWindow) -> bool:
        """Ask the first choice now and then, and return whether it answered: a window or more after it was asked.

        A coordinator may take a minute for its answer, and the sound that waits has 15 s: the stand-in listens on.
        """
        if self._probe is None:
            if time.monotonic() - self._probed_s >= PROBE_S:
                self._probe = asyncio.create_task(self._ask_first(window.start_sample), name="linnet-voice-probe")
            return False
        return self._probe.done() and self._take_probed()

    async def _ask_first(self, start_sample: int) -> VoiceStream | None:
        """Return a stream at the first choice, None while it cannot listen."""
        if (await self._backend.first.status()).status in {"unavailable", "loading"}:
            return None
        if self._first is not None:
            return self._first
        try:
            return await self._backend.first.open(replace(self._config, start_sample=start_sample))
        except VoiceError:
            return None

    def _take_probed(self) -> bool:
        """Take what the probe that is over brought. Return whether the first choice listens."""
        assert self._probe is not None
        probe, self._probe = self._probe, None
        self._probed_s = time.monotonic()
        stream = None if probe.cancelled() else probe.result()
        self._first = stream or self._first
        return stream is not None

    async def _go_back(self, window: PcmWindow) -> Hearing:
        """End the stand-in's utterance, and let the first choice hear this window."""
        assert self._first is not None
        assert self._second is not None
        hearing = await self._first.classify(window)
        ended = self._marked(await self._second.flush())
        await self._second.aclose()
        self._second, self._failing_since_s = None, None
        self._unsettled.heard(window, hearing.settled_sample)
        return Hearing(ended.observations + hearing.observations, hearing.settled_sample)

    def _with_untold(self, hearing: Hearing) -> Hearing:
        untold, self._untold = self._untold, ()
        return Hearing(untold + hearing.observations, hearing.settled_sample)

    def _marked(self, hearing: Hearing) -> Hearing:
        name = self._backend.second.name
        observations = tuple(replace(observation, engine=name) for observation in hearing.observations)
        return Hearing(observations, hearing.settled_sample)
