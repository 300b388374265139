"""Who may come in, and how requests are read and answered: what every view begins and ends with."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from django.contrib import messages as notices
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from sessions_app import database_threads, permission, sharing
from sessions_app.models import VoiceSession

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django import forms
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.http import HttpRequest, HttpResponseBase

    from sessions_app.permission import Access

MAX_BODY_BYTES = 64 * 1024  # as deploy/nginx.conf; the longest honest one takes back the removal of a long line


class LoginNeeded(Exception):
    """Somebody without a login, and without a link that opens the session, wants to see it."""


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
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    notices.warning(request, _("You were logged out, so nothing was done. Log in, and do it again."))
    return redirect_to_login(_page_of_form(request))


def _page_of_form(request: HttpRequest) -> str:
    """Return the page of ours that a form was sent from: most addresses that take forms cannot be read."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    if page.netloc != request.get_host():
        return "/"
    query = f"?{page.query}" if page.query else ""
    return f"/{page.path.lstrip('/')}{query}"  # one slash: behind two begins another site


def watchers_only(*, is_json: bool = False) -> Callable[..., Callable[..., HttpResponseBase]]:
    """For what begins at `watched`: whoever has neither login nor link is led to the login, or told 401."""

    def decorated(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, *args, **kwargs)
            except LoginNeeded:
                return unauthenticated(request, is_json=is_json)

        return never_cache(guarded)

    return decorated


def watched(request: HttpRequest, session_id: uuid.UUID) -> Access:
    """Return what this browser may see of the session, as its owner or by a link: the one door of what is only read.

    Raises `LoginNeeded` for strangers without a login or a link; for others a stranger's, a deleted and an unknown
    session, and one whose link was withdrawn, are alike.
    """
    access = _admitted(
        request, request.user, session_id, permission.access_of(request.user, request.session, session_id)
    )
    if access.share is not None:
        sharing.note_use(request.session, access.share)
    return access


async def awatched(request: HttpRequest, session_id: uuid.UUID) -> Access:
    """`watched` for asynchronous views."""
    user = await request.auser()
    found_access = await database_threads.read(permission.access_of, user, request.session, session_id)
    access = _admitted(request, user, session_id, found_access)
    if access.share is not None:
        await database_threads.write(sharing.note_use, request.session, access.share)
    return access


def _admitted(
    request: HttpRequest, user: AbstractBaseUser | AnonymousUser, session_id: uuid.UUID, access: Access | None
) -> Access:
    """Return `access`. Who came by a link that ended is told so; a login would not help."""
    if access is not None:
        return access
    came_by_link = str(session_id) in (request.session.get(permission.OPENED_LINKS) or {})
    raise Http404 if user.is_authenticated or came_by_link else LoginNeeded


def found(request: HttpRequest, session_id: uuid.UUID) -> VoiceSession:
    """Return the session if it is the user's own; a stranger's, a deleted and an unknown one are alike."""
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


def in_words(form: forms.Form) -> str:
    """Return every complaint about a form in one line."""
    if not form.is_bound:
        return _("Send form fields or a JSON object.")
    complaints = (
        f"{form.fields[name].label}: {text}" if name in form.fields else str(text)
        for name, texts in form.errors.items()
        for text in texts
    )
    return " ".join(complaints)


def see_other(address: str) -> HttpResponse:
    """Answer a POST with a page to read (303), so that reloading it does not post again."""
    return HttpResponseRedirect(address, status=303)


def notice(request: HttpRequest, level: int, text: str, *, back: str) -> None:
    """Say `text` on the page `back`, at the place that its fragment names when the page has one for notices."""
    place = back.partition("#")[2]
    notices.add_message(request, level, text, extra_tags=f"#{place}" if place else "")


def refused(request: HttpRequest, back: str, message: str) -> HttpResponse:
    """Answer a form that cannot be taken: what is wrong is said on the page `back`, at its place, or as JSON."""
    if wants_json(request):
        return JsonResponse({"error": "invalid", "message": message}, status=400)
    form = request.resolver_match.url_name if request.resolver_match else ""
    notices.error(request, message, extra_tags=f"#{back.partition('#')[2]} {form}")
    return see_other(back)


def back_to(request: HttpRequest, default: str) -> str:
    """Return the page of ours that a form came from, which it names in its field `back`; else `default`."""
    back = request.POST.get("back", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours else default
