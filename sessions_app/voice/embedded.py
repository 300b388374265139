"""The back end inside the process: our own engine, in its own threads."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessions_app.engine.asr import WHISPER_LANGUAGES
from sessions_app.voice.contract import BackendStatus, Hearing
from sessions_app.voice.errors import BackendUnavailable

if TYPE_CHECKING:
    from concurrent.futures import Future

    from sessions_app.engine.listener import Listener
    from sessions_app.engine.models import Engine
    from sessions_app.voice.contract import Observation, PcmWindow, StreamConfig

NAME = "embedded"
LOADING = "The speech model is loading."


class EmbeddedBackend:
    """Listens with `engine`. It belongs to no event loop; closed, it opens again with the next window."""

    name = NAME
    is_simulated = False

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def waiting(self) -> int:
        """How many windows, of all sessions, no thread has begun yet."""
        return self.engine.workers.waiting

    def start(self) -> None:
        """Begin to load the models in the background, unless that has begun."""
        self.engine.start()

    async def status(self) -> BackendStatus:
        self.start()
        return BackendStatus(
            status=self._state(),
            detail=" ".join(self.engine.warnings) if self.engine.is_loaded else LOADING,
            models=self.engine.models,
            warnings=self.engine.warnings,
        )

    def warnings_for(self, config: StreamConfig) -> tuple[str, ...]:
        """Say that a language is unknown to every model; that this one knows English only is in its `status`."""
        if config.language is None or config.language in WHISPER_LANGUAGES:
            return ()
        return (f"No speech model knows the language “{config.language}”. It is ignored.",)

    async def open(self, config: StreamConfig) -> EmbeddedStream:
        """Return a stream at once; its first window waits for the models."""
        self.start()
        return EmbeddedStream(self.engine, config)

    async def aclose(self) -> None:
        """Drop the windows that wait and let the threads go; the models stay."""
        await asyncio.to_thread(self.engine.close)

    def _state(self) -> str:
        if not self.engine.is_loaded:
            return "loading"
        return "ready" if self.engine.has_captions else "warning"


@dataclass(frozen=True, slots=True)
class _Call:
    window: PcmWindow | None  # None = flush
    future: Future[Hearing]


class EmbeddedStream:
    """One session's listener. `busy_s` and `windows` say what it has cost so far."""

    def __init__(self, engine: Engine, config: StreamConfig) -> None:
        self.busy_s = 0.0
        self.windows = 0
        self._engine = engine
        self._config = config
        self._listener: Listener | None = None
        self._unfinished: _Call | None = None
        self._undelivered: tuple[Observation, ...] = ()

    async def classify(self, window: PcmWindow) -> Hearing:
        return await self._ask(window)

    async def flush(self) -> Hearing:
        return await self._ask(None)

    async def aclose(self) -> None:
        self._listener = None
        self._unfinished = None

    async def _ask(self, window: PcmWindow | None) -> Hearing:
        """Return what the listener makes of `window`, and of a window whose caller gave up on it.

        A thread cannot be interrupted: what a cancelled caller asked for is still heard, and its answer comes
        when the same window is asked for again, or with that of the next.
        """
        call = self._unfinished
        if call is not None and call.window != window:
            self._undelivered += (await self._answer(call)).observations
            call = None
        hearing = await self._answer(call or self._begin(window))
        earlier, self._undelivered = self._undelivered, ()
        return Hearing(earlier + hearing.observations, hearing.settled_sample)

    def _begin(self, window: PcmWindow | None) -> _Call:
        self._unfinished = _Call(window, self._engine.workers.submit(self._listen, window))
        return self._unfinished

    async def _answer(self, call: _Call) -> Hearing:
        done = asyncio.wrap_future(call.future)
        await asyncio.wait([done])  # unlike `await done`, a cancelled caller leaves the call alone
        self._unfinished = None
        if done.cancelled():
            raise BackendUnavailable("the engine was closed")
        if error := done.exception():
            raise BackendUnavailable("the engine failed on this window") from error
        return done.result()

    def _listen(self, window: PcmWindow | None) -> Hearing:
        began_s = time.perf_counter()
        try:
            listener = self._opened()
            return listener.flush() if window is None else listener.hear(window)
        finally:
            self.windows += window is not None
            self.busy_s += time.perf_counter() - began_s

    def _opened(self) -> Listener:
        self._engine.load()
        if self._listener is None:
            self._listener = self._engine.listener(
                language=self._config.language,
                num_speakers=self._config.num_speakers,
                start_sample=self._config.start_sample,
            )
        return self._listener
