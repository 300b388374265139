"""A circuit breaker: when a voice service fails everybody, one window at a time asks whether it is back."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from sessions_app.voice.errors import BackendUnavailable, VoiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5  # in a row, over all sessions of the process
PAUSE_S = 1.0  # between two probes: short, because the sound that waits has 15 s


class Breaker:
    """What a process knows of one address. Its sessions share it, so that not each of them waits for a deadline.

    An answer that breaks the contract is an answer: what is wrong with it is the window's affair, not the service's.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._failures = 0
        self._is_probing = False
        self._next_probe_s = 0.0
        self._times_changed = 0
        self.is_open = False

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Ask the service something. Raises `BackendUnavailable` at once while that would be in vain."""
        is_probe = self._admit()
        begun_at = self._times_changed
        try:
            yield
        except BackendUnavailable:
            self._note_failure(begun_at, is_probe=is_probe)
            raise
        except VoiceError:
            self._note_answer(begun_at)
            raise
        else:
            self._note_answer(begun_at)
        finally:
            if is_probe:
                self._is_probing = False

    def _admit(self) -> bool:
        """Return whether this attempt is the probe."""
        if not self.is_open:
            return False
        if self._is_probing or self._clock_s() < self._next_probe_s:
            raise BackendUnavailable("it has failed everybody and is asked again in a moment")
        self._is_probing = True
        return True

    def _note_failure(self, begun_at: int, *, is_probe: bool) -> None:
        """Count a failure; one that began before the last change tells of a state that is over."""
        self._next_probe_s = self._clock_s() + PAUSE_S
        if is_probe or begun_at != self._times_changed:
            return
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._change(is_open=True)

    def _note_answer(self, begun_at: int) -> None:
        if begun_at == self._times_changed:
            self._failures = 0
            if self.is_open:
                self._change(is_open=False)

    def _change(self, *, is_open: bool) -> None:
        self.is_open = is_open
        self._failures = 0
        self._times_changed += 1
        if is_open:
            logger.warning("voice service fails everybody: one window at a time asks whether it is back")
        else:
            logger.info("voice service is back")


_breakers: WeakValueDictionary[str, Breaker] = WeakValueDictionary()


def of(address: str) -> Breaker:
    """Return the process's breaker of a service, which lives as long as somebody uses that service."""
    return _breakers.setdefault(address, Breaker())
