"""Windows that were heard while the words in them are still open: whoever takes over hears them again."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessions_app.voice.contract import PcmWindow

MAX_WINDOWS = 40  # an utterance is cut after 18 s; windows last half a second at least


class Unsettled:
    """The newest windows back to the start of the open utterance."""

    def __init__(self) -> None:
        self._windows: deque[PcmWindow] = deque(maxlen=MAX_WINDOWS)

    def heard(self, window: PcmWindow, settled_sample: int) -> None:
        """Keep `window`, and forget what is final by now."""
        self._windows.append(window)
        while self._windows and self._windows[0].end_sample <= settled_sample:
            self._windows.popleft()

    def windows(self) -> tuple[PcmWindow, ...]:
        """Return the windows to hear again, oldest first; they stay until `clear`, for hearing again may fail."""
        return tuple(self._windows)

    def clear(self) -> None:
        self._windows.clear()
