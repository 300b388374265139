"""One session: live while it runs, its debrief afterwards, and its events for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from django.contrib import messages as notices
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sessions_app import exports, lifecycle, revisions, sharing
from sessions_app.lines import lines_of
from sessions_app.models import EndReason, Event, State, VoiceSession
from sessions_app.views.access import found, members_only, number, see_other, wants_json, watched, watchers_only
from sessions_app.views.debrief import debrief
from sessions_app.views.sharing import shared_debrief

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from sessions_app.permission import Access

MAX_EVENTS = 500
LIVE_EVENTS = 500  # so many the page itself holds; of a longer session everything comes over the socket


@require_GET
@watchers_only()
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """The live page while the session runs, the debrief afterwards; for a trusted viewer what the link allows."""
    access = watched(request, session_id)
    voice_session = access.voice_session
    if access.share is not None:
        return shared_session(request, access)
    if wants_json(request):
        return JsonResponse(exports.session_wire(voice_session))
    return debrief(request, voice_session) if voice_session.state == State.STOPPED else live(request, access)


def shared_session(request: HttpRequest, access: Access) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(sharing.shared_wire(access.voice_session))
    return live(request, access) if access.voice_session.state != State.STOPPED else shared_debrief(request, access)


def live(request: HttpRequest, access: Access) -> HttpResponse:
    voice_session = access.voice_session
    is_whole = voice_session.last_seq <= LIVE_EVENTS
    names = revisions.names_of(voice_session.pk)
    context = {
        "voice_session": voice_session,
        "lines": list(lines_of(voice_session.events.after(0).columns(), names=names)) if is_whole else [],
        "after": voice_session.last_seq if is_whole else 0,
        "is_owner": access.is_owner,
        "may_note": access.may_note,
    }
    return render(request, "sessions_app/live.html", context)


@require_POST
@members_only
def session_end(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    voice_session = found(request, session_id)
    lifecycle.end(voice_session, EndReason.USER)
    return _changed(request, voice_session, State.STOPPED)


@require_POST
@members_only
def session_reopen(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    voice_session = found(request, session_id)
    lifecycle.reopen(voice_session)
    return _changed(request, voice_session, State.RUNNING)


def _changed(request: HttpRequest, voice_session: VoiceSession, state: State) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"id": str(voice_session.pk), "state": state})
    if state == State.STOPPED:
        notices.success(request, _("The session has ended. Here is what was said."))
    return see_other(voice_session.get_absolute_url())


@require_GET
@watchers_only(is_json=True)
def session_events(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    voice_session = watched(request, session_id).voice_session
    after, limit = number(request, "after", 0), min(number(request, "limit", MAX_EVENTS), MAX_EVENTS)
    rows = list(Event.objects.filter(session=voice_session).after(after)[:limit])
    body = {
        "events": [row.as_wire() for row in rows],
        # Read before the rows, it may be behind the last of them.
        "last_seq": max([voice_session.last_seq, *(row.seq for row in rows[-1:])]),
        "state": voice_session.state,
    }
    return HttpResponse(orjson.dumps(body), content_type="application/json")
