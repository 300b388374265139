"""Before the call: does the microphone hear, does the listener listen, how late are captions, what is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from sessions_app import backends, conf, lifecycle
from sessions_app.models import EndReason, Profile, VoiceSession
from sessions_app.views.access import members_only, unauthenticated

if TYPE_CHECKING:
    from django.http import HttpRequest

STATUS_TIMEOUT_S = 4.0
TRIAL = "trial_session"  # in the cookie session: the id of the session that the running check made


@require_GET
@members_only
def check(request: HttpRequest) -> HttpResponse:
    profile = Profile.objects.filter(user_id=request.user.pk or 0).first()
    context = {"engine_note": backends.describe(conf.current()), "keep_days": profile.keep_days if profile else None}
    return render(request, "sessions_app/check.html", context)


@require_GET
@never_cache
async def check_state(request: HttpRequest) -> HttpResponse:
    """Return how whoever listens is at this moment; asking also wakes an engine that has not loaded yet."""
    user = await request.auser()
    if not user.is_authenticated:
        return unauthenticated(request, is_json=True)
    try:
        async with asyncio.timeout(STATUS_TIMEOUT_S):
            status = await backends.current().status()
    except TimeoutError:
        return JsonResponse({"status": "unavailable", "detail": _("It does not answer.")})
    return JsonResponse({"status": status.status, "detail": status.detail})


@require_POST
@members_only
def check_begin(request: HttpRequest) -> HttpResponse:
    """Make a session for the check alone. It is forgotten with the check; at the latest when it ends by itself."""
    _forget_trial(request)
    trial = lifecycle.create(request.user, title=_("Check before a call"))  # type: ignore[arg-type]  # a member
    VoiceSession.objects.filter(pk=trial.pk).update(forget_at_end=True)
    request.session[TRIAL] = str(trial.pk)
    sockets = f"/ws/sessions/{trial.pk}"
    return JsonResponse({"audio_path": f"{sockets}/audio/", "live_path": f"{sockets}/live/"}, status=201)


@require_POST
@members_only
def check_end(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"forgotten": _forget_trial(request)})


def _forget_trial(request: HttpRequest) -> bool:
    """End and delete the session of this browser's last check; return whether there was one."""
    trial_id = request.session.pop(TRIAL, None)
    mine = VoiceSession.objects.visible_to(request.user)
    trial = mine.filter(pk=trial_id).first() if trial_id else None
    if trial is None:
        return False
    lifecycle.end(trial, EndReason.USER)
    VoiceSession.objects.filter(pk=trial.pk).delete()
    return True
