"""Pages and JSON. Every view of a session begins at `visible_to`: a stranger gets 404."""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson
from django.contrib import messages as notices
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sessions_app import backends, conf, exports, lifecycle
from sessions_app.forms import StartForm
from sessions_app.lines import lines_of, timecode
from sessions_app.models import EndReason, Event, State, VoiceSession

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

logger = logging.getLogger(__name__)

HISTORY_PAGE = 25
LATEST = 5
MAX_EVENTS = 500
MAX_BODY_BYTES = 16 * 1024
LIVE_EVENTS = 500  # so many the page itself holds; of a longer session everything comes over the socket


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def members_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let only people in who are logged in: pages lead others to the login, JSON answers 401."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return unauthenticated(request)

    return never_cache(guarded)


def unauthenticated(request: HttpRequest, *, is_json: bool = False) -> HttpResponse:
    if is_json or wants_json(request) or request.content_type == "application/json":
        return JsonResponse({"error": "unauthenticated", "message": _("Please log in.")}, status=401)
    return redirect_to_login(request.get_full_path())


def json_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Like `members_only`, for addresses that only programs ask."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return unauthenticated(request, is_json=True)

    return never_cache(guarded)


def found(request: HttpRequest, session_id: uuid.UUID) -> VoiceSession:
    """Return the session if the user may see it; a stranger's, a deleted and an unknown one are alike."""
    voice_session = VoiceSession.objects.visible_to(request.user).filter(pk=session_id).first()
    if voice_session is None:
        raise Http404
    return voice_session


@require_GET
@members_only
def dashboard(request: HttpRequest) -> HttpResponse:
    mine = VoiceSession.objects.visible_to(request.user)
    return render(request, "sessions_app/dashboard.html", _dashboard(mine) | {"form": StartForm()})


def _dashboard(mine: Any) -> dict[str, object]:
    return {
        "running": mine.filter(state__in=[State.STARTING, State.RUNNING]),
        "latest": mine.filter(state=State.STOPPED)[:LATEST],
        "engine_note": backends.describe(conf.current()),
    }


@require_http_methods(["GET", "POST"])
@members_only
def sessions(request: HttpRequest) -> HttpResponseBase:
    return start(request) if request.method == "POST" else history(request)


def start(request: HttpRequest) -> HttpResponse:
    is_json = wants_json(request)
    fields = _submitted(request)
    form = StartForm(fields)
    if fields is None or not form.is_valid():
        if is_json:
            problems = {"__all__": [_("Send form fields or a JSON object.")]} if fields is None else form.errors
            return JsonResponse({"error": "invalid", "fields": problems}, status=400)
        mine = VoiceSession.objects.visible_to(request.user)
        return render(request, "sessions_app/dashboard.html", _dashboard(mine) | {"form": form}, status=400)
    voice_session = lifecycle.create(request.user, **form.cleaned_data)  # type: ignore[arg-type]  # a member
    if not is_json:
        return _see_other(voice_session.get_absolute_url())
    address = request.build_absolute_uri(voice_session.get_absolute_url())
    return JsonResponse({"id": str(voice_session.pk), "state": voice_session.state, "url": address}, status=201)


def history(request: HttpRequest) -> HttpResponse:
    query, state = request.GET.get("q", "").strip()[:200], request.GET.get("state", "")
    mine = VoiceSession.objects.visible_to(request.user)
    if state in State.values:
        mine = mine.filter(state=state)
    if query:
        mine = mine.filter(title__icontains=query)
    page = Paginator(mine, HISTORY_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "query": query, "state": state, "states": State.choices}
    return render(request, "sessions_app/history.html", context)


@require_GET
@members_only
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """The live page while the session runs, the debrief afterwards."""
    voice_session = found(request, session_id)
    if wants_json(request):
        return JsonResponse(exports.session_wire(voice_session))
    if voice_session.state != State.STOPPED:
        is_whole = voice_session.last_seq <= LIVE_EVENTS
        lines = list(lines_of(voice_session.events.order_by("seq"))) if is_whole else []
        context = {
            "voice_session": voice_session,
            "lines": lines,
            "after": voice_session.last_seq if is_whole else 0,
            "is_owner": True,
        }
        return render(request, "sessions_app/live.html", context)
    lines = list(lines_of(voice_session.events.order_by("seq").iterator()))
    context = {
        "voice_session": voice_session,
        "lines": lines,
        "simulated": voice_session.simulated,
        "elcor": request.GET.get("elcor", "1" if voice_session.elcor else "") == "1",
        "summary": _summary(voice_session, lines),
    }
    return render(request, "sessions_app/debrief.html", context)


def _summary(voice_session: VoiceSession, lines: list[Any]) -> dict[str, object]:
    return {
        "audio": timecode(voice_session.audio_ms),
        "gaps": sum(line.kind == "gap" for line in lines),
        "speakers": sorted({line.speaker for line in lines if line.speaker}),
    }


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
    return _see_other(voice_session.get_absolute_url())


@require_GET
@json_only
def session_events(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    voice_session = found(request, session_id)
    after, limit = _number(request, "after", 0), min(_number(request, "limit", MAX_EVENTS), MAX_EVENTS)
    rows = list(Event.objects.filter(session=voice_session).after(after)[:limit])
    body = {
        "events": [row.as_wire() for row in rows],
        # Read before the rows, it may be behind the last of them.
        "last_seq": max([voice_session.last_seq, *(row.seq for row in rows[-1:])]),
        "state": voice_session.state,
    }
    return HttpResponse(orjson.dumps(body), content_type="application/json")


@require_GET
@members_only
def session_export(request: HttpRequest, session_id: uuid.UUID, fmt: str) -> HttpResponseBase:
    voice_session = found(request, session_id)
    if fmt not in exports.FORMATS:
        raise Http404
    export = exports.FORMATS[fmt]
    elcor = request.GET.get("elcor") == "1"
    response = StreamingHttpResponse(export.write(voice_session, elcor), content_type=export.content_type)
    name = quote(f"linnet-{voice_session.created_at:%Y-%m-%d}-{str(voice_session.pk)[:8]}.{fmt}")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_GET
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok", "service": "linnet"})


def _submitted(request: HttpRequest) -> Any:
    """Return what was sent, from a form or as JSON; None when the JSON is none."""
    if request.content_type != "application/json":
        return request.POST
    try:
        fields = orjson.loads(request.body[:MAX_BODY_BYTES] or b"{}")
    except orjson.JSONDecodeError:
        return None
    return fields if isinstance(fields, dict) else None


def _number(request: HttpRequest, name: str, default: int) -> int:
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else default


def _see_other(address: str) -> HttpResponse:
    """Answer a POST with a page to read (303), so that reloading it does not post again."""
    return HttpResponse(status=303, headers={"Location": address})
