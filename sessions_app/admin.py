"""For staff: which sessions there are and how they stand; events are there to read, never to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app import lifecycle
from sessions_app.lines import timecode
from sessions_app.models import EndReason, Event, VoiceSession

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

admin.site.site_header = _("Linnet for staff")
admin.site.site_title = _("Linnet")
admin.site.index_title = _("What to look after")


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # subscriptable only in stubs
    """Records that nobody writes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(VoiceSession)
class VoiceSessionAdmin(ReadOnlyAdmin):
    list_display = ["display_title", "owner", "state", "end_reason", "engine", "simulated", "listened", "last_seen_at"]
    list_filter = ["state", "end_reason", "engine", "simulated", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__username", "owner__email", "id"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    actions = ["end_sessions"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[VoiceSession]:
        return VoiceSession.objects.reviewable_by(request.user).order_by("-created_at")

    @admin.display(description=_("listened"), ordering="heard_sample")
    def listened(self, voice_session: VoiceSession) -> str:
        return timecode(voice_session.audio_ms)

    @admin.action(description=_("End the selected sessions"), permissions=["end"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[VoiceSession]) -> None:
        ended = sum(lifecycle.end(voice_session, EndReason.ADMIN) for voice_session in queryset)
        text = ngettext("%(count)d session ended.", "%(count)d sessions ended.", ended) % {"count": ended}
        self.message_user(request, text, messages.SUCCESS)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sessions_app.change_voicesession")


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["session", "seq", "kind", "when", "speaker", "label", "confidence", "engine", "simulated"]
    list_filter = ["kind", "engine", "simulated"]
    list_select_related = ["session"]
    search_fields = ["session__id", "session__title", "label"]
    ordering = ["-id"]
    show_full_result_count = False

    @admin.display(description=_("time"), ordering="start_ms")
    def when(self, event: Event) -> str:
        return timecode(event.start_ms)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
