"""Each process's one ear for changes of looks: passes them on to the views of the account that changed its own."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from django.db import DatabaseError

from sessions_app import broadcast, conf, database_threads, hearing, look
from sessions_app.models import Profile
from sessions_app.per_loop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Collection

    from sessions_app.broadcast import LookChanged

logger = logging.getLogger(__name__)


class View(Protocol):
    """Something open that shows captions to a member."""

    user_id: int

    def show_look(self, frame: str) -> None: ...


class LookNews:
    """The views of one event loop. A change that nobody told of reaches them at the next heartbeat.

    A view that just opened is told at the next heartbeat too: between its page and its socket a change may have come.
    """

    def __init__(self) -> None:
        self._told_ms: dict[View, int] = {}  # the change that each view knows of; 0 is none
        self._task: asyncio.Task[None] | None = None

    def enter(self, view: View) -> None:
        self._told_ms[view] = 0
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="linnet-looks")

    def leave(self, view: View) -> None:
        self._told_ms.pop(view, None)
        if not self._told_ms and self._task is not None:
            self._task.cancel()
            self._task = None

    async def heal(self) -> None:
        """Tell every view what it missed. One query, whatever the number of views."""
        user_ids = {view.user_id for view in self._told_ms}
        for user_id, news in (await database_threads.read(_chosen, user_ids)).items():
            self._tell(user_id, news.frame(), news.changed_ms)

    def _tell(self, user_id: int, frame: str, changed_ms: int) -> None:
        for view, told_ms in self._told_ms.items():
            if view.user_id == user_id and told_ms < changed_ms:
                self._told_ms[view] = changed_ms
                view.show_look(frame)

    def _take(self, news: LookChanged) -> None:
        self._tell(news["user_id"], news["frame"], news["changed_ms"])

    async def _listen(self) -> None:
        async with hearing.Hearing(broadcast.LOOKS_GROUP, self._take):
            while True:
                await asyncio.sleep(conf.HEARTBEAT_S)
                try:
                    await self.heal()
                except (DatabaseError, TimeoutError) as error:
                    logger.warning("looks could not be read", extra={"error": type(error).__name__})
                except Exception:
                    logger.exception("looks could not be told")


def _chosen(user_ids: Collection[int]) -> dict[int, look.Look]:
    """Return the looks of those who ever chose one."""
    profiles = Profile.objects.filter(user_id__in=user_ids, look_changed_at__isnull=False)
    return {profile.user_id: look.of_profile(profile) for profile in profiles}


current = PerLoop(LookNews)
