"""The moment a person answers after ringing or hold music: the one that a caller must not miss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sessions_app.annotation.events import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessions_app.annotation.events import SessionEvent

WAITING = frozenset({"hold_music", "ringback"})
PEOPLE = frozenset({"human_single", "human_multi"})
STILL_WAITING_MS = 10_000  # between the end of the music and the first word


class PickupWatch:
    """Follows one session's line. Each wait ends in one alert at most."""

    def __init__(self) -> None:
        self._waited_until_ms: int | None = None
        self._is_waiting = False

    def see(self, events: Iterable[SessionEvent]) -> int | None:
        """Return the time in ms at which somebody picked up, if that is among `events`."""
        picked_up_ms = None
        for event in events:
            if event.kind is Kind.QUEUE:
                self._note_line(event)
            elif event.kind is Kind.SPEAKER and event.label in PEOPLE and self._was_waiting(event):
                picked_up_ms, self._waited_until_ms, self._is_waiting = event.end_ms, None, False
        return picked_up_ms

    def _note_line(self, event: SessionEvent) -> None:
        if event.label in WAITING:
            self._is_waiting, self._waited_until_ms = True, event.end_ms
        elif self._is_waiting:
            self._is_waiting, self._waited_until_ms = False, event.end_ms

    def _was_waiting(self, event: SessionEvent) -> bool:
        if self._waited_until_ms is None:
            return False
        return self._is_waiting or event.start_ms - self._waited_until_ms <= STILL_WAITING_MS
