"""Who of the staff did what: to be read, never to be changed; the model and the database refuse too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from sessions_app.admin.records import ReadOnlyAdmin, session_number
from sessions_app.models import AuditEntry

if TYPE_CHECKING:
    from django.db.models import QuerySet
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
