"""Going over a session once it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from sessions_app.lines import lines_of, timecode

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from sessions_app.models import VoiceSession


def debrief(request: HttpRequest, voice_session: VoiceSession) -> HttpResponse:
    lines = list(lines_of(voice_session.events.order_by("seq").iterator()))
    context = {
        "voice_session": voice_session,
        "lines": lines,
        "simulated": voice_session.simulated,
        "elcor": request.GET.get("elcor", "1" if voice_session.elcor else "") == "1",
        "summary": _summary(voice_session, lines),
    }
    return render(request, "sessions_app/debrief.html", context)


def _summary(voice_session: VoiceSession, lines: list[Any]) -> dict[str, object]:
    return {
        "audio": timecode(voice_session.audio_ms),
        "gaps": sum(line.kind == "gap" for line in lines),
        "speakers": sorted({line.speaker for line in lines if line.speaker}),
    }
