"""The list of sessions: whose, how they run, what staff may do with them. Titles are their owners' words: hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app import allocations, conf, forgetting, lifecycle, processes
from sessions_app.admin.records import ReadOnlyAdmin, session_number
from sessions_app.admin.revealing import reveal_view
from sessions_app.annotation.events import Kind
from sessions_app.lines import timecode
from sessions_app.models import (
    LEASE_STALE_S,
    AuditEntry,
    EndReason,
    Event,
    VoiceAllocation,
    VoiceSession,
)

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from sessions_app.models import VoiceSessionQuerySet

ENGINES = ("embedded", "cf-voice", "scripted")
MOST_AT_ONCE = 200


class EngineFilter(admin.SimpleListFilter):
    """By who listens; a fixed list, because asking the table for it would read all of the table."""

    title = _("engine")
    parameter_name = "engine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((name, name) for name in ENGINES), ("none", str(_("none yet")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[VoiceSession]) -> QuerySet[VoiceSession]:
        chosen = self.value()
        if chosen == "none":
            return queryset.filter(engine="")
        return queryset.filter(engine=chosen) if chosen in ENGINES else queryset


class AttentionFilter(admin.SimpleListFilter):
    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("microphone", _("microphone open")),
            ("idle", _("idle, to be reaped")),
            ("allocation", _("holds an allocation")),
            ("deleted", _("deleted, to be forgotten")),
        ]

    def queryset(self, request: HttpRequest, queryset: VoiceSessionQuerySet) -> VoiceSessionQuerySet:  # type: ignore[override]
        match self.value():
            case "microphone":
                return queryset.running().with_microphone()
            case "idle":
                return queryset.idle(conf.current().idle_ttl_s)
            case "allocation":
                return queryset.filter(pk__in=VoiceAllocation.objects.exclude(session=None).values("session_id"))
            case "deleted":
                return queryset.filter(deleted_at__isnull=False)
        return queryset


class SessionList(ChangeList):
    """A page of sessions with the gaps and the views of each, in one query each for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        shown = [row.pk for row in self.result_list if isinstance(row, VoiceSession)]
        gaps = Event.objects.filter(session__in=shown, kind=Kind.GAP.value).order_by().values("session")
        counts = dict(gaps.annotate(count=Count("pk")).values_list("session", "count"))
        views = processes.views()
        for row in self.result_list:
            row.gap_count, row.view_count = counts.get(row.pk, 0), views[row.pk]


