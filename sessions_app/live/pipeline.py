"""From bytes to stored events, for one microphone: window, classify, annotate, commit; bounded, in order."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from sessions_app.annotation.events import GapCause, Kind, gap
from sessions_app.audio.pcm import SAMPLE_RATE_HZ, ms_from_samples
from sessions_app.audio.window import PcmWindow, Windower
from sessions_app.live.backlog import Backlog, Flush, Hole, Item
from sessions_app.voice.errors import BackendRefused, BackendUnavailable, BadReply, VoiceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sessions_app.annotation.annotator import Annotator
    from sessions_app.annotation.events import SessionEvent
    from sessions_app.voice.contract import Hearing, Observation, VoiceStream

logger = logging.getLogger(__name__)

RETRY_FIRST_S, RETRY_MAX_S = 0.25, 2.0
# One window that is answered nonsense three times is given up; a second one means that the service is ill.
BAD_REPLY_TRIES = 3
SLOW_ANSWER_S = 4.0  # people are told before the request itself is given up (5 s)
MAX_GAP_SAMPLES = 10 * SAMPLE_RATE_HZ  # a gap that still grows is told in pieces of this length


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a microphone's sound has come. Samples of the session's clock; times in ms."""

    heard_sample: int
    settled_sample: int
    lag_ms: int
    dropped_ms: int


class Sink(Protocol):
    """Where a pipeline's results go."""

    async def commit(self, events: Sequence[SessionEvent], progress: Progress) -> None:
        """Store `events` and the marks together, then tell viewers and microphone. Raises to stop the pipeline."""
        ...

    async def show_partials(self, partials: Sequence[Observation]) -> None: ...

    async def report_service(self, status: str, detail: str) -> None: ...


@dataclass(slots=True)
class Totals:
    """What the `summary` message adds up."""

    windows: int = 0  # that were heard
    audio_samples: int = 0
    classified_samples: int = 0
    gap_samples: int = 0
    events: int = 0


@dataclass(slots=True)
class _Marks:
    """Where the session stands. Sound before `already_heard` was classified by an earlier worker."""

    heard: int
    settled: int
    already_heard: int = field(default=0)


