"""What this process has done since it began: plain numbers that only grow, for `metrics` to read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sessions_app.annotation.events import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessions_app.annotation.events import SessionEvent
    from sessions_app.live.pipeline import Totals

events: Counter[str] = Counter()  # stored, by kind
gaps: Counter[str] = Counter()  # by cause
listening: Counter[str] = Counter()  # windows, and samples by what became of them, of microphones that are closed


def note_stored(stored: Iterable[SessionEvent]) -> None:
    for event in stored:
        events[event.kind] += 1
        if event.kind is Kind.GAP:
            gaps[event.label] += 1


def listened(totals: Totals) -> Counter[str]:
    return Counter(
        windows=totals.windows,
        heard_samples=totals.classified_samples,
        lost_samples=totals.gap_samples,
    )
