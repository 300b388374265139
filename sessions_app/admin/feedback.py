"""What people think of tones and chose to share: looked through one by one, and exported once approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.contrib import admin, messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app import training
from sessions_app.admin.records import ReadOnlyAdmin
from sessions_app.models import AuditEntry, ToneFeedback

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class ReviewFilter(admin.SimpleListFilter):
    title = _("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("waiting")), ("approved", _("approved")), ("rejected", _("rejected"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ToneFeedback]) -> QuerySet[ToneFeedback]:
        match self.value():
            case "waiting":
                return queryset.filter(reviewed_at=None)
            case "approved":
                return queryset.filter(is_approved=True)
            case "rejected":
                return queryset.filter(is_approved=False, reviewed_at__isnull=False)
        return queryset


@admin.register(ToneFeedback)
class ToneFeedbackAdmin(ReadOnlyAdmin):
    """Shows neither whose it is nor in which session: who reviews need not know."""

    list_display = ["id", "label", "verdict", "heard", "status"]
    list_filter = [ReviewFilter, "verdict"]
    show_facets = admin.ShowFacets.NEVER
    ordering = ["id"]
    actions = ["approve", "reject", "export"]
    fields = ["label", "verdict", "heard", "status", "reviewed_at"]
    readonly_fields = tuple(fields)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ToneFeedback]:
        return ToneFeedback.objects.filter(is_shared=True, session__deleted_at=None).order_by("id")

    @admin.display(description=_("heard as"))
    def heard(self, feedback: ToneFeedback) -> str:
        return training.heard_as(feedback)

    @admin.display(description=_("review"))
    def status(self, feedback: ToneFeedback) -> str:
        if feedback.reviewed_at is None:
            return str(_("waiting"))
        return str(_("approved") if feedback.is_approved else _("rejected"))

    @admin.action(description=_("Approve the selected feedback"), permissions=["review"])
    def approve(self, request: HttpRequest, queryset: QuerySet[ToneFeedback]) -> None:
        self._review(request, queryset, is_approved=True)

    @admin.action(description=_("Reject the selected feedback"), permissions=["review"])
    def reject(self, request: HttpRequest, queryset: QuerySet[ToneFeedback]) -> None:
        self._review(request, queryset, is_approved=False)

    @admin.action(description=_("Export the approved of the selected feedback (JSONL)"), permissions=["review"])
    def export(self, request: HttpRequest, queryset: QuerySet[ToneFeedback]) -> HttpResponse:
        lines = [orjson.dumps(line) + b"\n" for line in training.lines_of(queryset)]
        AuditEntry.note(request.user, "export", detail=f"{len(lines)} lines of feedback")  # type: ignore[arg-type]
        answer = HttpResponse(b"".join(lines), content_type="application/jsonl")
        answer["Content-Disposition"] = 'attachment; filename="linnet-tone-feedback.jsonl"'
        return answer

    def has_review_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sessions_app.change_tonefeedback"))

    def _review(self, request: HttpRequest, queryset: QuerySet[ToneFeedback], *, is_approved: bool) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        count = ToneFeedback.objects.filter(pk__in=chosen, is_shared=True).update(
            is_approved=is_approved, reviewed_at=timezone.now()
        )
        action = "approve" if is_approved else "reject"
        AuditEntry.note(request.user, action, detail=f"{count} verdicts on tones")  # type: ignore[arg-type]
        text = ngettext("%d verdict reviewed.", "%d verdicts reviewed.", count) % count
        self.message_user(request, text, messages.SUCCESS)