class Pipeline:
    """Feeds one microphone to one voice stream. `push` and its sisters only enqueue; `run` does the work."""

    def __init__(
        self,
        *,
        stream: VoiceStream,
        annotator: Annotator,
        sink: Sink,
        window_ms: int,
        settled_sample: int = 0,
        already_heard_sample: int = 0,
    ) -> None:
        self._stream = stream
        self._annotator = annotator
        self._sink = sink
        self._windower = Windower(window_ms=window_ms, start_sample=settled_sample)
        self._backlog = Backlog()
        self._marks = _Marks(
            heard=max(settled_sample, already_heard_sample),
            settled=settled_sample,
            already_heard=already_heard_sample,
        )
        self._is_degraded = False
        self._warning: asyncio.Task[None] | None = None
        self._has_given_up = False  # a window, since the last one that was heard
        self.totals = Totals()

    @property
    def next_sample(self) -> int:
        return self._windower.next_sample

    @property
    def progress(self) -> Progress:
        return Progress(
            heard_sample=self._marks.heard,
            settled_sample=self._marks.settled,
            lag_ms=ms_from_samples(self._backlog.samples),
            dropped_ms=ms_from_samples(self._backlog.shed_samples),
        )

    @property
    def shed_samples(self) -> int:
        return self._backlog.shed_samples

    def push(self, pcm16: bytes) -> None:
        """Take sound. What does not fit into 15 s of backlog becomes a gap, oldest first."""
        for window in self._windower.push(pcm16):
            self._enqueue(window)

    def skip(self, samples: int) -> int:
        """Move the clock over `samples` that the client could not replay; they become a gap. Return how many wait."""
        start = self.next_sample
        tail = self._windower.skip(samples)
        if tail:
            self._enqueue(tail)
        self._backlog.append(Hole(start, start + samples, GapCause.CONNECTION))
        return self._backlog.holes

    def finalize(self) -> asyncio.Future[int]:
        """Queue the flush of the partial window and the open utterance; the future gives the settled sample."""
        tail = self._windower.flush()
        if tail:
            self._enqueue(tail)
        flush = Flush(self.next_sample, asyncio.get_running_loop().create_future())
        self._backlog.append(flush)
        return flush.done

    def pause(self) -> None:
        """Finish what was said so far; nobody waits for it, and asking again changes nothing."""
        if not self._backlog.ends_with_flush:
            self.finalize()

    async def run(self) -> None:
        """Work until cancelled. Raises what the sink raises."""
        try:
            while True:
                await self._work_on(await self._backlog.first())
        finally:
            if self._warning is not None:
                self._warning.cancel()

    async def _work_on(self, item: Item) -> None:
        match item:
            case PcmWindow():
                await self._listen(item)
            case Hole():
                await self._pass_hole(item)
            case Flush():
                await self._flush(item)

    def _enqueue(self, window: PcmWindow) -> None:
        self.totals.audio_samples += window.samples
        self._backlog.append(window)
        self._backlog.shed(GapCause.SERVICE if self._is_degraded else GapCause.OVERLOAD)

    async def _listen(self, window: PcmWindow, *, behind: Hole | None = None) -> None:
        """Have `window` heard and commit what comes of it, with the hole before it if there is one."""
        hearing = await self._classify(window)
        if hearing is None:
            return
        self.totals.windows += 1
        self.totals.classified_samples += window.samples
        news = [observation for observation in hearing.observations if self._is_news(observation, window)]
        events = self._annotator.annotate(news)
        if behind is not None:
            self._backlog.remove(behind)
            events = self._with_gap(events, behind)
        self._backlog.remove(window)
        await self._commit(events, heard=window.end_sample, settled=hearing.settled_sample)
        partials = [observation for observation in news if not observation.is_final]
        if partials:
            await self._sink.show_partials(partials)

    async def _classify(self, window: PcmWindow) -> Hearing | None:
        """Return what is heard in `window`, trying again while there is room to wait; None when it was shed."""
        delay_s, bad_replies = RETRY_FIRST_S, 0
        while self._backlog.holds(window):
            try:
                with self._backlog.busy_with(window), self._warning_when_slow():
                    hearing = await self._stream.classify(window)
            except BackendUnavailable as error:
                await self._set_degraded(error)
            except (BadReply, BackendRefused) as error:
                bad_replies += 1
                await self._set_degraded(error)
                if bad_replies >= BAD_REPLY_TRIES and not self._has_given_up:
                    self._has_given_up = True
                    self._backlog.replace(window, Hole(window.start_sample, window.end_sample, GapCause.SERVICE))
                    return None
            else:
                await self._set_healthy()
                return hearing
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, RETRY_MAX_S)
        return None

    async def _pass_hole(self, hole: Hole) -> None:
        """Store a gap now; or, while the service is away and the hole may yet grow, with the window behind it."""
        window = self._backlog.window_behind(hole)
        if self._is_degraded and window is not None and hole.samples < MAX_GAP_SAMPLES:
            await self._listen(window, behind=hole)
        else:
            await self._record_hole(hole)

    def _with_gap(self, events: list[SessionEvent], hole: Hole) -> list[SessionEvent]:
        """Put the hole's gap between what ended before it and what came after.

        An utterance that was open when the service went away and did not come back is part of the gap.
        """
        start_ms = ms_from_samples(hole.start_sample)
        before = [event for event in events if event.end_ms <= start_ms]
        is_lost = self._marks.settled < hole.start_sample and not any(event.kind is Kind.TRANSCRIPT for event in before)
        lost_from = self._marks.settled if is_lost else hole.start_sample
        return [*before, self._gap(hole.cause, lost_from, hole.end_sample), *events[len(before) :]]

    async def _record_hole(self, hole: Hole) -> None:
        """Store a gap; the utterance before it is ended first, or lost with it and then part of the gap."""
        events, lost_from = await self._end_utterance(hole.start_sample)
        self._backlog.remove(hole)
        events.append(self._gap(hole.cause, lost_from, hole.end_sample))
        await self._commit(events, heard=hole.end_sample, settled=hole.end_sample)

    async def _flush(self, flush: Flush) -> None:
        events, lost_from = await self._end_utterance(flush.at_sample)
        if lost_from < flush.at_sample:
            events.append(self._gap(GapCause.SERVICE, lost_from, flush.at_sample))
        await self._commit(events, heard=flush.at_sample, settled=flush.at_sample)
        self._backlog.remove(flush)
        if not flush.done.done():
            flush.done.set_result(flush.at_sample)

    async def _end_utterance(self, at_sample: int) -> tuple[list[SessionEvent], int]:
        """Return the events of the utterance ended here, and the sample from which sound is lost if that failed."""
        try:
            hearing = await self._stream.flush()
        except VoiceError as error:
            await self._set_degraded(error)
            return [], min(self._marks.settled, at_sample)
        return self._annotator.annotate(hearing.observations), at_sample

    def _gap(self, cause: GapCause, start_sample: int, end_sample: int) -> SessionEvent:
        self.totals.gap_samples += end_sample - start_sample
        return gap(cause=cause, start_ms=ms_from_samples(start_sample), end_ms=ms_from_samples(end_sample))

    async def _commit(self, events: list[SessionEvent], *, heard: int, settled: int) -> None:
        self._marks.heard = max(self._marks.heard, heard)
        self._marks.settled = max(self._marks.settled, min(settled, self._marks.heard))
        self.totals.events += len(events)
        await self._sink.commit(events, self.progress)

    def _is_news(self, observation: Observation, window: PcmWindow) -> bool:
        """Return whether no earlier worker can have stored `observation`.

        An earlier worker stored what it heard in each window, but not the words of the utterance that was open
        when it died: those are what the replay is for.
        """
        if window.start_sample >= self._marks.already_heard or observation.kind == "transcript":
            return True
        return observation.end_ms > ms_from_samples(self._marks.already_heard)

    @contextmanager
    def _warning_when_slow(self) -> Iterator[None]:
        """Say that the service is degraded while its answer is still awaited."""
        timer = asyncio.get_running_loop().call_later(SLOW_ANSWER_S, self._warn)
        try:
            yield
        finally:
            timer.cancel()

    def _warn(self) -> None:
        self._warning = asyncio.create_task(self._set_degraded(BackendUnavailable("slow")), name="linnet-slow-voice")

    async def _set_degraded(self, error: VoiceError) -> None:
        if not self._is_degraded:
            self._is_degraded = True
            logger.warning("voice service does not answer as it should", extra={"error": type(error).__name__})
            await self._sink.report_service("degraded", "The voice service does not answer. Sound is kept for 15 s.")

    async def _set_healthy(self) -> None:
        self._has_given_up = False
        if self._is_degraded:
            self._is_degraded = False
            await self._sink.report_service("ready", "")
