"""Everything about one's own account, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.shortcuts import render
from django.views.decorators.http import require_GET

from sessions_app import sharing
from sessions_app.views.access import members_only

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_GET
@members_only
def account(request: HttpRequest) -> HttpResponse:
    kinds = list(Authenticator.objects.filter(user_id=request.user.pk).values_list("type", flat=True))
    context = {
        "has_app": Authenticator.Type.TOTP in kinds,
        "keys": kinds.count(Authenticator.Type.WEBAUTHN),
        "devices": len(UserSession.objects.purge_and_list(request.user)),
        "links": sharing.of_owner(request.user).count(),
    }
    return render(request, "sessions_app/account.html", context)
