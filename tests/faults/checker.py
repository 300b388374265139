"""Afterwards: what was spoken is in the database or in a gap, and what is in the database every viewer got, once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.frames import FRAME_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.clients import Viewer
    from tests.faults.processes import World


@dataclass
class Account:
    """Frame numbers: `lost` are in no line and no gap, `duplicated` in two lines, `missed` in a gap."""

    lost: list[int] = field(default_factory=list)
    duplicated: list[int] = field(default_factory=list)
    missed: list[int] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not self.lost and not self.duplicated


@dataclass
class Row:
    seq: int
    kind: str
    start_ms: int
    end_ms: int
    text: str
    label: str


def stored(world: World, session_id: str) -> list[Row]:
    """Return the session's events, straight from the database."""
    rows = world.rows(
        "SELECT seq, kind, start_ms, end_ms, text, label FROM sessions_app_event WHERE session_id = %s ORDER BY seq",
        world.session_key(session_id),
    )
    return [Row(*row) for row in rows]


def account(rows: Sequence[Row], frames: int) -> Account:
    """Account for each of the first `frames` frames that were spoken."""
    heard = Counter(
        int(word) for row in rows if row.kind == "transcript" for word in row.text.split() if word.isdigit()
    )
    gaps = [(row.start_ms, row.end_ms) for row in rows if row.kind == "gap"]
    result = Account()
    for number in range(frames):
        start_ms = number * FRAME_MS
        is_in_gap = any(start <= start_ms and start_ms + FRAME_MS <= end for start, end in gaps)
        if heard[number] > 1:
            result.duplicated.append(number)
        if is_in_gap and not heard[number]:
            result.missed.append(number)
        if not is_in_gap and not heard[number]:
            result.lost.append(number)
    return result


def unseen(viewer: Viewer, rows: Sequence[Row]) -> tuple[list[int], list[int]]:
    """Return the numbers that the viewer did not get, and those it got twice or out of order."""
    numbers = [event["seq"] for event in viewer.events]
    wanted = [row.seq for row in rows]
    missing = sorted(set(wanted) - set(numbers))
    wrong = sorted(number for number, times in Counter(numbers).items() if times > 1)
    if not missing and not wrong and numbers != wanted:
        wrong = numbers
    return missing, wrong


def assert_seen_once_in_order(viewer: Viewer, rows: Sequence[Row]) -> None:
    assert unseen(viewer, rows) == ([], [])
    assert viewer.holes == 0
    assert [_words(event) for event in viewer.events] == [row.text for row in rows]


def assert_accounted_for(rows: Sequence[Row], frames: int, *, may_miss: bool = False) -> None:
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    result = account(rows, frames)
    assert result.is_clean, result
    assert may_miss or not result.missed, result


def _words(event: dict[str, Any]) -> str:
    return str(event.get("text", ""))
