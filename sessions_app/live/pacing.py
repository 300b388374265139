"""When a peer sends more than anybody needs to: sound faster than speech, control messages without end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sessions_app.audio.pcm import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Callable

TOLERATED_S = 10.0
FASTER_THAN_REAL_TIME = 1.2  # clocks of sound cards differ by far less
CALM_S = 2.0  # so long without a dropped window, and the sender is forgiven


class Pacing:
    """Watches one microphone: `is_abused` once it kept the backlog overflowing for 10 s by its own haste."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._since_s: float | None = None
        self._last_shed_s = 0.0
        self._shed_samples = 0
        self._samples = 0

    def note(self, samples: int, *, shed_samples: int) -> bool:
        """Take note of `samples` received, with `shed_samples` dropped so far. Return whether it is abuse."""
        now_s = self._clock_s()
        if shed_samples > self._shed_samples:
            self._shed_samples, self._last_shed_s = shed_samples, now_s
            if self._since_s is None:
                self._since_s, self._samples = now_s, 0
        if self._since_s is None:
            return False
        if now_s - self._last_shed_s > CALM_S:
            self._since_s = None
            return False
        self._samples += samples
        elapsed_s = now_s - self._since_s
        return elapsed_s >= TOLERATED_S and self._samples > elapsed_s * SAMPLE_RATE_HZ * FASTER_THAN_REAL_TIME


CONTROLS_PER_S = 10.0
CONTROLS_AT_ONCE = 40


class Allowance:
    """How many control messages a socket may still send: 40 at once, ten more each second (a token bucket)."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._left = float(CONTROLS_AT_ONCE)
        self._filled_s = clock_s()

    def take(self) -> bool:
        """Use up one message; False when there is none left."""
        now_s = self._clock_s()
        self._left = min(CONTROLS_AT_ONCE, self._left + (now_s - self._filled_s) * CONTROLS_PER_S)
        self._filled_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
