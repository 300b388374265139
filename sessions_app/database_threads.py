"""The process's own database threads: one that writes the journal, four that read for sockets.

Channels runs the ORM of every socket on one shared thread, where a neighbour's slow query holds up all.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

READERS = 4
DEADLINE_S = 30.0  # longer than SQLite's and the pool's own patience, so that their clearer error comes first

_writer = ThreadPoolExecutor(1, thread_name_prefix="linnet-writer")
_readers = ThreadPoolExecutor(READERS, thread_name_prefix="linnet-reader")


async def write(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `function` returns on the writer thread; writes of this process wait for one another."""
    return await _run(_writer, function, *args, **kwargs)


async def read(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `function` returns on a reader thread; a lost connection is replaced and asked again, once."""
    try:
        return await _run(_readers, function, *args, **kwargs)
    except OperationalError:
        return await _run(_readers, function, *args, **kwargs)


async def _run(executor: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` there. A connection that is lost is an `OperationalError`, wherever it was noticed.

    Django's word for what the driver notices is `InterfaceError`, which is no `DatabaseError`: callers would need to
    know two families.
    """

    def call() -> T:
        try:
            return function(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            connections.close_all()  # whatever broke it, the next call begins with a new connection
            if isinstance(error, InterfaceError):
                raise OperationalError(*error.args) from error
            raise

    async with asyncio.timeout(DEADLINE_S):
        return await asyncio.get_running_loop().run_in_executor(executor, call)


def close_connections() -> None:
    """Close every connection of these threads (tests drop their database, workers end)."""
    close_connections_of(_writer, threads=1)
    close_connections_of(_readers, threads=READERS)


def close_connections_of(executor: ThreadPoolExecutor, *, threads: int) -> None:
    """Close the connections of all `threads` of an executor: each waits for the others, so none is asked twice."""
    all_here = Barrier(threads)

    def close() -> None:
        all_here.wait(DEADLINE_S)
        connections.close_all()

    for closing in [executor.submit(close) for _ in range(threads)]:
        closing.result(DEADLINE_S)
