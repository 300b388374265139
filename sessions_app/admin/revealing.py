"""Showing staff what was said in one session: with a permission, for a reason, once, and written down first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from sessions_app import revisions
from sessions_app.lines import timecode
from sessions_app.models import AuditEntry, Event, VoiceSession

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest, HttpResponse

LINES_AT_ONCE = 1000
MAX_AFTER = 2**31 - 1  # more events than years can hold; an entry has room for it, and for the reason behind it


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why do you need to read it?"),
        min_length=5,
        max_length=160,
        help_text=_("It is written down, with your name, where nobody can change it."),
    )
    after = forms.IntegerField(min_value=0, max_value=MAX_AFTER, initial=0, required=False, widget=forms.HiddenInput)


def may_reveal(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("sessions_app.reveal_event"))


def reveal_view(model_admin: ModelAdmin[VoiceSession], request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Ask for a reason; given one, write it down and show the lines. Notes are their author's alone: never shown."""
    if not may_reveal(request):
        raise PermissionDenied
    standing = VoiceSession.objects.reviewable_by(request.user).filter(deleted_at=None)
    voice_session = get_object_or_404(standing, pk=session_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Reveal what was said"),
        "opts": model_admin.opts,
        "voice_session": voice_session,
        "form": form,
    }
    if form.is_valid():
        context |= _revealed(request, voice_session, form)
    return TemplateResponse(request, "admin/sessions_app/voicesession/reveal.html", context)


def _revealed(request: HttpRequest, voice_session: VoiceSession, form: ReasonForm) -> dict[str, object]:
    after, reason = form.cleaned_data["after"] or 0, form.cleaned_data["reason"]
    events = list(Event.objects.filter(session=voice_session).after(after)[:LINES_AT_ONCE])
    last = events[-1].seq if events else after
    AuditEntry.note(
        request.user,  # type: ignore[arg-type]  # staff
        "reveal",
        session_id=voice_session.pk,
        detail=f"{after + 1}-{last}: {reason}",
    )
    return {
        "is_revealed": True,
        "shown_title": voice_session.display_title,
        "rows": list(_rows(events, revisions.names_of(voice_session.pk))),
        "next_after": last if len(events) == LINES_AT_ONCE else None,
        "reason": reason,
    }


def _rows(events: list[Event], names: dict[str, str]) -> Iterator[dict[str, object]]:
    for event in events:
        yield {
            "seq": event.seq,
            "when": timecode(event.start_ms),
            "kind": event.kind,
            "speaker": names.get(event.speaker, event.speaker),
            "label": event.label,
            "text": event.text,
        }
