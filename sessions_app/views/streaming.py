"""Files that are sent while they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

PIECE_BYTES = 64 * 1024


class StreamedFile(StreamingHttpResponse):
    """A download of any length in bounded memory.

    An ASGI server would have Django gather a plain iterator into one list before the first byte leaves. Here each
    piece is made on the request's own thread, when the one before it is sent.
    """

    def __init__(self, pieces: Iterable[bytes], *, name: str, content_type: str) -> None:
        self._pieces = _in_this_time_zone(_gathered(pieces))
        super().__init__(self._pieces, content_type=content_type)
        self["Content-Disposition"] = f'attachment; filename="{quote(name)}"'

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await sync_to_async(self._next_piece)():
            yield piece

    def _next_piece(self) -> bytes:
        return next(self._pieces, b"")


def _in_this_time_zone(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Have each of `pieces` made in the time zone of now, the reader's: of the request only until it is answered."""
    zone = timezone.get_current_timezone()

    def next_piece() -> bytes:
        with timezone.override(zone):
            return next(pieces, b"")

    return iter(next_piece, b"")


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join small pieces, so that a line is not a message of its own."""
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
