"""The doorbell: group names, the messages on the channel layer, and publishing that never fails its caller."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from sessions_app import tally
from sessions_app.annotation.events import Kind, SessionEvent, to_wire
from sessions_app.live import messages
from sessions_app.per_loop import PerLoop

if TYPE_CHECKING:
    import uuid
    from collections.abc import Awaitable

    from sessions_app import revisions
    from sessions_app.recording import Stored

logger = logging.getLogger(__name__)

LAYER_TIMEOUT_S = 2.0  # a viewer that is not told re-reads the database within a heartbeat anyway
MAX_UNSENT = 1000  # messages: what a hundred sessions have to tell in three seconds
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


class NotSent(Exception):
    """A message that nobody will be told: the layer did not take those before it in time."""


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


Message: TypeAlias = EventsStored | Revised | Passing | PermissionChanged | LookChanged


def group_of(session_id: uuid.UUID | str) -> str:
    return f"session.{session_id}"


def frames_of(event: SessionEvent, *, session_id: str, seq: int) -> list[str]:
    """Return the messages that tell viewers of a stored event; a change of state is said in its own words too."""
    frames = [messages.event(to_wire(event, session_id=session_id, seq=seq))]
    if event.kind is Kind.STATE:
        frames.append(messages.state(event.label, reason=str(event.payload.get("reason", ""))))
    return frames


class Bell:
    """Tells what one event loop has to tell, in order. Nobody's sound waits for it: not for a layer that hangs either.

    At most `MAX_UNSENT` messages wait. What is more, and all that waits when the layer lets a call time out, is
    dropped and counted.
    """

    def __init__(self) -> None:
        self._unsent: deque[tuple[str, Message]] = deque()
        self._task: asyncio.Task[None] | None = None

    def ring(self, group: str, message: Message) -> None:
        if len(self._unsent) >= MAX_UNSENT:
            layer_failures.note(NotSent())
            return
        self._unsent.append((group, message))
        if self._task is None:
            self._task = asyncio.create_task(self._tell(), name="linnet-bell")

    async def rung(self) -> None:
        """Wait until all is told, for as long as a layer that hangs may take to be given up."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=2 * LAYER_TIMEOUT_S)

    async def _tell(self) -> None:
        try:
            while self._unsent:
                group, message = self._unsent.popleft()
                failure = await tolerate(get_channel_layer().group_send(group, message))
                if isinstance(failure, TimeoutError):
                    self._drop_the_rest()
        finally:
            self._task = None  # a loop that ends is not held by it

    def _drop_the_rest(self) -> None:
        while self._unsent:
            self._unsent.popleft()
            layer_failures.note(NotSent())


_bell = PerLoop(Bell)


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
    _bell().ring(group_of(stored.session_id), message)


async def show(session_id: uuid.UUID, *frames: str) -> None:
    """Show passing messages to whoever watches now."""
    for frame in frames:
        _bell().ring(group_of(session_id), {"type": "passing", "frame": frame})


async def publish_revised(revised: revisions.Revised) -> None:
    """Tell the session's views what changed; one that misses it asks the database at its next heartbeat."""
    message: Revised = {
        "type": "revised",
        "first": revised.first,
        "last": revised.last,
        "frames": list(revised.frames),
        "private_frames": list(revised.private_frames),
    }
    _bell().ring(group_of(revised.session_id), message)


async def publish_permission(changed: PermissionChanged) -> None:
    """Let every process ask again whether what it has open may stay; those that miss it ask within 15 s anyway."""
    _bell().ring(PERMISSION_GROUP, {"type": "permission.changed", **changed})


async def publish_look(user_id: int, frame: str, changed_ms: int) -> None:
    """Tell every process that has views of this account, and wait; one that misses it asks at its next heartbeat."""
    message: LookChanged = {"type": "look.changed", "user_id": user_id, "changed_ms": changed_ms, "frame": frame}
    _bell().ring(LOOKS_GROUP, message)
    await all_told()


async def all_told() -> None:
    """Return when everything published here has been told, or given up: before its loop or its process ends."""
    await _bell().rung()


def publish_sync(*batches: Stored) -> None:
    """`publish` for views, the admin and commands; call it after the commit."""
    async_to_sync(_publish_and_wait)(*(publish(stored) for stored in batches))


def publish_revised_sync(revised: revisions.Revised) -> None:
    async_to_sync(_publish_and_wait)(publish_revised(revised))


def publish_permission_sync(changed: PermissionChanged) -> None:
    """`publish_permission` for views, signals and commands; call it after the commit."""
    async_to_sync(_publish_and_wait)(publish_permission(changed))


async def _publish_and_wait(*publishing: Awaitable[None]) -> None:
    """Publish and wait: the loop of a command ends with this call, and so would what it has to tell."""
    for one in publishing:
        await one
    await all_told()


async def tolerate(call: Awaitable[None]) -> Exception | None:
    """Await a call of the channel layer; return why it failed. It may: what it tells of is stored already."""
    try:
        async with asyncio.timeout(LAYER_TIMEOUT_S):
            await call
    except Exception as error:  # every layer has its own
        layer_failures.note(error)
        return error
    return None
