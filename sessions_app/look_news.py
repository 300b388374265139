"""Each process's one ear for changes of looks: passes them on to the views of the account that changed its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from django.db import DatabaseError

from sessions_app import broadcast, conf, database_threads, look
from sessions_app.models import Profile

if TYPE_CHECKING:
    from collections.abc import Collection

    from sessions_app.broadcast import LookChanged


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
        self._tasks: list[asyncio.Task[None]] = []

    def enter(self, view: View) -> None:
        self._told_ms[view] = 0
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(broadcast.hear(broadcast.LOOKS_GROUP, self._take), name="linnet-looks"),
                asyncio.create_task(self._beat(), name="linnet-looks-heartbeat"),
            ]

    def leave(self, view: View) -> None:
        self._told_ms.pop(view, None)
        if not self._told_ms:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

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

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(conf.HEARTBEAT_S)
            try:
                await self.heal()
            except (DatabaseError, TimeoutError) as error:
                broadcast.layer_failures.note(error)


def _chosen(user_ids: Collection[int]) -> dict[int, look.Look]:
    """Return the looks of those who ever chose one."""
    profiles = Profile.objects.filter(user_id__in=user_ids, look_changed_at__isnull=False)
    return {profile.user_id: look.of_profile(profile) for profile in profiles}


_news: WeakKeyDictionary[asyncio.AbstractEventLoop, LookNews] = WeakKeyDictionary()


def current() -> LookNews:
    """Return the look news of the running event loop."""
    return _news.setdefault(asyncio.get_running_loop(), LookNews())