@admin.register(VoiceSession)
class VoiceSessionAdmin(ReadOnlyAdmin):
    list_display = [
        "short_id", "owner", "standing", "who_is_there", "lag", "gaps", "listened", "engine", "allocation_id",
        "created_at", "simulated",
    ]  # fmt: skip
    list_display_links = ["short_id"]
    list_filter = [AttentionFilter, "state", "end_reason", EngineFilter, "simulated", "created_at"]
    list_select_related = ["owner"]
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["id"]  # `get_search_results` says what is searched
    search_help_text = _("A session’s number (UUID), or its owner’s name or mail address, from the beginning")
    ordering = ["-created_at", "-id"]
    actions = ["end_sessions", "reap_sessions", "release_allocations", "purge_sessions"]
    view_on_site = False
    fields = [
        "id", "owner", "state", "end_reason", "engine", "simulated", "voice_url", "allocation_id", "elcor",
        "captions_only", "window_ms", "language", "num_speakers", "created_at", "started_at", "ended_at",
        "last_seen_at", "stream_seen_at", "listened", "lag", "last_seq", "revision", "keep_until", "forget_at_end",
        "deleted_at",
    ]  # fmt: skip
    readonly_fields = tuple(fields)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> VoiceSessionQuerySet:
        return VoiceSession.objects.reviewable_by(request.user).order_by("-created_at", "-id")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SessionList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "owner__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list[URLPattern]:
        reveal = self.admin_site.admin_view(self.reveal)
        return [path("<uuid:session_id>/reveal/", reveal, name="sessions_app_reveal"), *super().get_urls()]

    def reveal(self, request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
        return reveal_view(self, request, session_id)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[VoiceSession], search_term: str
    ) -> tuple[QuerySet[VoiceSession], bool]:
        """Find by number in either spelling, else by owner. Titles are not searched: staff could guess at them."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if (number := session_number(term)) is not None:
            return queryset.filter(pk=number), False
        people = get_user_model()._default_manager.filter(Q(username__istartswith=term) | Q(email__istartswith=term))
        return queryset.filter(owner__in=list(people.values_list("pk", flat=True)[:MOST_AT_ONCE])), False

    @admin.display(description=_("session"), ordering="id")
    def short_id(self, voice_session: VoiceSession) -> str:
        return str(voice_session.pk)[:8]

    @admin.display(description=_("state"), ordering="state")
    def standing(self, voice_session: VoiceSession) -> str:
        """What it does, or how it ended."""
        return voice_session.get_end_reason_display() if voice_session.end_reason else voice_session.get_state_display()

    @admin.display(description=_("listened"), ordering="heard_sample")
    def listened(self, voice_session: VoiceSession) -> str:
        return timecode(voice_session.audio_ms)

    @admin.display(description=_("lag"))
    def lag(self, voice_session: VoiceSession) -> str:
        """How long nothing was heard of who listens and watches; an ended session has no lag."""
        if not voice_session.is_running:
            return "–"
        heard_of = max(filter(None, [voice_session.last_seen_at, voice_session.stream_seen_at]))
        return f"{max(0.0, _seconds_since(heard_of)):.0f} s"

    @admin.display(description=_("gaps"))
    def gaps(self, voice_session: VoiceSession) -> int:
        return int(getattr(voice_session, "gap_count", 0))

    @admin.display(description=_("who is there"))
    def who_is_there(self, voice_session: VoiceSession) -> str:
        """Tell by the marks that microphones leave every 15 s, and by what all processes say of their views."""
        seen_at = voice_session.stream_seen_at if voice_session.stream_id else None
        has_microphone = seen_at is not None and _seconds_since(seen_at) < LEASE_STALE_S
        views = int(getattr(voice_session, "view_count", 0))
        there = [str(_("microphone"))] if has_microphone else []
        there += [ngettext("%d view", "%d views", views) % views] if views else []
        return ", ".join(there) or "–"

    @admin.action(description=_("End the selected sessions"), permissions=["end"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[VoiceSession]) -> None:
        ended = [
            row
            for row in queryset.filter(pk__in=self._chosen(request, queryset))
            if lifecycle.end(row, EndReason.ADMIN)
        ]
        self._done(request, "end", ended, ngettext("%d session ended.", "%d sessions ended.", len(ended)))

    @admin.action(description=_("Reap the selected sessions, where idle"), permissions=["end"])
    def reap_sessions(self, request: HttpRequest, queryset: QuerySet[VoiceSession]) -> None:
        chosen = self._chosen(request, queryset)
        idle = VoiceSession.objects.filter(pk__in=chosen).idle(conf.current().idle_ttl_s)
        reaped = [row for row in idle if lifecycle.end(row, EndReason.IDLE)]
        self._done(request, "reap", reaped, ngettext("%d idle session ended.", "%d idle sessions ended.", len(reaped)))

    @admin.action(description=_("Release the allocations of the selected sessions"), permissions=["end"])
    def release_allocations(self, request: HttpRequest, queryset: QuerySet[VoiceSession]) -> None:
        """A session that is still listened to gets another one with its next words."""
        chosen = self._chosen(request, queryset)
        held = VoiceAllocation.objects.filter(session__in=chosen).select_related("session")
        asked = [row.session for row in held if row.session is not None]
        allocations.release(held)
        left = held.all().count()
        said = ngettext("%d allocation given back", "%d allocations given back", len(asked) - left)
        text = said % (len(asked) - left) + (_("; %d cannot be given back now.") % left if left else ".")
        self._done(request, "release", asked, text)

    @admin.action(description=_("Forget the selected sessions for good"), permissions=["purge"])
    def purge_sessions(self, request: HttpRequest, queryset: QuerySet[VoiceSession]) -> HttpResponse | None:
        """Ask first, then forget. The audit entries stay."""
        chosen = list(queryset.select_related("owner").filter(pk__in=self._chosen(request, queryset)))
        if request.POST.get("confirmed") != "yes":
            context = {
                **self.admin_site.each_context(request),
                "title": _("Forget for good?"),
                "chosen": chosen,
                "opts": self.opts,
            }
            return TemplateResponse(request, "admin/sessions_app/voicesession/purge.html", context)
        self._note(request, "purge", chosen)  # first: what is forgotten halfway shall not be without an entry
        purged = len(list(forgetting.purge(VoiceSession.objects.filter(pk__in=[row.pk for row in chosen]))))
        text = ngettext("%d session is forgotten.", "%d sessions are forgotten.", purged) % purged
        self.message_user(request, text, messages.SUCCESS)
        return None

    def has_end_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sessions_app.change_voicesession"))

    def has_purge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("sessions_app.delete_voicesession"))

    def _chosen(self, request: HttpRequest, queryset: QuerySet[VoiceSession]) -> list[uuid.UUID]:
        """Return as many of the chosen sessions as one request may take, and say when there are more."""
        chosen = list(queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            text = _("Only the first %d sessions were taken. Narrow the list down for the others.") % MOST_AT_ONCE
            self.message_user(request, text, messages.WARNING)
        return chosen[:MOST_AT_ONCE]

    def _done(self, request: HttpRequest, action: str, rows: list[VoiceSession], text: str) -> None:
        self._note(request, action, rows)
        self.message_user(request, text % len(rows) if "%d" in text else text, messages.SUCCESS)

    def _note(self, request: HttpRequest, action: str, rows: list[VoiceSession]) -> None:
        for row in rows:
            AuditEntry.note(request.user, action, session_id=row.pk)  # type: ignore[arg-type]  # staff


def _seconds_since(moment: datetime) -> float:
    return (timezone.now() - moment).total_seconds()
