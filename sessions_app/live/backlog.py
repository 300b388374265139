"""Sound that waits to be listened to: at most 15 s of it; the oldest becomes a hole when more comes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sessions_app.audio.pcm import SAMPLE_RATE_HZ
from sessions_app.audio.window import PcmWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_app.annotation.events import GapCause

MAX_BACKLOG_SAMPLES = 15 * SAMPLE_RATE_HZ


@dataclass(slots=True, eq=False)
class Hole:
    """A stretch that nobody will listen to; it becomes a gap event in its turn."""

    start_sample: int
    end_sample: int
    cause: GapCause

    @property
    def samples(self) -> int:
        return self.end_sample - self.start_sample

    def is_continued_by(self, other: Hole) -> bool:
        return self.cause is other.cause and self.end_sample == other.start_sample


@dataclass(slots=True, eq=False)
class Flush:
    """Asks that everything before `at_sample` be ended and stored; then `done` gives that sample."""

    at_sample: int
    done: asyncio.Future[int]


Item: TypeAlias = PcmWindow | Hole | Flush


class Backlog:
    """A queue in the order of the session's clock. Windows are shed oldest first, holes and flushes never."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._busy: PcmWindow | None = None
        self._arrived = asyncio.Event()
        self.samples = 0
        self.shed_samples = 0

    @property
    def ends_with_flush(self) -> bool:
        return bool(self._items) and isinstance(self._items[-1], Flush)

    @property
    def holes(self) -> int:
        """How many holes wait: they are never shed, so whoever makes them without end is to be stopped."""
        return sum(isinstance(item, Hole) for item in self._items)

    def append(self, item: Item) -> None:
        last = self._items[-1] if self._items else None
        if isinstance(item, Hole) and isinstance(last, Hole) and last.is_continued_by(item):
            last.end_sample = item.end_sample
            return
        self._items.append(item)
        if isinstance(item, PcmWindow):
            self.samples += item.samples
        self._arrived.set()

    async def first(self) -> Item:
        """Wait for the oldest item and return it; it stays until it is removed."""
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        return self._items[0]

    def holds(self, item: Item) -> bool:
        return any(waiting is item for waiting in self._items)

    def window_behind(self, hole: Hole) -> PcmWindow | None:
        """Return what follows `hole`, the oldest item, if that is a window."""
        item = self._items[1] if len(self._items) > 1 and self._items[0] is hole else None
        return item if isinstance(item, PcmWindow) else None

    def remove(self, item: Item) -> None:
        """Take `item`, which is the oldest, out."""
        if self._items and self._items[0] is item:
            self._items.popleft()
            if isinstance(item, PcmWindow):
                self.samples -= item.samples

    def replace(self, window: PcmWindow, hole: Hole) -> None:
        """Give up `window` and leave `hole` in its place."""
        for index, item in enumerate(self._items):
            if item is window:
                self._dig(index, hole)
                return

    @contextlib.contextmanager
    def busy_with(self, window: PcmWindow) -> Iterator[None]:
        """Protect `window` from being shed while it is being listened to."""
        self._busy = window
        try:
            yield
        finally:
            self._busy = None

    def shed(self, cause: GapCause) -> None:
        """Turn the oldest windows into holes until 15 s are left; neighbouring holes of one cause become one."""
        while self.samples > MAX_BACKLOG_SAMPLES:
            index = self._oldest_idle_window()
            if index is None:
                return
            window = self._items[index]
            assert isinstance(window, PcmWindow)
            self._dig(index, Hole(window.start_sample, window.end_sample, cause))

    def _oldest_idle_window(self) -> int | None:
        for index, item in enumerate(self._items):
            if isinstance(item, PcmWindow) and item is not self._busy:
                return index
        return None

    def _dig(self, index: int, hole: Hole) -> None:
        """Replace the window at `index`, or grow the hole right before it."""
        self.samples -= hole.samples
        self.shed_samples += hole.samples
        before = self._items[index - 1] if index else None
        if isinstance(before, Hole) and before.is_continued_by(hole):
            before.end_sample = hole.end_sample
            del self._items[index]
        else:
            self._items[index] = hole
