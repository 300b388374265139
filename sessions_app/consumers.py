"""The two sockets of a session: the microphone's and the viewer's. They know users, frames and close codes."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs

from channels.exceptions import StopConsumer

from sessions_app import audience, broadcast, conf, database_threads, editing, lease, presence, revisions
from sessions_app.feed import Feed
from sessions_app.live import messages
from sessions_app.live.messages import CloseCode, Configure, ErrorCode, Mark, MissingSamples, Refusal, Replay
from sessions_app.live.outbox import SEND_TIMEOUT_S, Outbox, PeerStalled
from sessions_app.microphone import ENDED, TAKEN, Microphone, claim
from sessions_app.socket import SessionSocket

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sessions_app.annotation.events import Json
    from sessions_app.lease import Lease
    from sessions_app.live.messages import AudioMessage
    from sessions_app.models import VoiceSession

CONFIGURE_GRACE_S = 0.25  # a client that configures does so at once
TAKE_OVER_GRACE_S = 2.0  # so long may a client take to say that it takes over
MAX_EARLY = 300  # messages before the microphone is open: 30 s of usual frames
MAX_FINALIZING = 8
ACKS_WAITING = 64
REJOIN_S = 60.0

LOCKED = Refusal(ErrorCode.CONFIG_LOCKED, "Sound has begun; the configuration cannot change any more.")
TOO_EARLY = Refusal(ErrorCode.RATE_LIMITED, "Too much was sent before ready.", CloseCode.TOO_MUCH, retry_after_s=5)
TOO_OFTEN = Refusal(ErrorCode.RATE_LIMITED, "Wait for finalized before asking again.", retry_after_s=1)
NOT_AUDIO = Refusal(ErrorCode.CONFIG_INVALID, "This socket takes no sound.", CloseCode.BAD_MESSAGE)
DELETED = Refusal(ErrorCode.SESSION_NOT_FOUND, "This session was deleted.", CloseCode.NOT_FOUND)
TOO_MANY_VIEWS = Refusal(ErrorCode.RATE_LIMITED, "You have too many views open.", CloseCode.TOO_MUCH, retry_after_s=30)


class AudioConsumer(SessionSocket):
    """A microphone: binary frames in, acknowledgements out. It needs no channel layer."""

    needs_channel_layer = False
    is_microphone = True

    async def enter(self) -> None:
        self.microphone: Microphone | None = None
        self.config = Configure()
        self.configured = asyncio.Event()
        self.has_audio = False
        self.finalizing = 0
        self.early: deque[bytes | AudioMessage] = deque()
        self.outbox = Outbox(self._send_text, limit=ACKS_WAITING)
        self.own(self.outbox.run(), name="outbox")
        self.own(self._listen(), name="microphone")

    async def receive_bytes(self, data: bytes) -> None:
        messages.check_audio_frame(data)
        self.has_audio = True
        if self.microphone is None:
            self._keep_for_later(data)
        else:
            self.microphone.push(data)

    async def receive_text(self, text: str) -> None:
        message = messages.parse_audio_message(text)
        if isinstance(message, Configure):
            if self.has_audio:
                raise LOCKED
            self.config = message
            self.configured.set()
        elif self.microphone is None:
            self._keep_for_later(message)
        else:
            self._obey(self.microphone, message)

    def _keep_for_later(self, message: bytes | AudioMessage) -> None:
        if len(self.early) >= MAX_EARLY:
            raise TOO_EARLY
        self.early.append(message)

    def _obey(self, microphone: Microphone, message: AudioMessage) -> None:
        match message:
            case MissingSamples(samples):
                microphone.skip(samples)
            case "mute":
                microphone.pause()
            case "finalize":
                if self.finalizing >= MAX_FINALIZING:
                    raise TOO_OFTEN
                self.own(self._finalize(microphone), name="finalize")
            case "close":
                self.own(self._finish(microphone), name="close")

    async def _listen(self) -> None:
        """Open the microphone as it was configured, again when it is configured anew before the first sound."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CONFIGURE_GRACE_S):
                await self.configured.wait()
        while True:
            await self._listen_as_configured()

    async def _listen_as_configured(self) -> None:
        """Listen until the microphone is configured anew. Raises the `Refusal` that ends it.

        The microphone is this task's: whatever ends the task (the peer left, the server stops) flushes it.
        """
        microphone = Microphone(self.voice_session, await self._claim(), self.config, self.outbox)
        self.configured.clear()
        try:
            await microphone.open()
            self._catch_up(microphone)
            await _first_of(self.configured.wait(), microphone.over)
            if microphone.over.done():
                await self._end(microphone, microphone.over.result())
            self.microphone = None
        finally:
            await microphone.aclose()

    async def _claim(self) -> Lease:
        """Claim the session, giving a client that must say `take_over` the time to say so."""
        deadline_s = asyncio.get_running_loop().time() + TAKE_OVER_GRACE_S
        while True:
            try:
                return await claim(self.voice_session, take_over=self.config.take_over)
            except Refusal as refusal:
                if refusal is not TAKEN or self.config.take_over or asyncio.get_running_loop().time() > deadline_s:
                    raise
            await asyncio.sleep(0.2)

    def _catch_up(self, microphone: Microphone) -> None:
        for message in self.early:
            if isinstance(message, bytes):
                microphone.push(message)
            else:
                self._obey(microphone, message)
        self.early.clear()
        self.microphone = microphone

    async def _finalize(self, microphone: Microphone) -> None:
        self.finalizing += 1
        try:
            through_sample = await microphone.finalize()
        except TimeoutError:
            message = "The voice service does not answer; what was said last is kept for a replay."
            await self.refuse(Refusal(ErrorCode.ENGINE_TIMEOUT, message))
        else:
            self.outbox.put_dropping_oldest(messages.finalized(through_sample=through_sample))
        finally:
            self.finalizing -= 1

    async def go_away(self) -> None:
        if self.microphone is not None:
            await self.microphone.finish()
            await self._sum_up(self.microphone, "going_away")
        await super().go_away()

    async def _finish(self, microphone: Microphone) -> None:
        await microphone.finish()
        await self._sum_up(microphone, "closed")
        await self.leave(CloseCode.DONE, "Closed as you asked.")

    async def _end(self, microphone: Microphone, why: Refusal) -> NoReturn:
        if why is ENDED:
            await microphone.finish()
        await self._sum_up(microphone, why.code)
        raise why

    async def _sum_up(self, microphone: Microphone, reason: str) -> None:
        self.outbox.put_dropping_oldest(microphone.summary(reason))
        await self.outbox.drain(timeout_s=2.0)

    async def _send_text(self, frame: str) -> None:
        await self.send(text_data=frame)


