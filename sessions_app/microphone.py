"""One microphone in a session: its lease, its pipeline, and what is told to it and to the viewers."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from sessions_app import (
    allocations,
    audience,
    backends,
    broadcast,
    bulletin,
    calibration,
    conf,
    database_threads,
    journal,
    lease,
    presence,
    tally,
)
from sessions_app.annotation.annotator import Annotator
from sessions_app.annotation.pickup import PickupWatch
from sessions_app.audio.pcm import samples_in
from sessions_app.live import messages
from sessions_app.live.pacing import Pacing
from sessions_app.live.pipeline import Pipeline, Progress
from sessions_app.live.refusals import (
    BROKEN,
    DELETED,
    SUPERSEDED,
    TOO_FAST,
    TOO_MANY,
    TOO_MANY_GAPS,
    CloseCode,
    ErrorCode,
    Refusal,
)
from sessions_app.live.refusals import ENDED as ENDED
from sessions_app.live.refusals import TAKEN as TAKEN
from sessions_app.models import State
from sessions_app.recording import Batch, Superseded
from sessions_app.voice.contract import StreamConfig
from sessions_app.voice.errors import VoiceError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Awaitable, Sequence

    from sessions_app.annotation.events import SessionEvent
    from sessions_app.lease import Lease
    from sessions_app.live.messages import Configure
    from sessions_app.live.outbox import Outbox
    from sessions_app.models import VoiceSession
    from sessions_app.presence import Facts
    from sessions_app.voice.contract import Backend, Observation, VoiceStream

logger = logging.getLogger(__name__)

FLUSH_TIMEOUT_S = 8.0  # Daphne ends an application 10 s after its peer has left
CLOSE_TIMEOUT_S = 3.0  # for a voice service or a coordinator that is told that it is over
MAX_WAITING_HOLES = 100  # a connection that is lost again and again makes a few


async def hand_over(session_id: uuid.UUID) -> None:
    """Let a microphone of this process finish and store its words before another takes its place."""
    for watcher in presence.current().watchers_of(session_id):
        if isinstance(watcher, Microphone) and not watcher.over.done():
            await watcher.finish()
            watcher.stop(SUPERSEDED)


async def claim(voice_session: VoiceSession, *, take_over: bool) -> Lease:
    """Return the lease of the session's microphone. Raises `Refusal` when it may not be had."""
    if take_over:
        await hand_over(voice_session.pk)
    won = await database_threads.write(_claim_within_limit, voice_session, take_over=take_over)
    if won is None:
        still = await database_threads.read(lease.is_taken, voice_session.pk)
        raise TAKEN if still else ENDED
    return won


def _claim_within_limit(voice_session: VoiceSession, *, take_over: bool) -> Lease | None:
    limit = conf.current().max_microphones_per_user
    others = lease.microphones_of(voice_session.owner_id).exclude(pk=voice_session.pk)
    if limit and others.count() >= limit:
        raise TOO_MANY
    return lease.claim(voice_session.pk, take_over=take_over)


