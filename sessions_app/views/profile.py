"""How captions look to the account: the page that sets it, and the address that scripts send each change to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sessions_app import look
from sessions_app.look_form import LookForm, SwitchField
from sessions_app.views.access import members_only, see_other, submitted, wants_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


@require_GET
@members_only
def profile(request: HttpRequest) -> HttpResponse:
    form = LookForm(initial=dict(look.of(request.user).values))
    return _page(request, form)


@require_http_methods(["GET", "POST"])
@members_only
def look_of_account(request: HttpRequest) -> HttpResponse:
    """GET: the look as JSON. POST: as JSON, the choices that change; from the page's form, all of them."""
    if request.method == "GET":
        return JsonResponse(look.of(request.user).wire()) if wants_json(request) else redirect("profile")
    fields = submitted(request)
    is_form = fields is request.POST
    try:
        changed = _changed(request, fields, is_form=is_form)
    except look.NotALook as refusal:
        if is_form and not wants_json(request):
            return _page(request, LookForm(fields), status=400)
        return JsonResponse({"error": "invalid", "fields": refusal.problems}, status=400)
    if wants_json(request) or not is_form:
        return JsonResponse(changed.wire())
    notices.success(request, _("Saved. All your open pages look like this now."))
    return see_other(reverse("profile"))


def _changed(request: HttpRequest, fields: Any, *, is_form: bool) -> look.Look:
    if fields is None:
        raise look.NotALook({"__all__": [_("Send form fields or a JSON object.")]})
    if fields.get("reset"):
        return look.reset(request.user)  # type: ignore[arg-type]  # a member
    return look.change(request.user, _whole(fields) if is_form else fields)  # type: ignore[arg-type]


def _whole(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return what a whole form says: a box that was not ticked is not sent, and means off."""
    switches = {name: False for name, field in LookForm.base_fields.items() if isinstance(field, SwitchField)}
    return switches | {name: fields[name] for name in look.DEFAULTS if name in fields}


def _page(request: HttpRequest, form: LookForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "usual": json.dumps(look.DEFAULTS)}
    return render(request, "sessions_app/profile.html", context, status=status)
