"""The measured process on one core, everything that loads it on another, and what the kernel says of both."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.processes import DAPHNE, UVICORN, HttpProcess, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER_CORE = 0
LOAD_CORE = 1
CPUCLOCK_SCHED = 2  # linux/posix-timers.h; `man 3 clock_getcpuclockid` gives the number of another process's clock
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

LINNET = "linnet_site.asgi:application"
SINK = "benchmarks.load.sink:application"


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Have what is started inside run on `core`, when there is one: a child inherits it before it has threads."""
    before = os.sched_getaffinity(0)
    if core < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class PinnedProcess(HttpProcess):
    core = SERVER_CORE

    def launch(self) -> None:
        with on_core(self.core):
            super().launch()

    @property
    def cpu_s(self) -> float:
        """User and system time of all its threads so far, to the nanosecond: one session uses a few ms a second."""
        return time.clock_gettime(~self.pid << 3 | CPUCLOCK_SCHED)


class Application(PinnedProcess):
    """An ASGI application, served as `deploy/` serves Linnet."""

    def __init__(self, name: str, server: str, environment: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        address = ["--port", str(self.port), name]
        options = ["--bind", "127.0.0.1", *DAPHNE] if server == "daphne" else ["--host", "127.0.0.1", *UVICORN]
        log = folder / f"{server}-{self.port}.log"
        super().__init__([sys.executable, "-m", server, *options, *address], environment, log)


class Stub(PinnedProcess):
    """`benchmarks.load.stub` in a process of its own."""

    path = "/health"
    core = LOAD_CORE

    def __init__(self, latency_ms: float, environment: dict[str, str], folder: Path) -> None:
        self.port = free_port()
        arguments = [sys.executable, "-m", "benchmarks.load.stub", str(self.port), str(latency_ms)]
        super().__init__(arguments, environment, folder / "stub.log")


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used between two readings: seconds, and shares of the server's core (0 to 1)."""

    elapsed_s: float
    cpu_s: float
    others: float  # other processes on the server's core
    stolen: float  # by the host of this virtual machine


class Meter:
    """Reads a process's CPU time, and who else had its core, from now until `read`."""

    def __init__(self, process: PinnedProcess) -> None:
        self._process = process
        self._began_s = time.monotonic()
        self._cpu_s = process.cpu_s
        self._busy_s, self._stolen_s = _core_times_s()

    def read(self) -> Usage:
        elapsed_s = time.monotonic() - self._began_s
        cpu_s = self._process.cpu_s - self._cpu_s
        busy_s, stolen_s = (
            now - then for now, then in zip(_core_times_s(), (self._busy_s, self._stolen_s), strict=True)
        )
        others = max(busy_s - cpu_s, 0.0) / elapsed_s
        return Usage(elapsed_s=elapsed_s, cpu_s=cpu_s, others=others, stolen=stolen_s / elapsed_s)


def _core_times_s() -> tuple[float, float]:
    """Return how long the server's core has worked, and how long it was stolen, since the machine started."""
    lines = Path("/proc/stat").read_text().splitlines()
    fields = next(line for line in lines if line.startswith(f"cpu{SERVER_CORE} ")).split()[1:]
    user, nice, system, _, _, irq, softirq, stolen = (int(field) * TICK_S for field in fields[:8])
    return user + nice + system + irq + softirq, stolen
