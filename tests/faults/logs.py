"""What the processes of these tests write to stdout and stderr, and whether what was said is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.canary import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OVERLAP_BYTES = 200  # a sentence may be half written when somebody looks

_read_bytes: dict[Path, int] = {}  # of each log


def follow(log: Path) -> None:
    """Look into `log` from now on."""
    _read_bytes.setdefault(log, 0)


def sightings(*sentences: str) -> list[str]:
    """Return where one of `sentences`, of all that nobody may repeat, was written down since the last look."""
    watch = Watch(*sentences)
    for name, text in _unread():
        watch.look_at(name, text)
    return watch.sightings


def _unread() -> Iterator[tuple[str, str]]:
    for log, start in _read_bytes.items():
        with log.open("rb") as file:
            file.seek(max(0, start - OVERLAP_BYTES))
            text = file.read().decode(errors="replace")
            _read_bytes[log] = file.tell()
        yield log.name, text
