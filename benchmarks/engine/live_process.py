"""Three talking sessions in real time through the embedded back end, in a process of their own.

Prints JSON: how long the event loop was kept waiting at worst, and how much memory the process has.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.engine.listening import ASR_MODEL, windows, with_pauses
from benchmarks.engine.sounds import prompts
from sessions_app.audio.pcm import SAMPLE_RATE_HZ
from sessions_app.audio.window import PcmWindow
from sessions_app.engine.models import Engine
from sessions_app.voice.contract import StreamConfig
from sessions_app.voice.embedded import EmbeddedBackend

if TYPE_CHECKING:
    from collections.abc import Awaitable

SESSIONS = 3
PARTS = 3  # what our own code does comes back in each part; what others do to us mostly does not
SOUND_S = 40
SLEEP_S = 0.001
WINDOW_S = 1.0


class Sleeper:
    """Sleeps 1 ms again and again, and knows by how much it overslept at worst.

    `blocked_ms` leaves out the time in which the loop's thread could have run but other work had the cores: on a
    machine with other jobs that says nothing about this process. `late_ms` leaves nothing out.
    """

    def __init__(self) -> None:
        self.blocked_ms = self.late_ms = 0.0

    async def watch(self, work: Awaitable[object]) -> None:
        task = asyncio.create_task(self._sleep())
        await work
        task.cancel()

    async def _sleep(self) -> None:
        while True:
            began_s, waited_s = time.perf_counter(), waited_for_a_core_s()
            await asyncio.sleep(SLEEP_S)
            late_s = time.perf_counter() - began_s - SLEEP_S
            self.late_ms = max(self.late_ms, late_s * 1000)
            self.blocked_ms = max(self.blocked_ms, (late_s - waited_for_a_core_s() + waited_s) * 1000)


def waited_for_a_core_s() -> float:
    """Return how long this thread has stood in the scheduler's queue (proc(5), schedstat)."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


async def session(backend: EmbeddedBackend, number: int, sound: list[PcmWindow], seconds: int) -> None:
    """Stream `seconds` of `sound` in real time, each session from another place of it."""
    stream = await backend.open(StreamConfig(session_id=str(number)))
    rest = cycle(sound[number * 7 :] + sound[: number * 7])
    began_s = time.perf_counter()
    for second in range(seconds):
        await asyncio.sleep(max(0.0, began_s + (second + 1) * WINDOW_S - time.perf_counter()))
        await stream.classify(PcmWindow(second * SAMPLE_RATE_HZ, next(rest).pcm16))
    await stream.flush()
    await stream.aclose()


def resident_mb() -> float:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


async def measure(seconds: int) -> dict[str, float]:
    sound = list(windows(with_pauses(prompts("Allison", total_s=SOUND_S))))[:-1]  # the last one is short
    engine = Engine(ASR_MODEL)
    backend = EmbeddedBackend(engine)
    await asyncio.wrap_future(engine.start())
    began_s, blocks_ms, late_ms = time.process_time(), [], []
    for _ in range(PARTS):
        sleeper = Sleeper()
        await sleeper.watch(
            asyncio.gather(*(session(backend, number, sound, seconds // PARTS) for number in range(SESSIONS)))
        )
        blocks_ms.append(sleeper.blocked_ms)
        late_ms.append(sleeper.late_ms)
    measured = {
        "blocked_ms": min(blocks_ms),
        "blocked_at_worst_ms": max(blocks_ms),
        "late_ms": max(late_ms),
        "rss_mb": resident_mb(),
        "cpu_share": (time.process_time() - began_s) / seconds,
    }
    await backend.aclose()
    return measured


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1])))))
