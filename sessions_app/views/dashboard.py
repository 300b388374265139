"""The first page, and starting a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sessions_app import backends, conf, lifecycle
from sessions_app.forms import StartForm
from sessions_app.models import State, VoiceSession
from sessions_app.views.access import members_only, see_other, submitted, wants_json
from sessions_app.views.history import history, rows_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

LATEST = 5


@require_GET
@members_only
def dashboard(request: HttpRequest) -> HttpResponse:
    mine = VoiceSession.objects.visible_to(request.user)
    return render(request, "sessions_app/dashboard.html", _dashboard(mine) | {"form": StartForm()})


def _dashboard(mine: Any) -> dict[str, object]:
    running = rows_of(mine.filter(state__in=[State.STARTING, State.RUNNING]))
    latest = rows_of(mine.filter(state=State.STOPPED)[:LATEST])
    return {
        "running": running,
        "latest": latest,
        "anchors": {row.anchor for row in (*running, *latest)},
        "back": reverse("dashboard"),
        "engine_note": backends.describe(conf.current()),
    }


@require_http_methods(["GET", "POST"])
@members_only
def sessions(request: HttpRequest) -> HttpResponseBase:
    return start(request) if request.method == "POST" else history(request)


def start(request: HttpRequest) -> HttpResponse:
    is_json = wants_json(request)
    fields = submitted(request)
    form = StartForm(fields)
    if fields is None or not form.is_valid():
        if is_json:
            problems = {"__all__": [_("Send form fields or a JSON object.")]} if fields is None else form.errors
            return JsonResponse({"error": "invalid", "fields": problems}, status=400)
        mine = VoiceSession.objects.visible_to(request.user)
        return render(request, "sessions_app/dashboard.html", _dashboard(mine) | {"form": form}, status=400)
    voice_session = lifecycle.create(request.user, **form.cleaned_data)  # type: ignore[arg-type]  # a member
    if not is_json:
        return see_other(voice_session.get_absolute_url())
    address = request.build_absolute_uri(voice_session.get_absolute_url())
    return JsonResponse({"id": str(voice_session.pk), "state": voice_session.state, "url": address}, status=201)
