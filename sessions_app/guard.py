"""Ends what is open when the permission behind it goes: asked every 15 s, and at once when a change is told."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import DatabaseError
from django.utils import timezone

from sessions_app import broadcast, database_threads, hearing, permission

if TYPE_CHECKING:
    from sessions_app.broadcast import PermissionChanged
    from sessions_app.live.messages import Refusal
    from sessions_app.permission import Pass


CHECK_S = 15.0  # a change that nobody told of closes within this time
SOONEST_CHECK_S = 0.5  # a link that ended by our clock may go on for a moment by the database's


class Watch:
    """Something open, the pass it was let in by, and whether that is in doubt."""

    def __init__(self, held: Pass) -> None:
        self.held = held
        self.is_doubted = asyncio.Event()
        self._login = permission.mark_of(held.login_key) if held.login_key else None

    def take(self, changed: PermissionChanged) -> None:
        if self._is_concerned(changed):
            self.is_doubted.set()

    def _is_concerned(self, changed: PermissionChanged) -> bool:
        held = self.held
        return (
            ("user_id" in changed and changed["user_id"] in {held.user_id, held.owner_id})
            or ("share_id" in changed and changed["share_id"] == held.share_id)
            or ("session_id" in changed and changed["session_id"] == str(held.session_id))
            or ("login" in changed and changed["login"] == self._login)
        )

    @property
    def patience_s(self) -> float:
        """How long nothing need be asked, unless told: until the next look, or until the link ends."""
        if self.held.expires_at is None:
            return CHECK_S
        left_s = (self.held.expires_at - timezone.now()).total_seconds()
        return min(CHECK_S, max(left_s, SOONEST_CHECK_S))


async def watch_over(held: Pass) -> Refusal:
    """Return why what was let in by `held` must close, once that is so. A database that is away is asked again."""
    watch = Watch(held)
    patience_s = random.uniform(0, watch.patience_s)  # or all that came after a restart ask at once
    async with hearing.Hearing(broadcast.PERMISSION_GROUP, watch.take):
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await watch.is_doubted.wait()
            patience_s = watch.patience_s
            watch.is_doubted.clear()
            with suppress(DatabaseError, TimeoutError):
                refusal = await database_threads.read(permission.objection, held)
                if refusal is not None:
                    return refusal
