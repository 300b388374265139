"""What else a server does, and what it costs: pages, a long session's snapshot, the reaper, starting.

`python -m benchmarks.pages`, or `make bench-pages`. docs/performance.md explains the columns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import uvloop

from benchmarks.load.processes import LINNET, LOAD_CORE, Application, on_core
from benchmarks.load.report import in_columns
from benchmarks.server import prepared
from tests.faults.people import Person
from tests.faults.processes import PostgresWorld, World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

SESSIONS_OF_ALICE, EVENTS_OF_EACH = 1_000, 100
LONG_SESSION_EVENTS = 10_000
ALL_SESSIONS, IDLE_SESSIONS = 100_000, 1_000
ROUNDS = 20
STARTS = 3

FILL = f"""
import datetime
from django.contrib.auth import get_user_model
from django.utils import timezone
from sessions_app import recording
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import VoiceSession

def words(number):
    end_ms = (number + 1) * 1000
    text = "Number %d of what was said, and the needle." % number if number % 97 == 0 else "Number %d." % number
    return SessionEvent(
        kind=Kind.TRANSCRIPT, start_ms=end_ms - 1000, end_ms=end_ms, speaker="Speaker A", text=text, engine="cf-voice",
        payload={{"utterance_id": ""}},
    )

def sessions(owner, number, **fields):
    rows = [VoiceSession(owner=owner, title="Call %d" % n, **fields) for n in range(number)]
    return VoiceSession.objects.bulk_create(rows, batch_size=500)

alice = get_user_model().objects.get(username="alice")
somebody = get_user_model().objects.create_user("somebody")
now = timezone.now()
over = dict(state="stopped", end_reason="user", started_at=now, ended_at=now)
for one in sessions(alice, {SESSIONS_OF_ALICE}, **over):
    recording.append(one.pk, [words(n) for n in range({EVENTS_OF_EACH})])
[long] = sessions(alice, 1, **over)
for first in range(0, {LONG_SESSION_EVENTS}, 1000):
    recording.append(long.pk, [words(n) for n in range(first, first + 1000)])
sessions(somebody, {ALL_SESSIONS - IDLE_SESSIONS - SESSIONS_OF_ALICE}, **over)
print("long", long.pk)
"""

LEAVE = f"""
import datetime
from django.contrib.auth import get_user_model
from django.utils import timezone
from sessions_app.models import VoiceSession
past = timezone.now() - datetime.timedelta(hours=1)
somebody = get_user_model().objects.get(username="somebody")
VoiceSession.objects.bulk_create(
    [VoiceSession(owner=somebody, state="running", started_at=past, last_seen_at=past) for _ in range({IDLE_SESSIONS})],
    batch_size=500,
)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One thing done once: milliseconds that somebody waits, and of the server's processor."""

    what: str
    database: str
    wait_ms: float
    cpu_ms: float | None  # of the server; None for what is a process of its own
    kb: float | None  # of the answer


async def pages(person: Person, linnet: Application, long_session: str, database: str) -> AsyncIterator[Cost]:
    addresses = {
        "the first page": "/",
        f"a page of {SESSIONS_OF_ALICE} sessions": "/sessions/",
        "the last page of them": "/sessions/?page=40",
        "a search": "/sessions/?q=needle",
        f"the page of a session of {LONG_SESSION_EVENTS} events": f"/sessions/{long_session}/",
        "500 events as JSON": f"/sessions/{long_session}/events/?after=5000",
        f"{LONG_SESSION_EVENTS} events as text": f"/sessions/{long_session}/export.txt",
    }
    for what, address in addresses.items():
        yield await _measured(what, database, linnet, lambda address=address: _page(person, linnet, address), ROUNDS)
    what = f"a new view of {LONG_SESSION_EVENTS} events, until the last one"
    yield await _measured(what, database, linnet, lambda: _snapshot(person, long_session), 5)


async def _page(person: Person, linnet: Application, address: str) -> int:
    async with person.http.get(linnet.url + address, headers={"Accept": "*/*"}) as answer:
        assert answer.status == 200, f"{address}: {answer.status}"
        return len(await answer.read())


async def _snapshot(person: Person, session_id: str) -> int:
    """Open a view and read until its last event; return the bytes of all its messages."""
    size = 0
    async with person.socket(session_id, "live/") as socket:
        async for packet in socket:
            size += len(packet.data)
            message = orjson.loads(packet.data)
            if message["type"] == "event" and message["event"]["seq"] == LONG_SESSION_EVENTS:
                break
    return size


async def _measured(
    what: str, database: str, linnet: Application, do: Callable[[], Awaitable[int]], rounds: int
) -> Cost:
    size, waits_ms = await do(), []  # the first time warms the caches up
    cpu_s = linnet.cpu_s
    for _ in range(rounds):
        began_s = time.perf_counter()
        await do()
        waits_ms.append((time.perf_counter() - began_s) * 1000)
    cpu_ms = (linnet.cpu_s - cpu_s) / rounds * 1000
    return Cost(what, database, round(statistics.median(waits_ms), 1), round(cpu_ms, 1), round(size / 1024, 1))


def reaping(world: World, database: str) -> list[Cost]:
    """A pass that finds nobody, and one that ends `IDLE_SESSIONS`; both in a process of their own, start included."""
    nobody = _timed(lambda: world.manage("reap_idle_sessions"))
    world.manage("shell", "--no-imports", "--command", LEAVE)
    some = _timed(lambda: world.manage("reap_idle_sessions"))
    return [
        Cost(f"the reaper among {ALL_SESSIONS} sessions, none of them idle", database, nobody, None, None),
        Cost(f"the reaper among {ALL_SESSIONS} sessions, {IDLE_SESSIONS} of them idle", database, some, None, None),
    ]


def starting(world: World, server: str, database: str) -> Cost:
    """From launching the server until it answers."""
    waits_ms = []
    for _ in range(STARTS):
        linnet = Application(LINNET, server, world.installation.environment, world.folder)
        try:
            waits_ms.append(_timed(linnet.start))
        finally:
            linnet.kill()
    return Cost(f"starting {server}", database, min(waits_ms), None, None)


def _timed(do: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    do()
    return round((time.perf_counter() - began_s) * 1000)


async def run(world: World, database: str) -> list[Cost]:
    costs = [starting(world, server, database) for server in ("uvicorn", "daphne")]
    long_session = world.manage("shell", "--no-imports", "--command", FILL).split()[-1]
    linnet = Application(LINNET, "uvicorn", world.installation.environment, world.folder)
    try:
        await linnet.astart()
        async with Person(world, linnet) as person:
            costs += [cost async for cost in pages(person, linnet, long_session, database)]
    finally:
        linnet.kill()
    return costs + reaping(world, database)


def table(costs: list[Cost]) -> str:
    lines = [("what", "database", "ms", "CPU ms", "KB")]
    for cost in costs:
        numbers = ("-" if value is None else f"{value:g}" for value in (cost.wait_ms, cost.cpu_ms, cost.kb))
        lines.append((cost.what, cost.database, *numbers))
    return in_columns(lines)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    arguments.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="append a line of JSON for each figure")
    options = arguments.parse_args()
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="linnet-bench-")))
        cleanup.enter_context(on_core(LOAD_CORE))
        template = prepared(options.database, folder / "prepared", cleanup)
        world = (World if options.database == "sqlite" else PostgresWorld)(folder / "world", template)
        cleanup.callback(world.end)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            costs = runner.run(run(world, options.database))
    print(table(costs))
    if options.json:
        with options.json.open("a") as lines:
            lines.writelines(json.dumps(asdict(cost)) + "\n" for cost in costs)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