class LiveConsumer(SessionSocket):
    """A viewer: a snapshot, every event behind its cursor, then what happens, as it happens."""

    async def enter(self) -> None:
        self._check_number_of_views()
        after, revision = _cursors(self.scope["query_string"], self.voice_session)
        self.feed = Feed(
            self.voice_session.pk, after=after, revision=revision, last_revision=self.voice_session.revision
        )
        self.has_shown = asyncio.Event()
        presence.current().enter(self.feed)
        self.cleanup.push_async_callback(self._go)
        await broadcast.join(self.channel_layer, self.voice_session.pk, self.channel_name)
        await database_threads.write(presence.touch, self.voice_session.pk)
        self.own(self._show(), name="viewer")
        self.own(self._stay(), name="membership")

    async def receive_bytes(self, data: bytes) -> None:
        raise NOT_AUDIO

    async def receive_text(self, text: str) -> None:
        match messages.parse_viewer_message(text):
            case "ping":
                self.feed.answer(messages.pong())
            case Replay(after):
                self.feed.replay(after)
            case Mark() as mark:
                self.own(self._keep(mark), name="mark")

    async def _keep(self, mark: Mark) -> None:
        revised = await database_threads.write(
            editing.add_note, self.voice_session, author=self.scope["user"], at_ms=mark.at_ms, text=mark.text
        )
        await broadcast.publish_revised(revised)

    async def events_stored(self, message: broadcast.EventsStored) -> None:
        self.feed.ring(first_seq=message["first_seq"], last_seq=message["last_seq"], frames=message["frames"])

    async def revised(self, message: broadcast.Revised) -> None:
        self.feed.revise(
            first=message["first"],
            last=message["last"],
            frames=message["frames"],
            private_frames=message["private_frames"],
        )

    async def passing(self, message: broadcast.Passing) -> None:
        self.feed.pass_on(message["frame"])

    async def go_away(self) -> None:
        """Let the last events out, then leave."""
        self.feed.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self.has_shown.wait()
        await super().go_away()

    async def _show(self) -> None:
        snapshot, has_microphone = await database_threads.read(_snapshot, self.voice_session)
        await self._send_text(messages.snapshot(snapshot))
        viewers = presence.current().viewers_of(self.voice_session.pk)
        await self._send_text(messages.presence(viewers=viewers, has_microphone=has_microphone))
        audience.announce(self.voice_session.pk)
        async for page in self.feed.pages():
            for frame in page.frames:
                await self._send_text(frame)
        self.has_shown.set()
        if self.feed.is_deleted:
            raise DELETED

    async def _stay(self) -> None:
        """Join again and again: a layer forgets members for its own reasons (a clock step, a restart, a day)."""
        while True:
            await asyncio.sleep(REJOIN_S)
            await broadcast.join(self.channel_layer, self.voice_session.pk, self.channel_name)

    async def _send_text(self, frame: str) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self.send(text_data=frame)
        except TimeoutError as error:
            raise PeerStalled from error

    async def _go(self) -> None:
        session_id = self.voice_session.pk
        presence.current().leave(self.feed)
        await broadcast.part(self.channel_layer, session_id, self.channel_name)
        await database_threads.write(presence.touch, session_id)
        audience.announce(session_id)

    def _check_number_of_views(self) -> None:
        user_id, limit = self.scope["user"].pk, conf.current().max_viewers_per_user
        views = _views_of(user_id)
        if limit and len(views) >= limit:
            raise TOO_MANY_VIEWS
        views.add(self)
        self.cleanup.callback(_forget_view, user_id, self)


