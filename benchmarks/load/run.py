"""One measurement: a server, a load on it, and the same load on the bare sink."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from benchmarks.load.clients import FRAME_S, WINDOW_FRAMES, Microphone, Viewer
from benchmarks.load.processes import LINNET, SINK, Application, Meter, Stub, Usage
from benchmarks.load.report import Measurement, quantile
from tests.faults.people import Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from benchmarks.load.report import ProgressBar
    from tests.faults.processes import World

P = TypeVar("P", Stub, Application)

WARM_UP_S = 3  # streamed and not measured: every session has its connections, its listener and its caches
FLOOR_S = 6
LEAVE_S = 20.0
SESSION_ID_OF_NOBODY = "00000000-0000-4000-8000-{:012d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`seconds` of sound are measured in each session."""

    sessions: int
    viewers: int
    seconds: int
    is_flat_out: bool

    @property
    def name(self) -> str:
        return f"{self.sessions} flat out" if self.is_flat_out else f"{self.sessions} real time"

    @property
    def frames(self) -> int:
        """Real time goes on for a second behind the measurement, so that its end does not count."""
        seconds = self.seconds if self.is_flat_out else WARM_UP_S + self.seconds + 1
        return round(seconds / FRAME_S)

    @property
    def windows(self) -> int:
        return self.frames // WINDOW_FRAMES


@dataclass(frozen=True, slots=True)
class Outcome:
    usage: Usage
    sound_h: float  # heard, stored and acknowledged while its use was measured
    rss_bytes: int  # with every session open
    viewers: Sequence[Viewer]

    @property
    def cpu_s_per_h(self) -> float:
        if not self.sound_h:
            raise RuntimeError("nothing was heard while it was measured: the machine is too busy for this load")
        return self.usage.cpu_s / self.sound_h


async def measure(world: World, server: str, load: Load, *, stub_ms: float, progress: ProgressBar) -> Measurement:
    """Return what `load` costs a `server` with Linnet in it. Its database is the world's."""
    progress.name(f"{server}, {load.name}")
    settings = world.installation.environment
    async with _running(Stub(stub_ms, settings, world.folder)) as stub:
        linnet = Application(LINNET, server, settings | {"CF_VOICE_URL": stub.url}, world.folder)
        async with _running(linnet), Person(world, linnet) as person:
            await _try_out(person, linnet)
            before_bytes = linnet.rss_bytes
            session_ids = [await person.start_session() for _ in range(load.sessions)]
            outcome = await _stream(person, linnet, session_ids, load, progress)
    progress.name(f"{server}, {load.name}, the floor")
    floor = await _floor(world, server, load, progress)
    p50_ms, p95_ms, p99_ms = _added_latencies_ms(outcome, load, stub_ms)
    return Measurement(
        server=server,
        database="postgres" if "DATABASE_URL" in settings else "sqlite",
        load=load.name,
        sessions=load.sessions,
        viewers=load.viewers,
        stub_ms=stub_ms,
        cpu_s_per_h=outcome.cpu_s_per_h,
        budget_s_per_h=budget_s_per_h(server, load),
        floor_s_per_h=floor.cpu_s_per_h,
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
        lost=sum(viewer.lost(load.windows) for viewer in outcome.viewers),
        duplicated=sum(viewer.duplicated for viewer in outcome.viewers),
        session_kb=(outcome.rss_bytes - before_bytes) / 1024 / load.sessions,
        core_used=outcome.usage.cpu_s / outcome.usage.elapsed_s,
        core_others=outcome.usage.others,
        core_stolen=outcome.usage.stolen,
    )


def _added_latencies_ms(outcome: Outcome, load: Load, stub_ms: float) -> list[float | None]:
    """Return p50, p95 and p99 of sound complete → event at the viewer; flat out, sound waits for its own kind."""
    added_ms = sorted(
        latency_s * 1000 - stub_ms
        for viewer in outcome.viewers
        for end_ms, latency_s in viewer.latencies_s
        if end_ms > WARM_UP_S * 1000 and not load.is_flat_out
    )
    return [quantile(added_ms, share) for share in (0.5, 0.95, 0.99)]


