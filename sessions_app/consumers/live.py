"""The viewer's socket: a snapshot, every event behind a cursor, then what happens. It knows users and close codes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from django.contrib.sessions.backends.base import UpdateError
from django.db import OperationalError

from sessions_app import (
    audience,
    broadcast,
    database_threads,
    editing,
    hearing,
    lease,
    look_news,
    presence,
    revisions,
    sharing,
    view_limit,
)
from sessions_app.feed import Feed
from sessions_app.live import messages
from sessions_app.live.messages import CloseCode, ErrorCode, Mark, Refusal, Replay
from sessions_app.live.outbox import SEND_TIMEOUT_S, PeerStalled
from sessions_app.live.refusals import DELETED
from sessions_app.socket import SessionSocket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.sessions.backends.base import SessionBase

    from sessions_app.annotation.events import Json
    from sessions_app.models import Share, VoiceSession
    from sessions_app.permission import Access
    from sessions_app.revisions import Revised

FRAMES_IN_TIME = 20  # a window's are three; each with a timeout of its own they cost as much again

NOT_AUDIO = Refusal(ErrorCode.CONFIG_INVALID, "This socket takes no sound.", CloseCode.BAD_MESSAGE)
TOO_MANY_VIEWS = Refusal(
    ErrorCode.RATE_LIMITED,
    "You have too many views open.",
    CloseCode.TOO_MUCH,
    retry_after_s=view_limit.RETRY_AFTER_S,
)
NOT_KEPT = Refusal(
    ErrorCode.INTERNAL, "Your note was not saved: the database does not answer. Please try again.", retry_after_s=5
)


class LiveConsumer(SessionSocket):
    """A viewer: a snapshot, every event behind its cursor, then what happens, as it happens."""

    async def enter(self) -> None:
        after, revision = _cursors(self.scope["query_string"], self.voice_session)
        self.feed = Feed(
            self.voice_session.pk,
            after=after,
            revision=revision,
            last_revision=self.voice_session.revision,
            is_owner=self.access.is_owner,
        )
        if not view_limit.enter(self.access, self.feed):
            raise TOO_MANY_VIEWS
        self.cleanup.callback(view_limit.leave, self.access, self.feed)
        self.has_shown = asyncio.Event()
        presence.current().enter(self.feed)
        self.cleanup.push_async_callback(self._go)
        self._hear_of_looks()
        doorbell = broadcast.group_of(self.voice_session.pk)
        await self.cleanup.enter_async_context(hearing.Hearing(doorbell, self.feed.take))
        await presence.atouch(self.voice_session.pk)
        if self.access.share is not None:
            await database_threads.write(_note_use, self.scope["session"], self.access.share)
        self.own(self._show(), name="viewer")

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
        try:
            revised = await database_threads.write(self._write_down, mark)
        except (OperationalError, TimeoutError) as error:
            raise NOT_KEPT from error
        await broadcast.publish_revised(revised)

    def _write_down(self, mark: Mark) -> Revised:
        if self.access.share is not None:
            return sharing.whisper(self.access.share, mark)
        return editing.add_note(self.voice_session, author=self.scope["user"], at_ms=mark.at_ms, text=mark.text)

    async def go_away(self) -> None:
        """Let the last events out, then leave."""
        self.feed.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self.has_shown.wait()
        await super().go_away()

    async def _show(self) -> None:
        snapshot, has_microphone = await database_threads.read(_snapshot, self.access)
        await self._send([messages.snapshot(snapshot)])
        viewers = presence.current().viewers_of(self.voice_session.pk)
        await self._send([messages.presence(viewers=viewers, has_microphone=has_microphone)])
        audience.announce(self.voice_session.pk)
        async for page in self.feed.pages():
            await self._send(page.frames)
        self.has_shown.set()
        if self.feed.is_deleted:
            raise DELETED

    async def _send(self, frames: Sequence[str]) -> None:
        """Send `frames`. Raises `PeerStalled` when a few of them are not taken in time."""
        for first in range(0, len(frames), FRAMES_IN_TIME):
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    for frame in frames[first : first + FRAMES_IN_TIME]:
                        await self.send_frame(frame)
            except TimeoutError as error:
                raise PeerStalled from error

    async def _go(self) -> None:
        session_id = self.voice_session.pk
        presence.current().leave(self.feed)
        await presence.atouch(session_id)
        audience.announce(session_id)

    def _hear_of_looks(self) -> None:
        if self.scope["user"].is_authenticated:
            self.user_id = self.scope["user"].pk
            look_news.current().enter(self)
            self.cleanup.callback(look_news.current().leave, self)

    def show_look(self, frame: str) -> None:
        self.feed.answer(frame)


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


def _note_use(login: SessionBase, share: Share) -> None:
    """Log that the link was used by who never read the page; a socket's cookie session is saved by nobody else."""
    sharing.note_use(login, share)
    if login.modified:
        with suppress(UpdateError):  # the login has just ended, and the guard closes the socket
            login.save()


def _snapshot(access: Access) -> tuple[dict[str, Json], bool]:
    voice_session = access.voice_session
    voice_session.refresh_from_db()
    fields: dict[str, Json] = {
        "state": voice_session.state,
        "last_seq": voice_session.last_seq,
        "engine": voice_session.engine,
        "simulated": voice_session.simulated,
        "title": voice_session.title,
        "speakers": dict(revisions.names_of(voice_session.pk)),
        "revision": voice_session.revision,
        "off_record": voice_session.is_off_record,
    }
    if access.is_owner:
        fields["notes"] = list(revisions.notes_of(voice_session.pk))
    return fields, lease.is_taken(voice_session.pk)
