"""The doorbell: group names, the messages on the channel layer, and publishing that never fails its caller."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from sessions_app import tally
from sessions_app.annotation.events import Kind, SessionEvent, to_wire
from sessions_app.live import messages

if TYPE_CHECKING:
    import uuid
    from collections.abc import Awaitable, Callable, Iterable

    from sessions_app import revisions
    from sessions_app.recording import Stored

logger = logging.getLogger(__name__)

PUBLISH_TIMEOUT_S = 2.0  # a viewer that is not told re-reads the database within a heartbeat anyway
REJOIN_S = 60.0
RETRY_S = 1.0
COMPLAIN_EVERY_S = 10.0  # a Redis that is away fails hundreds of calls a second


class LayerFailures:
    """The calls of the channel layer that failed in this process, by error; logged now and then, not each."""

    def __init__(self) -> None:
        self.by_error: Counter[str] = Counter()
        self._untold = 0
        self._complained_s = -COMPLAIN_EVERY_S

    @property
    def total(self) -> int:
        return self.by_error.total()

    def note(self, error: BaseException) -> None:
        name = type(error).__name__
        self.by_error[name] += 1
        self._untold += 1
        now_s = time.monotonic()
        if now_s - self._complained_s >= COMPLAIN_EVERY_S:
            logger.warning("channel layer does not answer", extra={"error": name, "failed_calls": self._untold})
            self._untold, self._complained_s = 0, now_s


layer_failures = LayerFailures()
LOOKS_GROUP = "looks"  # every process that has views open is in it
PERMISSION_GROUP = "permission"  # every process that has something open is in it


class EventsStored(TypedDict):
    """Events `first_seq..last_seq` are in the database; `frames` are their messages, encoded once."""

    type: Literal["events.stored"]
    first_seq: int
    last_seq: int
    frames: list[str]


class Revised(TypedDict):
    """Revisions `first..last` of the session; `private_frames` are for its owner's views."""

    type: Literal["revised"]
    first: int
    last: int
    frames: list[str]
    private_frames: list[str]


class PermissionChanged(TypedDict, total=False):
    """Who was let in by any of these is asked again; ids only. `login` is `permission.mark_of` a cookie session."""

    type: Literal["permission.changed"]
    user_id: int
    share_id: int
    session_id: str
    login: str


class LookChanged(TypedDict):
    """An account changed how captions look; `frame` is the message for its views."""

    type: Literal["look.changed"]
    user_id: int
    changed_ms: int
    frame: str


class Passing(TypedDict):
    """A message that is shown and forgotten: a partial, the state of the service, who is there."""

    type: Literal["passing"]
    frame: str


def group_of(session_id: uuid.UUID | str) -> str:
    return f"session.{session_id}"


def frames_of(event: SessionEvent, *, session_id: str, seq: int) -> list[str]:
    """Return the messages that tell viewers of a stored event; a change of state is said in its own words too."""
    frames = [messages.event(to_wire(event, session_id=session_id, seq=seq))]
    if event.kind is Kind.STATE:
        frames.append(messages.state(event.label, reason=str(event.payload.get("reason", ""))))
    return frames


async def publish(stored: Stored) -> None:
    """Ring for freshly stored events. A layer that fails is counted: viewers heal from the database."""
    session_id = str(stored.session_id)
    for event in stored.off_record:
        unnumbered = to_wire(event, session_id=session_id, seq=None) | {"off_record": True}
        await show(stored.session_id, messages.event(unnumbered))
    if not stored.events:
        return
    tally.note_stored(stored.events)
    frames = [
        frame
        for seq, event in enumerate(stored.events, stored.first_seq)
        for frame in frames_of(event, session_id=session_id, seq=seq)
    ]
    message: EventsStored = {
        "type": "events.stored",
        "first_seq": stored.first_seq,
        "last_seq": stored.last_seq,
        "frames": frames,
    }
    await _send(stored.session_id, message)


async def show(session_id: uuid.UUID, *frames: str) -> None:
    """Show passing messages to whoever watches now."""
    for frame in frames:
        await _send(session_id, {"type": "passing", "frame": frame})


async def publish_revised(revised: revisions.Revised) -> None:
    """Tell the session's views what changed; one that misses it asks the database at its next heartbeat."""
    message: Revised = {
        "type": "revised",
        "first": revised.first,
        "last": revised.last,
        "frames": list(revised.frames),
        "private_frames": list(revised.private_frames),
    }
    await _send(revised.session_id, message)


async def publish_all(batches: Iterable[Stored]) -> None:
    for stored in batches:
        await publish(stored)


def publish_sync(*batches: Stored) -> None:
    """`publish` for views, the admin and commands; call it after the commit."""
    async_to_sync(publish_all)(batches)


def publish_revised_sync(revised: revisions.Revised) -> None:
    async_to_sync(publish_revised)(revised)


async def publish_permission(changed: PermissionChanged) -> None:
    """Let every process ask again whether what it has open may stay; those that miss it ask within 15 s anyway."""
    await _tolerate(get_channel_layer().group_send(PERMISSION_GROUP, {"type": "permission.changed", **changed}))


def publish_permission_sync(changed: PermissionChanged) -> None:
    """`publish_permission` for views, signals and commands; call it after the commit."""
    async_to_sync(publish_permission)(changed)


async def publish_look(user_id: int, frame: str, changed_ms: int) -> None:
    """Tell every process that has views of this account; one that misses it asks at its next heartbeat."""
    message: LookChanged = {"type": "look.changed", "user_id": user_id, "changed_ms": changed_ms, "frame": frame}
    await _tolerate(get_channel_layer().group_send(LOOKS_GROUP, message))


async def hear(group: str, take: Callable[[Any], None]) -> None:
    """Give every message of `group` to `take`, until cancelled. A layer that is away is asked again."""
    while True:
        try:
            await _hear(get_channel_layer(), group, take)
        except Exception as error:  # every layer has its own
            layer_failures.note(error)
            await asyncio.sleep(RETRY_S)


async def join(layer: Any, session_id: uuid.UUID, channel_name: str) -> None:
    """Let `channel_name` hear the session's doorbell. A layer that is away is made good by the heartbeat."""
    await _tolerate(layer.group_add(group_of(session_id), channel_name))


async def part(layer: Any, session_id: uuid.UUID, channel_name: str) -> None:
    await _tolerate(layer.group_discard(group_of(session_id), channel_name))


async def _hear(layer: Any, group: str, take: Callable[[Any], None]) -> None:
    channel = await layer.new_channel()
    membership = asyncio.create_task(_stay(layer, group, channel), name=f"linnet-member-of-{group}")
    try:
        while True:
            take(await layer.receive(channel))
    finally:
        membership.cancel()
        await _tolerate(layer.group_discard(group, channel))


async def _stay(layer: Any, group: str, channel: str) -> None:
    """Join again and again: a layer forgets members for its own reasons (a clock step, a restart, a day)."""
    while True:
        await _tolerate(layer.group_add(group, channel))
        await asyncio.sleep(REJOIN_S)


async def _send(session_id: uuid.UUID, message: EventsStored | Revised | Passing) -> None:
    await _tolerate(get_channel_layer().group_send(group_of(session_id), message))


async def _tolerate(call: Awaitable[None]) -> None:
    """Await a call of the channel layer; its failure costs no caller its audio, for the row is already stored."""
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT_S):
            await call
    except Exception as error:  # every layer has its own
        layer_failures.note(error)
