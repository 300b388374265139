"""Events as they were stored, without what they say: that is revealed per session (`revealing`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from sessions_app.admin.records import ReadOnlyAdmin, session_number
from sessions_app.lines import timecode
from sessions_app.models import Event

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["session_id", "seq", "kind", "when", "confidence", "engine", "simulated", "says"]
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["id"]  # `get_search_results` says what is searched
    search_help_text = _("A session’s number (UUID); with one, kinds can be chosen")
    ordering = ["-id"]
    fields = ["session_id", "seq", "kind", "when", "end_ms", "confidence", "engine", "simulated", "created_at", "says"]
    readonly_fields = tuple(fields)  # type: ignore[arg-type]

    def get_list_filter(self, request: HttpRequest) -> list[str]:  # type: ignore[override]
        """Of all events of all sessions, a rare kind would be looked for through the whole table."""
        return ["kind", "simulated"] if request.GET.get("q") else []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        number = session_number(term)
        return (queryset.none() if number is None else queryset.filter(session_id=number)), False

    def get_ordering(self, request: HttpRequest) -> list[str]:  # type: ignore[override]
        return ["session", "-seq"] if request.GET.get("q") else ["-id"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in {"kind__exact", "simulated__exact"}

    @admin.display(description=_("time"))
    def when(self, event: Event) -> str:
        return timecode(event.start_ms)

    @admin.display(description=_("what was said"))
    def says(self, event: Event) -> StrOrPromise:
        address = reverse("admin:sessions_app_reveal", args=[event.session_id])
        return format_html('<a href="{}">{}</a>', address, _("hidden; reveal …"))
