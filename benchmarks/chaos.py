"""Break everything while people speak and watch, then count: `make chaos SEED=1 SECONDS=60`.

Two workers on a PostgreSQL and a Redis of their own, a classifier that keeps words open for three windows, microphones
that speak numbered frames. The seed decides what breaks when. Afterwards every frame must be in a line or a gap, once,
and every stored event at every viewer, once and in order; else the exit status is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults import checker
from tests.faults.cluster import PostgresCluster
from tests.faults.people import Person
from tests.faults.processes import ClassifierProcess, PostgresWorld, Prepared, Redis, Server, on_postgres
from tests.faults.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tests.faults.clients import Microphone, Viewer

WORKERS = 2
FRAMES_PER_S = 10
PAUSE_S = (1.0, 4.0)  # between two faults
AWAY_S = (0.2, 3.0)  # how long what was killed stays away
ILL_S = (1.0, 6.0)
CATCH_UP_S = 120.0
TEMPLATE = "linnet_template"


class Rig:
    """Everything that can be broken."""

    def __init__(
        self,
        world: PostgresWorld,
        cluster: PostgresCluster,
        redis: Redis,
        classifier: ClassifierProcess,
        dice: random.Random,
    ) -> None:
        self.world = world
        self.cluster = cluster
        self.redis = redis
        self.classifier = classifier
        self.dice = dice
        self.servers: list[Server] = []
        self.networks: list[Proxy] = []
        self.person: Person
        self.faults: Counter[str] = Counter()
        self.peak_rss_bytes = 0

    def all_faults(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self.kill_a_worker,
            self.deploy_a_worker,
            self.restart_redis,
            self.cut_the_database,
            self.restart_the_database,
            self.stop_the_database,
            self.upset_the_classifier,
            self.restart_the_classifier,
            self.cut_a_network,
            self.hang_a_network,
        ]

    async def kill_a_worker(self) -> None:
        server = self.dice.choice(self.servers)
        server.kill()
        await asyncio.sleep(self.dice.uniform(*AWAY_S))
        await server.astart()

    async def deploy_a_worker(self) -> None:
        server = self.dice.choice(self.servers)
        await server.stop()
        await server.astart()

    async def restart_redis(self) -> None:
        self.redis.kill()
        await asyncio.sleep(self.dice.uniform(*AWAY_S))
        await self.redis.astart()

    async def cut_the_database(self) -> None:
        await asyncio.to_thread(self.world.cut_connections)

    async def restart_the_database(self) -> None:
        await asyncio.to_thread(self.cluster.restart, self.dice.choice(["fast", "immediate"]))

    async def stop_the_database(self) -> None:
        await asyncio.to_thread(self.cluster.stop, self.dice.choice(["fast", "immediate"]))
        await asyncio.sleep(self.dice.uniform(*AWAY_S))
        await asyncio.to_thread(self.cluster.start_again)

    async def upset_the_classifier(self) -> None:
        mood = self.dice.choice(["hang", "drip", "error", "html", "big"])
        await self.person.tell(self.classifier, "*", mood)
        await asyncio.sleep(self.dice.uniform(*ILL_S))
        await self.person.tell(self.classifier, "*", "well")

    async def restart_the_classifier(self) -> None:
        self.classifier.kill()
        await asyncio.sleep(self.dice.uniform(*AWAY_S))
        await self.classifier.astart()

    async def cut_a_network(self) -> None:
        self.dice.choice(self.networks).drop()

    async def hang_a_network(self) -> None:
        network = self.dice.choice(self.networks)
        network.half_open()
        await asyncio.sleep(self.dice.uniform(*ILL_S))
        network.heal()

    async def break_things(self, seconds: float) -> None:
        """One fault after another; each is over before the next begins."""
        deadline_s = time.monotonic() + seconds
        while time.monotonic() < deadline_s:
            await asyncio.sleep(self.dice.uniform(*PAUSE_S))
            fault = self.dice.choice(self.all_faults())
            self.faults[fault.__name__] += 1
            await fault()

    async def watch_memory(self) -> None:
        while True:
            for server in self.servers:
                with suppress(OSError, StopIteration):  # it is being killed
                    self.peak_rss_bytes = max(self.peak_rss_bytes, server.rss_bytes)
            await asyncio.sleep(0.5)


async def run(rig: Rig, *, seconds: int, microphones: int, viewers: int) -> bool:
    """Return whether nothing was lost or repeated."""
    async with AsyncExitStack() as stack:
        rig.servers = [await asyncio.to_thread(rig.world.server) for _ in range(WORKERS)]
        rig.networks = [await stack.enter_async_context(Proxy(server.port)) for server in rig.servers]
        rig.person = alice = await stack.enter_async_context(Person(rig.world, *rig.networks))
        sessions = [await alice.start_session() for _ in range(microphones)]
        watching = [
            await alice.viewer(sessions[number % microphones], addresses=rig.networks[:: 1 - 2 * (number % 2)])
            for number in range(viewers)
        ]
        speaking = [
            alice.microphone(session_id, frames=seconds * FRAMES_PER_S, speed=1.0, addresses=rig.networks)
            for session_id in sessions
        ]
        memory = asyncio.create_task(rig.watch_memory())
        await rig.break_things(seconds)
        await asyncio.gather(*map(finished, speaking))
        memory.cancel()
        return await report(rig, speaking, watching)


async def finished(microphone: Microphone) -> None:
    """Wait until all is spoken; one that cannot is seen in the report."""
    with suppress(TimeoutError, AssertionError):
        await microphone.until(lambda: microphone.is_done, CATCH_UP_S)


async def caught_up(viewer: Viewer, rows: Sequence[checker.Row]) -> None:
    with suppress(TimeoutError, AssertionError):
        await viewer.until(lambda: viewer.cursor >= rows[-1].seq, CATCH_UP_S)


async def report(rig: Rig, speaking: list[Microphone], watching: list[Viewer]) -> bool:
    lines = {one.session_id: checker.stored(rig.world, one.session_id) for one in speaking}
    await asyncio.gather(*(caught_up(viewer, lines[viewer.session_id]) for viewer in watching))
    accounts = [checker.account(lines[one.session_id], one.frames) for one in speaking]
    unseen = [checker.unseen(viewer, lines[viewer.session_id]) for viewer in watching]
    causes = Counter(row.label for rows in lines.values() for row in rows if row.kind == "gap")
    lost = sum(len(account.lost) for account in accounts) + sum(len(missing) for missing, _ in unseen)
    duplicated = sum(len(account.duplicated) for account in accounts) + sum(len(wrong) for _, wrong in unseen)
    print(f"events stored      {sum(map(len, lines.values()))}")
    print(f"events delivered   {sum(len(viewer.events) for viewer in watching)}")
    print(f"faults             {dict(rig.faults)}")
    print(f"lost               {lost}")
    print(f"duplicated         {duplicated}")
    print(f"in gaps            {sum(len(account.missed) for account in accounts) / FRAMES_PER_S:.1f} s of sound")
    print(f"gaps by cause      {dict(causes)}")
    print(f"longest stall      {max(viewer.longest_stall_s for viewer in watching):.1f} s")
    print(f"peak RSS           {rig.peak_rss_bytes / 1e6:.0f} MB a worker")
    for one, account in zip(speaking, accounts, strict=True):
        if not account.is_clean or not one.is_done:
            print(f"microphone {one.session_id}: closes {one.closes}, lost {account.lost}, twice {account.duplicated}")
    for viewer, (missing, wrong) in zip(watching, unseen, strict=True):
        if missing or wrong:
            print(f"viewer of {viewer.session_id}: closes {viewer.closes}, missing {missing}, wrong {wrong}")
    return not lost and not duplicated and all(one.is_done for one in speaking)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--microphones", type=int, default=10)
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--keep", type=Path, help="keep logs in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linnet-chaos-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        cluster, redis = PostgresCluster(), Redis(folder)
        classifier = ClassifierProcess(folder, utterance_windows=3)
        world = None
        try:
            cluster.start()
            on_postgres(f"CREATE DATABASE {TEMPLATE}", cluster=cluster.url)
            redis.start()
            classifier.start()
            prepared = Prepared(folder / "prepared", f"{cluster.url}/{TEMPLATE}")
            world = PostgresWorld(folder / "world", prepared, CF_VOICE_URL=classifier.url, REDIS_URL=redis.url)
            rig = Rig(world, cluster, redis, classifier, random.Random(options.seed))
            work = run(rig, seconds=options.seconds, microphones=options.microphones, viewers=options.viewers)
            return 0 if asyncio.run(work) else 1
        finally:
            if world is not None:
                world.end()
            classifier.kill()
            redis.kill()
            cluster.end()


if __name__ == "__main__":
    sys.exit(main())
