"""A pass of a command in parts, of which one that fails keeps no other from its work."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def do_all(parts: Mapping[str, Callable[[], object]], *, complain: Callable[[str], object]) -> None:
    """Do every part, whatever becomes of the others. Raises the first failure when all were tried.

    The key of a part says what could not be done.
    """
    failures = []
    for complaint, part in parts.items():
        try:
            part()
        except Exception as error:
            failures.append(error)
            why = type(error).__name__  # its text may hold what was said
            complain(f"{complaint} ({why}); trying again at the next run")
    if failures:
        raise failures[0]
