"""What a session costs the server: `python -m benchmarks.server`, or `make bench`. docs/performance.md explains it."""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from benchmarks.load.processes import LOAD_CORE, on_core
from benchmarks.load.report import Measurement, ProgressBar, table
from benchmarks.load.run import FLOOR_S, WARM_UP_S, Load, measure
from tests.faults.processes import POSTGRES, PostgresWorld, Prepared, World, on_postgres

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVERS = ("uvicorn", "daphne")
FLAT_OUT_SESSIONS, FLAT_OUT_SECONDS = 20, 60


def parser() -> argparse.ArgumentParser:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.server", description=__doc__)
    arguments.add_argument("--server", choices=SERVERS, default="uvicorn")
    arguments.add_argument(
        "--sessions", type=int, help="at the same time; without it 25, 200 and flat out are measured"
    )
    arguments.add_argument("--viewers", type=int, default=1, help="of each session (default 1)")
    arguments.add_argument("--seconds", type=int, help="of sound that are measured (default 15; flat out 60)")
    arguments.add_argument("--flat-out", action="store_true", help="as fast as the server takes it, not in real time")
    arguments.add_argument("--stub-ms", type=float, default=0.0, help="how long the voice service thinks (default 0)")
    arguments.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    arguments.add_argument("--all", action="store_true", help="both servers")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="append a line of JSON for each run")
    return arguments


def loads(options: argparse.Namespace) -> list[Load]:
    """Return the load that was asked for, else the three that docs/performance.md has budgets for."""
    seconds = options.seconds or 15
    flat_out_seconds = options.seconds or FLAT_OUT_SECONDS
    real_time = [options.sessions] if options.sessions else [25, 200]
    flat_out = Load(
        sessions=options.sessions or FLAT_OUT_SESSIONS,
        viewers=options.viewers,
        seconds=flat_out_seconds,
        is_flat_out=True,
    )
    if options.flat_out:
        return [flat_out]
    paced = [Load(sessions=n, viewers=options.viewers, seconds=seconds, is_flat_out=False) for n in real_time]
    return paced if options.sessions else [*paced, flat_out]


def prepared(database: str, folder: Path, cleanup: ExitStack) -> Prepared:
    """Return a migrated database with a user in it."""
    folder.mkdir()
    if database == "sqlite":
        return Prepared(folder)
    name = f"linnet_bench_{uuid.uuid4().hex[:12]}"
    on_postgres(f"CREATE DATABASE {name}")
    cleanup.callback(on_postgres, f"DROP DATABASE {name} WITH (FORCE)")
    return Prepared(folder, f"{POSTGRES}/{name}")


async def run(
    runs: Sequence[tuple[str, Load]], options: argparse.Namespace, folder: Path, cleanup: ExitStack
) -> list[Measurement]:
    """Measure each load on its server, in turn; every run has a database and a server of its own."""
    template = prepared(options.database, folder / "prepared", cleanup)
    progress = ProgressBar(sum(2 * WARM_UP_S + load.seconds + FLOOR_S for _, load in runs if not load.is_flat_out))
    measurements = []
    for number, (server, load) in enumerate(runs):
        world_of = World if options.database == "sqlite" else PostgresWorld
        world = world_of(folder / str(number), template)
        try:
            measurements.append(await measure(world, server, load, stub_ms=options.stub_ms, progress=progress))
        finally:
            world.end()
        if options.json:
            with options.json.open("a") as lines:
                lines.write(measurements[-1].as_json_line() + "\n")
    progress.clear()
    return measurements


def measure_all(runs: Sequence[tuple[str, Load]], options: argparse.Namespace) -> list[Measurement]:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="linnet-bench-")))
        cleanup.enter_context(on_core(LOAD_CORE))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(run(runs, options, folder, cleanup))


def main() -> int:
    """Print the table. Return 1 when an event was lost or came twice; what a run cost fails nothing."""
    options = parser().parse_args()
    servers = SERVERS if options.all else (options.server,)
    measurements = measure_all([(server, load) for server in servers for load in loads(options)], options)
    print(table(measurements))
    return int(any(measured.lost or measured.duplicated for measured in measurements))


if __name__ == "__main__":
    raise SystemExit(main())
