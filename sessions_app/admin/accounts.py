"""Accounts: deleting one forgets all it has, as if its owner had done it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app import forgetting
from sessions_app.admin.records import ReadOnlyAdmin
from sessions_app.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

User = get_user_model()
admin.site.unregister([User, Authenticator, UserSession])  # what second factors hold, and from where somebody logs in


@admin.register(Authenticator)
class SecondFactorAdmin(ReadOnlyAdmin):
    """Second factors, without their secrets; deleting one lets in again who has lost it."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    fields = ["user", "type", "created_at", "last_used_at"]
    ordering = ["-id"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(request.user.has_perm("mfa.delete_authenticator"))


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]  # subscriptable only in stubs
    actions = ["forget_accounts"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Django's own deletion would list what the account has said, and leave its bytes behind."""
        return False

    @admin.action(description=_("Forget the selected accounts with everything"), permissions=["forget"])
    def forget_accounts(self, request: HttpRequest, queryset: QuerySet[AbstractBaseUser]) -> HttpResponse | None:
        chosen = list(queryset.exclude(pk=request.user.pk))
        if request.POST.get("confirmed") != "yes":
            context = {
                **self.admin_site.each_context(request),
                "title": _("Forget for good?"),
                "chosen": chosen,
                "opts": self.opts,
            }
            return TemplateResponse(request, "admin/sessions_app/forget_accounts.html", context)
        for user in chosen:
            AuditEntry.note(request.user, "forget account", detail=f"account {user.pk}")  # type: ignore[arg-type]
            forgetting.forget_account(user)
        text = ngettext("%d account is forgotten.", "%d accounts are forgotten.", len(chosen)) % len(chosen)
        self.message_user(request, text, messages.SUCCESS)
        return None

    def has_forget_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("auth.delete_user"))
