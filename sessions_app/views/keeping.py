"""How long Linnet remembers, deleting an account, and the page that says what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.core import ratelimit
from django.contrib import messages as notices
from django.contrib.auth import logout
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sessions_app import conf, forgetting
from sessions_app.forms import AccountDeleteForm, KeepingForm, SessionKeepingForm
from sessions_app.models import Profile, VoiceSession
from sessions_app.views.access import found, members_only, notice, refused, see_other, submitted, wants_json

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

MINUTE_S = 60


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "sessions_app/privacy.html", {"undo_minutes": round(conf.current().undo_s / MINUTE_S)})


@require_http_methods(["GET", "POST"])
@members_only
def keeping(request: HttpRequest) -> HttpResponse:
    """Choose how long sessions are kept. A choice that forgets some at once is asked for twice."""
    profile, _made = Profile.objects.get_or_create(user_id=cast("int", request.user.pk))
    is_sent = request.method == "POST"
    form = KeepingForm(request.POST if is_sent else None, initial={"keep_days": profile.keep_days})
    status, doomed = 200, 0
    if is_sent:
        status = 400
        if "keep_days" not in request.POST:  # empty is a choice, too
            form.add_error("keep_days", _("Choose one of the times."))
        elif form.is_valid():
            days = form.cleaned_data["keep_days"]
            doomed = forgetting.older_than(request.user, days).count() if days else 0  # type: ignore[arg-type]
            if not doomed or form.cleaned_data["is_understood"]:
                Profile.objects.filter(pk=profile.pk).update(keep_days=days)
                notices.success(request, _("Saved."))
                return see_other(request.path)
    return render(request, "sessions_app/keeping.html", {"form": form, "doomed": doomed}, status=status)


@require_POST
@members_only
def session_keeping(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Choose how long one session is kept."""
    voice_session = found(request, session_id)
    form, back = SessionKeepingForm(submitted(request)), f"{voice_session.get_absolute_url()}#keeping"
    if complaint := _complaint(voice_session, form):
        return refused(request, back, complaint)
    standing = VoiceSession.objects.visible_to(request.user).filter(pk=voice_session.pk)
    if not standing.update(keep_until=form.keep_until, forget_at_end=False):  # deleted meanwhile
        raise Http404
    if wants_json(request):
        return JsonResponse({"keep_until": form.keep_until.isoformat() if form.keep_until else None})
    notice(request, notices.SUCCESS, _("Saved."), back=back)
    return see_other(back)


def _complaint(voice_session: VoiceSession, form: SessionKeepingForm) -> str:
    """Return what is wrong with a choice; "" when it may be made."""
    if "keep" not in form.data or not form.is_valid():  # an empty one is a choice, too
        return _("Choose one of the times.")
    if form.keep_until is None and forgetting.is_overdue(voice_session):
        return _(
            "This session is older than your other sessions are kept, so it would be forgotten at once. "
            "Choose another time, or delete it."
        )
    return ""


@require_http_methods(["GET", "POST"])
@members_only
def account_delete(request: HttpRequest) -> HttpResponse:
    """Delete the account with everything, after its name and password were given."""
    form = AccountDeleteForm(request.POST if request.method == "POST" else None, user=request.user)  # type: ignore[arg-type]  # a member
    if request.method == "POST":
        if (refused := ratelimit.consume_or_429(request, action="reauthenticate", user=request.user)) is not None:
            return refused  # type: ignore[no-any-return]
        if form.is_valid():
            return _delete_account(request)
    context = {
        "form": form,
        "sessions": VoiceSession.objects.visible_to(request.user).count(),
        "deleted": VoiceSession.objects.deleted_by(request.user).count(),
    }
    return render(request, "sessions_app/account_delete.html", context, status=400 if form.is_bound else 200)


def _delete_account(request: HttpRequest) -> HttpResponse:
    user, sessions = request.user, VoiceSession.objects.visible_to(request.user).count()
    logout(request)
    forgetting.forget_account(user)  # type: ignore[arg-type]  # a member
    said = ngettext(
        "Your account is deleted, with %(count)d session. Nothing of it is kept.",
        "Your account is deleted, with %(count)d sessions. Nothing of it is kept.",
        sessions,
    )
    notices.success(
        request, said % {"count": sessions} if sessions else _("Your account is deleted. Nothing of it is kept.")
    )
    return see_other(reverse("privacy"))
