"""Telling a session's views who is there: once in a while, however many come and go."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.db import DatabaseError

from sessions_app import broadcast, database_threads, lease, presence
from sessions_app.live import messages

if TYPE_CHECKING:
    import uuid

ANNOUNCE_AFTER_S = 0.3  # a thousand who come at once would else cost a million messages

_due: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[uuid.UUID, asyncio.Task[None]]] = WeakKeyDictionary()


def announce(session_id: uuid.UUID) -> None:
    """Tell the session's views soon how many they are; whoever comes meanwhile is counted in."""
    due = _due.setdefault(asyncio.get_running_loop(), {})
    if session_id not in due:
        due[session_id] = asyncio.create_task(_announce(session_id, due), name="linnet-audience")


async def _announce(session_id: uuid.UUID, due: dict[uuid.UUID, asyncio.Task[None]]) -> None:
    await asyncio.sleep(ANNOUNCE_AFTER_S)
    del due[session_id]
    with suppress(DatabaseError, TimeoutError):  # passing news: the next one who comes or goes brings it again
        has_microphone = await database_threads.read(lease.is_taken, session_id)
        viewers = presence.current().viewers_of(session_id)
        await broadcast.show(session_id, messages.presence(viewers=viewers, has_microphone=has_microphone))
