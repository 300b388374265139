"""Hearing the groups of the channel layer: one ear for each group that anybody of an event loop wants to hear."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from channels.layers import get_channel_layer

from sessions_app import broadcast
from sessions_app.per_loop import PerLoop

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

REJOIN_S = 60.0
RETRY_FIRST_S, RETRY_MAX_S = 1.0, 15.0  # a layer that is away keeps what it was asked for: not too often


class Ear:
    """Hands the messages of one group to each of `takers`, until cancelled. A layer that is away is asked again."""

    def __init__(self, group: str) -> None:
        self.takers: set[Callable[[Any], None]] = set()
        self.has_tried = asyncio.Event()  # it is a member, or the layer is away
        self._group = group
        self._retry_s = RETRY_FIRST_S
        self.task = asyncio.create_task(self._listen(), name=f"linnet-ear-{group}")

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear(get_channel_layer())
            except Exception as error:  # every layer has its own
                broadcast.layer_failures.note(error)
            self.has_tried.set()
            await asyncio.sleep(self._retry_s)
            self._retry_s = min(self._retry_s * 2, RETRY_MAX_S)

    async def _hear(self, layer: Any) -> None:
        async with asyncio.timeout(broadcast.LAYER_TIMEOUT_S):
            channel = await layer.new_channel()
        membership = asyncio.create_task(self._stay(layer, channel), name=f"linnet-member-of-{self._group}")
        try:
            while True:
                message = await layer.receive(channel)
                self._retry_s = RETRY_FIRST_S
                self._hand_out(message)
        finally:
            membership.cancel()
            await broadcast.tolerate(layer.group_discard(self._group, channel))

    def _hand_out(self, message: Any) -> None:
        for take in self.takers:
            try:
                take(message)
            except Exception:  # of one of them, who does without
                logger.exception("message of the channel layer was not taken")

    async def _stay(self, layer: Any, channel: str) -> None:
        """Join again and again: a layer forgets members for its own reasons (a clock step, a restart, a day)."""
        while True:
            failure = await broadcast.tolerate(layer.group_add(self._group, channel))
            self.has_tried.set()
            await asyncio.sleep(RETRY_FIRST_S if failure else REJOIN_S)


class Hearing:
    """As long as the block runs, every message of `group` is given to `take`, which may only note it down.

    The block begins when the group is joined, or when the layer did not answer in time: it is asked on.
    """

    def __init__(self, group: str, take: Callable[[Any], None]) -> None:
        self._group = group
        self._take = take

    async def __aenter__(self) -> None:
        self._ears = _ears()
        self._ear = self._ears[self._group] = self._ears.get(self._group) or Ear(self._group)
        self._ear.takers.add(self._take)
        try:
            await self._ear.has_tried.wait()
        except BaseException:  # cancelled: `__aexit__` is not called for a block that never began
            self._leave()
            raise

    async def __aexit__(self, *error: object) -> None:
        self._leave()

    def _leave(self) -> None:
        self._ear.takers.remove(self._take)
        if not self._ear.takers:
            self._ear.task.cancel()
            del self._ears[self._group]


def _no_ears() -> dict[str, Ear]:
    return {}


_ears = PerLoop(_no_ears)
