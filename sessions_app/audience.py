"""Telling a session's views who is there: once in a while, however many come and go, in whatever process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import DatabaseError

from sessions_app import broadcast, database_threads, draining, lease, presence
from sessions_app.live import messages
from sessions_app.per_loop import PerLoop

if TYPE_CHECKING:
    import uuid

ANNOUNCE_AFTER_S = 0.3  # a thousand who come at once would else cost a million messages


class Audience:
    """What one event loop has to tell of who is there."""

    is_microphone = False  # leaves with the viewers, after the microphones

    def __init__(self) -> None:
        self._changed: set[uuid.UUID] = set()
        self._task: asyncio.Task[None] | None = None
        self._has_left = False

    def announce(self, session_id: uuid.UUID) -> None:
        if self._has_left:
            return
        self._changed.add(session_id)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell(), name="linnet-audience")

    async def go_away(self) -> None:
        """Serve nobody any more, and tell the other processes."""
        self._has_left = True
        if self._task is not None:
            self._task.cancel()  # it would say again that this process is there
        left = self._changed | set(presence.current().views())
        with suppress(DatabaseError, TimeoutError):
            await presence.current().leave_all()
            await self._show(left)
        await broadcast.all_told()

    async def _tell(self) -> None:
        while self._changed:
            await asyncio.sleep(ANNOUNCE_AFTER_S)
            changed, self._changed = self._changed, set()
            with suppress(DatabaseError, TimeoutError):  # passing news: the next one who comes or goes brings it again
                await self._show(changed | await presence.current().compare())

    async def _show(self, session_ids: set[uuid.UUID]) -> None:
        taken = await database_threads.read(lease.taken_among, session_ids)
        for session_id in session_ids:
            viewers = presence.current().viewers_of(session_id)
            await broadcast.show(session_id, messages.presence(viewers=viewers, has_microphone=session_id in taken))


def announce(session_id: uuid.UUID) -> None:
    """Tell the session's views soon how many they are; whoever comes meanwhile is counted in."""
    _current().announce(session_id)


def _make() -> Audience:
    audience = Audience()
    draining.current().enter(audience)
    return audience


_current = PerLoop(_make)
