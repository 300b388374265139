"""Who may come in, and how requests are read and answered: what every view begins and ends with."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import orjson
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from sessions_app.models import VoiceSession

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

MAX_BODY_BYTES = 16 * 1024


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


def submitted(request: HttpRequest) -> Any:
    """Return what was sent, from a form or as JSON; None when the JSON is none."""
    if request.content_type != "application/json":
        return request.POST
    try:
        fields = orjson.loads(request.body[:MAX_BODY_BYTES] or b"{}")
    except orjson.JSONDecodeError:
        return None
    return fields if isinstance(fields, dict) else None


def number(request: HttpRequest, name: str, default: int) -> int:
    value = request.GET.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else default


def see_other(address: str) -> HttpResponse:
    """Answer a POST with a page to read (303), so that reloading it does not post again."""
    return HttpResponse(status=303, headers={"Location": address})