class Microphone:
    """Listens to one microphone until it closes. The socket pushes; `over` tells it to stop."""

    def __init__(self, voice_session: VoiceSession, held: Lease, config: Configure, outbox: Outbox) -> None:
        self.session_id = voice_session.pk
        self.stream_id: uuid.UUID | None = held.stream_id
        self.over: asyncio.Future[Refusal] = asyncio.get_running_loop().create_future()
        self._lease = held
        self._outbox = outbox
        self._window_ms = config.window_ms or voice_session.window_ms
        self._captions_only = voice_session.captions_only
        self._owner_id = voice_session.owner_id
        self._stream_config = StreamConfig(
            session_id=str(voice_session.pk),
            language=config.language or voice_session.language or None,
            num_speakers=config.num_speakers or voice_session.num_speakers,
            elcor=voice_session.elcor,
            start_sample=held.settled_sample,
        )
        self._pacing = Pacing()
        self._pickup = PickupWatch()
        self._commit_no = 0
        self._is_closed = False
        self._counted: Counter[str] = Counter()
        self._pipeline: Pipeline
        self._stream: VoiceStream | None = None
        self._task: asyncio.Task[None] | None = None
        self._bulletin_task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to listen, and say `ready`. Raises `Refusal` when no back end takes the session."""
        backend = backends.current()
        try:
            stream = await backend.open(self._stream_config)
        except VoiceError as error:
            message = "The voice service does not answer. Please try again in a moment."
            raise Refusal(ErrorCode.ENGINE_UNAVAILABLE, message, CloseCode.GOING_AWAY, retry_after_s=5) from error
        self._stream = stream
        await database_threads.write(
            lease.note_engine, self._lease, engine=backend.name, is_simulated=backend.is_simulated
        )
        self._pipeline = Pipeline(
            stream=stream,
            annotator=Annotator(
                engine=backend.name,
                is_simulated=backend.is_simulated,
                captions_only=self._captions_only,
                softened=await database_threads.read(calibration.softened_labels, self._owner_id),
            ),
            sink=self,
            window_ms=self._window_ms,
            settled_sample=self._lease.settled_sample,
            already_heard_sample=self._lease.heard_sample,
        )
        self._task = asyncio.create_task(self._pipeline.run(), name="linnet-pipeline")
        self._task.add_done_callback(self._pipeline_ended)
        presence.current().enter(self)
        await self._say_ready(backend)
        self._bulletin_task = asyncio.create_task(
            bulletin.keep_telling(backend, self._pipeline, self._tell_everybody), name="linnet-bulletin"
        )

    @property
    def pipeline(self) -> Pipeline:
        """What it listens with; for those who count."""
        return self._pipeline

    def push(self, pcm16: bytes) -> None:
        self._pipeline.push(pcm16)
        if self._pacing.note(samples_in(pcm16), shed_samples=self._pipeline.shed_samples):
            self.stop(TOO_FAST)

    def skip(self, samples: int) -> None:
        if self._pipeline.skip(samples) > MAX_WAITING_HOLES:
            self.stop(TOO_MANY_GAPS)

    def pause(self) -> None:
        """The speaker muted: finish the words that are open."""
        self._pipeline.pause()

    async def finalize(self) -> int:
        """Flush the partial window and the open utterance; return the sample up to which all is settled."""
        async with asyncio.timeout(FLUSH_TIMEOUT_S):
            return await self._pipeline.finalize()

    async def finish(self) -> bool:
        """Flush what is left. Return whether everything was stored; what was not stays unsettled for a replay."""
        if self._task is None or self._task.done():
            return False
        with suppress(TimeoutError):
            await self.finalize()
            return True
        return False

    def summary(self, reason: str) -> str:
        return messages.summary(self._pipeline.totals, reason=reason)

    def stop(self, why: Refusal) -> None:
        if not self.over.done():
            self.over.set_result(why)

    async def aclose(self) -> None:
        """Flush, give the lease back, and free the stream; every step has its deadline and none prevents the next."""
        if self._is_closed:
            return
        self._is_closed = True
        presence.current().leave(self)
        self._count()  # in the same step, or a scrape would miss it from here on
        if not (self.over.done() and self.over.result() is SUPERSEDED):
            await self.finish()
        for task in (self._task, self._bulletin_task):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
        self._count()
        if self._stream is not None:
            await _tried(self._stream.aclose())
        with suppress(Exception):  # a lease that cannot be given back runs out
            await database_threads.write(lease.release, self._lease)
        audience.announce(self.session_id)
        if self.over.done() and self.over.result() in {ENDED, DELETED}:
            await _tried(allocations.give_back(self.session_id))

    def _count(self) -> None:
        """Leave to the tally what was heard since this was last called."""
        if self._task is not None:
            heard = tally.listened(self._pipeline.totals)
            tally.listening.update(heard - self._counted)
            self._counted = heard

    def note(self, facts: Facts | None) -> None:
        """Take the heartbeat's facts: a muted microphone commits nothing, and learns here that it is over."""
        if facts is None:
            self.stop(DELETED)
        elif facts.state != State.RUNNING:
            self.stop(ENDED)
        elif facts.stream_id != self.stream_id:
            self.stop(SUPERSEDED)

    async def commit(self, events: Sequence[SessionEvent], progress: Progress) -> None:
        """Store a window's events with its marks, ring for them, and tell the microphone."""
        self._commit_no += 1
        batch = Batch(
            session_id=self.session_id,
            stream_id=self._lease.stream_id,
            commit_no=self._commit_no,
            events=tuple(events),
            heard_sample=progress.heard_sample,
            settled_sample=progress.settled_sample,
        )
        stored = await journal.current().append(batch)
        if isinstance(stored, Superseded):
            self.stop(SUPERSEDED)
            await asyncio.Event().wait()  # nothing more may be stored; the socket cancels this task
            return
        await broadcast.publish(stored)
        if (picked_up_ms := self._pickup.see((*stored.events, *stored.off_record))) is not None:
            await broadcast.show(self.session_id, messages.alert(at_ms=picked_up_ms))
        self._outbox.put_dropping_oldest(messages.ack(progress))
        if not stored.is_running:
            self.stop(ENDED)

    async def show_partials(self, partials: Sequence[Observation]) -> None:
        await broadcast.show(self.session_id, *(messages.partial(said) for said in partials))

    async def report_service(self, status: str, detail: str) -> None:
        await self._tell_everybody(messages.service(status, detail=detail))

    async def _say_ready(self, backend: Backend) -> None:
        status = await backend.status()
        engine: messages.Engine = {
            "name": backend.name,
            "simulated": backend.is_simulated,
            "models": status.models,
            "warnings": [*status.warnings, *backend.warnings_for(self._stream_config)],
        }
        self._outbox.put_dropping_oldest(
            messages.ready(
                stream_id=str(self._lease.stream_id),
                next_sample=self._pipeline.next_sample,
                window_ms=self._window_ms,
                engine=engine,
            )
        )
        audience.announce(self.session_id)

    async def _tell_everybody(self, frame: str) -> None:
        self._outbox.put_dropping_oldest(frame)
        await broadcast.show(self.session_id, frame)

    def _pipeline_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        logger.error("pipeline failed", exc_info=task.exception())
        self.stop(BROKEN)


async def _tried(step: Awaitable[None]) -> None:
    """Wait for a step of closing, but not for long; what fails is made good by whoever looks for what is left over."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await step
    except Exception as error:
        logger.warning("a microphone could not close in order", extra={"error": type(error).__name__})
