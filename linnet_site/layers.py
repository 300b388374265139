"""The channel layer of an installation of one process: in memory, and no dearer the more sockets there are."""

from __future__ import annotations

import time
from asyncio import Queue, QueueFull
from contextlib import suppress
from typing import Any

from channels.layers import InMemoryChannelLayer

CLEAN_EVERY_S = 10.0


class OneProcessLayer(InMemoryChannelLayer):  # type: ignore[misc]  # channels publishes no types
    """Channels' own in-memory layer, which looks through all channels at each message and has a task for each member.

    This one looks through them every 10 s, and hands all members of a group the same message: whoever receives one
    must not change it. What waits stays bounded: `capacity` messages a channel, for `expiry` seconds.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cleaned_s = time.monotonic()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Put `message` into each member's queue; a member whose queue is full does without."""
        self.require_valid_group_name(group)
        self._clean_expired()
        expires_s = time.time() + self.expiry
        for channel in self.groups.get(group, ()):
            queue = self.channels.get(channel)
            if queue is None:
                queue = self.channels[channel] = Queue(self.get_capacity(channel))
            with suppress(QueueFull):
                queue.put_nowait((expires_s, message))

    def _clean_expired(self) -> None:
        """Forget messages that nobody took, members that took none, and groups without members."""
        now_s = time.monotonic()
        if now_s - self._cleaned_s < CLEAN_EVERY_S:
            return
        self._cleaned_s = now_s
        super()._clean_expired()
        for group in [group for group, members in self.groups.items() if not members]:
            del self.groups[group]
