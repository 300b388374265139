"""One of something for each event loop: what belongs to a loop's tasks may not be shared with another's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Called, it returns the running loop's own `T`, made when it is first asked for.

    It goes with its loop, unless it holds on to a task: that holds the loop.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def __call__(self) -> T:
        loop = asyncio.get_running_loop()
        if loop not in self._by_loop:
            self._by_loop[loop] = self._make()
        return self._by_loop[loop]

    def if_made(self) -> T | None:
        """Return the running loop's own `T`; None when nobody asked for it yet."""
        return self._by_loop.get(asyncio.get_running_loop())
