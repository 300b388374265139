"""Accounts: deleting one forgets all it has, as if its owner had done it.

Whoever can get into an account, or give rights, can read what was said. So only superusers set the passwords, rights
and mail addresses of others (a new password is sent there), and change other superusers or the names of staff: those
stand in the audit log for who they are. All that staff change is in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app import forgetting
from sessions_app.admin.audit import AuditedAdmin
from sessions_app.admin.records import ReadOnlyAdmin
from sessions_app.models import AuditEntry

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

User = get_user_model()
# What second factors hold and from where somebody logs in is nobody's affair; the others let their staff do too much.
admin.site.unregister([User, Group, EmailAddress, Authenticator, UserSession])


@admin.register(Authenticator)
class SecondFactorAdmin(AuditedAdmin, ReadOnlyAdmin):
    """Second factors, without their secrets; deleting one lets in again who has lost it."""

    audited_as = "second factor"
    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    fields = ["user", "type", "created_at", "last_used_at"]
    ordering = ["-id"]

    def has_delete_permission(self, request: HttpRequest, obj: Authenticator | None = None) -> bool:
        is_below = obj is None or _may_touch(request, obj.user)
        return is_below and bool(request.user.has_perm("mfa.delete_authenticator"))


class ForSuperusersAdmin(AuditedAdmin):
    """What opens other people's accounts: staff may look at it if they have the permission."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_superuser


@admin.register(EmailAddress)
class AddressAdmin(ForSuperusersAdmin):
    audited_as = "mail address"
    list_display = ["email", "user", "primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["email", "user__username"]
    raw_id_fields = ["user"]


@admin.register(Group)
class RightsAdmin(ForSuperusersAdmin, GroupAdmin):
    audited_as = "group"

    def whose(self, row: Model) -> str:
        return f"group {row.pk}"


@admin.register(User)
class AccountAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]  # subscriptable only in stubs
    audited_as = "account"
    actions = ["forget_accounts"]

    def get_readonly_fields(self, request: HttpRequest, obj: AbstractBaseUser | None = None) -> tuple[str, ...]:
        if request.user.is_superuser:
            return ()
        rights = ("email", "is_staff", "is_superuser", "groups", "user_permissions")
        return ("username", *rights) if getattr(obj, "is_staff", False) else rights

    def has_change_permission(self, request: HttpRequest, obj: AbstractBaseUser | None = None) -> bool:
        return (obj is None or _may_touch(request, obj)) and super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        if not (request.user.is_superuser or id == str(request.user.pk)):
            raise PermissionDenied
        with transaction.atomic():  # no new password without its entry
            return super().user_change_password(request, id, form_url)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Django's own deletion would list what the account has said, and leave its bytes behind."""
        return False

    @admin.action(description=_("Forget the selected accounts with everything"), permissions=["forget"])
    def forget_accounts(self, request: HttpRequest, queryset: QuerySet[AbstractBaseUser]) -> HttpResponse | None:
        chosen = [user for user in queryset.exclude(pk=request.user.pk) if _may_touch(request, user)]
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


def _may_touch(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Return whether an account is not above the one that asks."""
    return bool(request.user.is_superuser) or not getattr(user, "is_superuser", False)
