"""The health page: what this installation stands on, whether its jobs run, and what this process has open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app import backends, broadcast, conf, journal, presence, readiness
from sessions_app.admin.records import ReadOnlyAdmin
from sessions_app.models import JobRun, ServerProcess, VoiceAllocation, VoiceSession

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern

LATE_AFTER = timedelta(minutes=5)  # both jobs run once a minute, or oftener
JOBS = {
    "reap_idle_sessions": _("End forgotten sessions (reap_idle_sessions)"),
    "purge_expired": _("Forget what is due (purge_expired)"),
}


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """The list of jobs is the health page."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="sessions_app_jobrun_changelist")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Health"),
            "opts": self.opts,
            "parts": async_to_sync(readiness.problems)(),
            "listens": backends.describe(conf.current()),
            "jobs": [_job(name, words) for name, words in JOBS.items()],
            "counts": _counts(),
            "processes": ServerProcess.objects.alive().order_by("name"),
            "process": async_to_sync(_process)(),
        }
        return TemplateResponse(request, "admin/sessions_app/jobrun/health.html", context)


def _job(name: str, words: Any) -> dict[str, Any]:
    run = JobRun.objects.filter(name=name).first()
    is_late = run is None or timezone.now() - run.finished_at > LATE_AFTER
    return {"words": words, "run": run, "is_late": is_late}


def _counts() -> list[tuple[Any, int]]:
    """Return what the database says of all processes; each has its index."""
    return [
        (_("Running sessions"), VoiceSession.objects.running().count()),
        (_("Open microphones"), VoiceSession.objects.running().with_microphone().count()),
        (_("Idle sessions, to be reaped"), VoiceSession.objects.idle(conf.current().idle_ttl_s).count()),
        (_("Sessions being forgotten"), VoiceSession.objects.filter(deleted_at__isnull=False).count()),
        (_("Allocations held"), VoiceAllocation.objects.count()),
    ]


async def _process() -> list[tuple[Any, object]]:
    """Return what the event loop that serves this page has open."""
    open_now, written = presence.current().counts(), journal.current()
    return [
        (_("Views"), open_now["viewers"]),
        (_("Microphones"), open_now["microphones"]),
        (_("Batches waiting in the journal"), written.depth),
        (_("Journal"), _("stalled: the database does not take it") if written.is_stalled else _("writes")),
        (_("Failed calls of the channel layer"), broadcast.layer_failures.total),
    ]
