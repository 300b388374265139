"""What both sockets share: who may come in, polite refusals, and noticing a peer that fell silent."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from sessions_app import conf, database_threads, draining, guard, permission
from sessions_app.live import messages
from sessions_app.live.messages import CloseCode, ErrorCode, Refusal
from sessions_app.live.outbox import PeerStalled
from sessions_app.live.pacing import Allowance
from sessions_app.live.refusals import BROKEN

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sessions_app.models import VoiceSession
    from sessions_app.permission import Access

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 5.0
NOT_FOUND = Refusal(ErrorCode.SESSION_NOT_FOUND, "There is no such session.", CloseCode.NOT_FOUND)
GOING_AWAY = Refusal(
    ErrorCode.ENGINE_UNAVAILABLE, "The server restarts. Please connect again.", CloseCode.GOING_AWAY, retry_after_s=1
)
TOO_TALKATIVE = Refusal(
    ErrorCode.RATE_LIMITED, "More than ten control messages a second.", CloseCode.TOO_MUCH, retry_after_s=5
)
SILENT = Refusal(ErrorCode.RATE_LIMITED, "Nothing was heard from you for 35 seconds.", CloseCode.IDLE)


class PeerGone(Exception):
    """The peer left while something was being sent to it; every server has its own words for that."""


class SessionSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels publishes no types
    """A socket of one session. Handlers only enqueue: they are run one at a time.

    The channel layer is heard by `hearing`: Channels would make two new tasks for each message and socket.

    Everything acquired is put on `self.cleanup`, which runs on return, error and cancellation; Channels skips
    `disconnect` on the latter two.
    """

    is_microphone = False
    access: Access
    voice_session: VoiceSession

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.last_message_s = asyncio.get_running_loop().time()
        self.is_closing = False
        self.allowance = Allowance()
        self._tasks: set[asyncio.Task[None]] = set()
        self._send_to_server = send
        async with AsyncExitStack() as self.cleanup:
            self.cleanup.push_async_callback(self._cancel_tasks)
            self.scope, self.base_send = scope, self._send_or_gone
            with suppress(PeerGone, StopConsumer):
                while True:
                    await self.dispatch(await receive())

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the message's handler. Unlike the stock dispatch this does not visit the shared database thread
        for every message: that costs more than the message, and lets a slow neighbour stall everybody."""
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            return  # a newer process may know more kinds of doorbell
        try:
            await handler(message)
        except (StopConsumer, PeerGone):
            raise
        except Refusal as refusal:
            await self.refuse(refusal)
        except Exception:
            logger.exception("socket handler failed")
            await self.refuse(BROKEN)

    async def connect(self) -> None:
        access = None
        if not self.scope["user"].is_authenticated:
            access = await self._access()
            if access is None:
                await self.close()  # before accept: HTTP 403
                return
        await self.accept()
        drain = draining.current()
        if drain.is_draining:
            raise GOING_AWAY
        access = access or await self._access()
        if access is None:
            raise NOT_FOUND
        self.access, self.voice_session = access, access.voice_session
        await self.enter()
        drain.enter(self)
        self.cleanup.callback(drain.leave, self)
        self.own(self._watch_for_silence(), name="silence")
        self.own(self._watch_permission(), name="permission")

    async def _access(self) -> Access | None:
        session_id = self.scope["url_route"]["kwargs"]["session_id"]
        access = await database_threads.read(
            permission.access_of, self.scope["user"], self.scope["session"], session_id
        )
        return access if access is None or access.is_owner or not self.is_microphone else None

    async def enter(self) -> None:
        """Set the socket up, once it is accepted and the session found."""
        raise NotImplementedError

    async def go_away(self) -> None:
        """End because the server does."""
        await self.leave(CloseCode.GOING_AWAY, GOING_AWAY.message)

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        self.last_message_s = asyncio.get_running_loop().time()
        if self.is_closing:
            return
        data = message.get("bytes")
        if data is not None:
            await self.receive_bytes(data)
        elif self.allowance.take():
            await self.receive_text(message.get("text") or "")
        else:
            raise TOO_TALKATIVE

    async def receive_bytes(self, data: bytes) -> None:
        raise NotImplementedError

    async def receive_text(self, text: str) -> None:
        raise NotImplementedError

    def own(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run `work` as a task of this socket: cancelled with it, and its failure closes it."""
        task = asyncio.create_task(self._guard(work), name=f"linnet-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def refuse(self, refusal: Refusal) -> None:
        """Tell the peer what is wrong, and close when it cannot go on."""
        # It is one object for all sockets, and would keep each of them in memory.
        refusal.__traceback__ = refusal.__cause__ = refusal.__context__ = None
        if self.is_closing:
            return
        await self.say(messages.error(refusal))
        if refusal.close is not None:
            await self.leave(refusal.close, refusal.message)

    async def leave(self, code: CloseCode, reason: str) -> None:
        """Say goodbye and close. Daphne loses the reason of a close, so a `bye` goes before it."""
        if self.is_closing:
            return
        self.is_closing = True
        await self.say(messages.bye(code, reason))
        with suppress(TimeoutError, PeerGone):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self.close(code=int(code))

    async def say(self, frame: str) -> None:
        """Send `frame` past everything that waits; a peer that takes nothing, or is gone, does without."""
        with suppress(TimeoutError, PeerGone):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self.send_frame(frame)

    async def send_frame(self, frame: str) -> None:
        await self._send_or_gone({"type": "websocket.send", "text": frame})

    async def _send_or_gone(self, message: dict[str, Any]) -> None:
        """Hand `message` to the server. Raises `PeerGone` for whatever the server says of a peer that left."""
        try:
            await self._send_to_server(message)
        except Exception as error:
            raise PeerGone from error

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (PeerGone, PeerStalled):
            await self.leave(CloseCode.GOING_AWAY, "You took nothing that was sent to you.")
        except Refusal as refusal:
            await self.refuse(refusal)
        except Exception:
            logger.exception("socket task failed")
            await self.refuse(BROKEN)

    async def _cancel_tasks(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch_permission(self) -> None:
        """Close when the login, the link or the session is gone."""
        login_key = self.scope["session"].session_key
        raise await guard.watch_over(permission.pass_of(self.access, login_key=login_key, user=self.scope["user"]))

    async def _watch_for_silence(self) -> None:
        while True:
            silent_s = asyncio.get_running_loop().time() - self.last_message_s
            if silent_s >= conf.SOCKET_SILENCE_S:
                raise SILENT
            await asyncio.sleep(conf.SOCKET_SILENCE_S - silent_s)