def budget_s_per_h(server: str, load: Load) -> float | None:
    """Return what this load may cost; each session is cheaper the more there are, so only like is compared."""
    if load.is_flat_out:
        return {"uvicorn": 3.0, "daphne": 5.0}[server]
    return {("uvicorn", 25): 13.0, ("uvicorn", 200): 7.5, ("daphne", 25): 20.0, ("daphne", 200): 11.0}.get(
        (server, load.sessions)
    )


@asynccontextmanager
async def _running(process: P) -> AsyncIterator[P]:
    try:
        await process.astart()
        yield process
    finally:
        process.kill()


async def _try_out(person: Person, linnet: Application) -> None:
    """Stream through one session and end it, so that what is loaded at first use does not count as a session's."""
    load = Load(sessions=1, viewers=1, seconds=3, is_flat_out=True)
    await _stream(person, linnet, [await person.start_session()], load, None)


async def _floor(world: World, server: str, load: Load, progress: ProgressBar) -> Outcome:
    """Put the microphones of `load` on the sink; in real time a few seconds tell enough."""
    bare = replace(load, viewers=0, seconds=load.seconds if load.is_flat_out else FLOOR_S)
    session_ids = [SESSION_ID_OF_NOBODY.format(number) for number in range(load.sessions)]
    sink = Application(SINK, server, world.installation.environment, world.folder)
    async with _running(sink), Person(world, sink) as person:
        return await _stream(person, sink, session_ids, bare, progress)


async def _stream(
    person: Person, process: Application, session_ids: Sequence[str], load: Load, progress: ProgressBar | None
) -> Outcome:
    """Put `load` on `process` and measure; raises what ends a microphone or a view too early."""
    microphones = [
        Microphone(person, session_id, frames=load.frames, is_flat_out=load.is_flat_out) for session_id in session_ids
    ]
    viewers = [Viewer(person, microphone) for microphone in microphones for _ in range(load.viewers)]
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(viewer.run()) for viewer in viewers]
        for viewer in viewers:
            await viewer.has_snapshot.wait()
        speaking = [group.create_task(microphone.run()) for microphone in microphones]
        for microphone in microphones:
            await microphone.is_ready.wait()
        outcome = await _meter(process, microphones, speaking, viewers, load, progress)
        await asyncio.wait(speaking)
        await _see_the_end(viewers, load)
        for task in watching:
            task.cancel()
    return outcome


async def _meter(
    process: Application,
    microphones: Sequence[Microphone],
    speaking: Sequence[asyncio.Task[None]],
    viewers: Sequence[Viewer],
    load: Load,
    progress: ProgressBar | None,
) -> Outcome:
    """Let all microphones begin, spread over a second as people are, and measure the process meanwhile."""
    begin_s = time.monotonic() + 0.1
    for index, microphone in enumerate(microphones):
        microphone.begin(begin_s + index / len(microphones))
    if not load.is_flat_out:
        await _pass_time(WARM_UP_S, progress)
    heard, meter = sum(microphone.heard for microphone in microphones), Meter(process)
    if load.is_flat_out:
        await asyncio.wait(speaking)
    else:
        await _pass_time(load.seconds, progress)
    usage = meter.read()
    sound_h = (sum(microphone.heard for microphone in microphones) - heard) * FRAME_S / 3600
    return Outcome(usage, sound_h, process.rss_bytes, viewers)


async def _pass_time(seconds: int, progress: ProgressBar | None) -> None:
    for _ in range(seconds):
        await asyncio.sleep(1)
        if progress is not None:
            progress.advance(1)


async def _see_the_end(viewers: Sequence[Viewer], load: Load) -> None:
    """Give the last events time to arrive: what is not there then is lost."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_S):
            for viewer in viewers:
                await viewer.until_seen(load.windows)
