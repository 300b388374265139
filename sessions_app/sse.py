"""A session as Server-Sent Events, for programs and old browsers: the live socket's events, resumable by id."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import orjson
from django.http import JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from sessions_app import broadcast, draining, guard, hearing, permission, presence, view_limit
from sessions_app.feed import Feed
from sessions_app.views.access import LoginNeeded, awatched, unauthenticated

if TYPE_CHECKING:
    import uuid
    from collections.abc import AsyncIterator

    from django.http import HttpRequest, HttpResponseBase

    from sessions_app.permission import Access, Pass

logger = logging.getLogger(__name__)

KEEP_ALIVE_S = 15.0
RETRY_MS = 2000


@require_GET
@never_cache
async def session_stream(request: HttpRequest, session_id: uuid.UUID) -> HttpResponseBase:
    try:
        access = await awatched(request, session_id)
    except LoginNeeded:
        return unauthenticated(request, is_json=True)
    voice_session, after = access.voice_session, _cursor(request)
    feed = Feed(
        session_id,
        after=after if after <= voice_session.last_seq else 0,
        revision=voice_session.revision,
        is_owner=access.is_owner,
    )
    if not view_limit.enter(access, feed):
        return _too_many_views()
    held = permission.pass_of(access, login_key=request.session.session_key, user=await request.auser())
    response = StreamingHttpResponse(_stream(feed, access, held), content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


def _too_many_views() -> JsonResponse:
    fields = {"error": "rate_limited", "message": _("You have too many views open. Close one of them.")}
    return JsonResponse(fields, status=429, headers={"Retry-After": str(view_limit.RETRY_AFTER_S)})


async def _stream(feed: Feed, access: Access, held: Pass) -> AsyncIterator[str]:
    watching = asyncio.create_task(_watch_permission(feed, held), name="linnet-permission")
    watchers, drain, leaving = presence.current(), draining.current(), _Leaving(feed)
    watchers.enter(feed)
    drain.enter(leaving)
    try:
        async with hearing.Hearing(broadcast.group_of(feed.session_id), feed.take):
            await presence.atouch(feed.session_id)
            yield f"retry: {RETRY_MS}\n\n"
            pages = feed.pages()
            while (page := await _next_page(pages, feed)) is not None:
                yield page
    finally:
        watching.cancel()
        watchers.leave(feed)
        drain.leave(leaving)
        view_limit.leave(access, feed)


class _Leaving:
    """A stream that ends with its server; the reader's own `retry` brings it back."""

    is_microphone = False

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def go_away(self) -> None:
        self._feed.stop()


async def _next_page(pages: AsyncIterator[Any], feed: Feed) -> str | None:
    """Return the next events as text, a comment that keeps the line open, or None when the session is gone."""
    keep_alive = asyncio.get_running_loop().call_later(KEEP_ALIVE_S, feed.answer, "")
    try:
        page = await anext(pages)
    except StopAsyncIteration:
        return None
    finally:
        keep_alive.cancel()
    return "".join(map(_as_sse, page.frames)) or ": here\n\n"


async def _watch_permission(feed: Feed, held: Pass) -> None:
    """End the stream when the login, the link or the session is gone; its reader is told why when it comes back."""
    try:
        await guard.watch_over(held)
    except Exception:
        logger.exception("permission of an event stream cannot be watched")
    feed.note(None)


def _as_sse(frame: str) -> str:
    """Return a live socket's message as an SSE event; those that a program has no use for are left out."""
    if not frame:
        return ""
    message = orjson.loads(frame)
    match message["type"]:
        case "event":
            event = message["event"]
            text = orjson.dumps(event).decode()
            cursor = (
                "" if event["seq"] is None else f"id: {event['seq']}\n"
            )  # off the record: the last one still counts
            return f"{cursor}event: {event['event_type']}-event\ndata: {text}\n\n"
        case "service" | "revised" as kind:
            return f"event: {kind}-event\ndata: {frame}\n\n"
        case _:
            return ""


def _cursor(request: HttpRequest) -> int:
    """Return the number behind which to begin: the browser's own `Last-Event-ID` knows best."""
    value = request.headers.get("Last-Event-ID") or request.GET.get("after", "0")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
