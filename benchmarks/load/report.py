"""What was measured, as a table for people and as JSON lines for programs; and how far along it is."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BAR_CHARS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One run. CPU times are seconds of the server's processor per hour of sound; shares are 0 to 1."""

    server: str
    database: str
    load: str
    sessions: int
    viewers: int  # of each session
    stub_ms: float
    cpu_s_per_h: float
    budget_s_per_h: float | None
    floor_s_per_h: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    lost: int
    duplicated: int
    session_kb: float
    core_used: float
    core_others: float
    core_stolen: float

    @property
    def is_within_budget(self) -> bool:
        return self.budget_s_per_h is None or self.cpu_s_per_h <= self.budget_s_per_h

    def as_json_line(self) -> str:
        return json.dumps(asdict(self) | {"floor_ratio": round(self.cpu_s_per_h / self.floor_s_per_h, 2)})


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the value that `share` of the `ordered` values do not exceed; None without values."""
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else None


COLUMNS = (
    "server", "load", "viewers", "CPU s/h", "budget", "floor", "ratio", "p50 ms", "p95 ms", "p99 ms",
    "lost", "dup.", "KB/session", "core used", "others", "stolen",
)  # fmt: skip


def row(measured: Measurement) -> list[str]:
    return [
        measured.server if measured.database == "sqlite" else f"{measured.server}, {measured.database}",
        measured.load,
        str(measured.viewers),
        f"{measured.cpu_s_per_h:.2f}" + ("" if measured.is_within_budget else " !"),
        "-" if measured.budget_s_per_h is None else f"{measured.budget_s_per_h:g}",
        f"{measured.floor_s_per_h:.2f}",
        f"{measured.cpu_s_per_h / measured.floor_s_per_h:.1f}",
        *("-" if ms is None else f"{ms:.1f}" for ms in (measured.p50_ms, measured.p95_ms, measured.p99_ms)),
        str(measured.lost),
        str(measured.duplicated),
        f"{measured.session_kb:.0f}",
        *(f"{share:.0%}" for share in (measured.core_used, measured.core_others, measured.core_stolen)),
    ]


def table(measurements: Sequence[Measurement]) -> str:
    """Return a Markdown table."""
    return in_columns([COLUMNS, *map(row, measurements)])


def in_columns(lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose head is the first line."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    texts = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    texts.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(texts)


class ProgressBar:
    """One line on a terminal; silent anywhere else."""

    def __init__(self, total_s: float) -> None:
        self._total_s = max(total_s, 1.0)
        self._done_s = 0.0
        self._name = ""

    def name(self, name: str) -> None:
        """Say what is measured now."""
        self._name = name
        self._show()

    def advance(self, seconds: float) -> None:
        self._done_s += seconds
        self._show()

    def clear(self) -> None:
        self._write("")

    def _show(self) -> None:
        share = min(self._done_s / self._total_s, 1.0)
        self._write(f"{'█' * round(share * BAR_CHARS):░<{BAR_CHARS}} {share:4.0%}  {self._name}")

    def _write(self, line: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
