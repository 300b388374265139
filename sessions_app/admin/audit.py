"""Who of the staff did what: written down and read, never changed; the model and the database refuse too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sessions_app.admin.records import OfferedFiltersAdmin, ReadOnlyAdmin, session_number
from sessions_app.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "action", "session_id", "detail"]
    list_filter = ["at"]
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["id"]  # `get_search_results` says what is searched
    search_help_text = _("A session’s number (UUID), a staff member’s name, or an action")
    ordering = ["-id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if (number := session_number(term)) is not None:
            return queryset.filter(session_id=number), False
        return queryset.filter(actor_name=term) | queryset.filter(action=term), False


class AuditedAdmin(OfferedFiltersAdmin):
    """Rows of accounts that staff may write: each change is in the audit log, without a name or a value."""

    audited_as: str

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, "add", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, "change", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        for row in queryset:
            self._note(request, "delete", row)
        return super().log_deletions(request, queryset)  # type: ignore[arg-type]  # Django hands over lists too

    def whose(self, row: Model) -> str:
        return f"account {getattr(row, 'user_id', row.pk)}"

    def _note(self, request: HttpRequest, verb: str, row: Model, message: Any = ()) -> None:
        parts = message if isinstance(message, list) else []
        fields = [str(field) for part in parts for field in part.get("changed", {}).get("fields", ())]
        detail = ": ".join(filter(None, [self.whose(row), ", ".join(fields)]))
        AuditEntry.note(request.user, f"{verb} {self.audited_as}", detail=detail)  # type: ignore[arg-type]  # staff
