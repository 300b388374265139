"""The session's clock in words."""

from __future__ import annotations


def timecode(ms: int) -> str:
    """Return "1:02:03" or "2:03"."""
    seconds = ms // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