async def _first_of(waiting: Coroutine[Any, Any, Any], future: asyncio.Future[Any]) -> None:
    """Wait for either; the coroutine does not outlive the call."""
    task = asyncio.create_task(waiting)
    either: set[asyncio.Future[Any]] = {task, future}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()


_open_views: dict[int, set[LiveConsumer]] = {}


def _views_of(user_id: int) -> set[LiveConsumer]:
    return _open_views.setdefault(user_id, set())


def _forget_view(user_id: int, view: LiveConsumer) -> None:
    views = _views_of(user_id)
    views.discard(view)
    if not views:
        del _open_views[user_id]


class Nowhere(SessionSocket):
    """Any other address: refused before it is accepted."""

    async def connect(self) -> None:
        await self.close()
        raise StopConsumer


def _cursors(query_string: bytes, voice_session: VoiceSession) -> tuple[int, int]:
    """Return how far the viewer has read, events and revisions. Nonsense is a new viewer's, who reads all anew."""
    fields = parse_qs(query_string.decode("latin-1"))
    after, revision = (_number(fields.get(name, [""])[0]) for name in ("after", "revision"))
    return (
        after if after is not None and after <= voice_session.last_seq else 0,
        min(voice_session.revision if revision is None else revision, voice_session.revision),
    )


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _snapshot(voice_session: VoiceSession) -> tuple[dict[str, Json], bool]:
    voice_session.refresh_from_db()
    fields: dict[str, Json] = {
        "state": voice_session.state,
        "last_seq": voice_session.last_seq,
        "engine": voice_session.engine,
        "simulated": voice_session.simulated,
        "title": voice_session.display_title,
        "speakers": dict(revisions.names_of(voice_session.pk)),
        "revision": voice_session.revision,
        "off_record": voice_session.is_off_record,
        "notes": list(revisions.notes_of(voice_session.pk)),
    }
    return fields, lease.is_taken(voice_session.pk)
