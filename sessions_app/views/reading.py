"""Other ways to read a session while it goes on: as plain text, and in letters for the other end of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from sessions_app import look, revisions
from sessions_app.lines import lines_of
from sessions_app.views.access import number, watched, watchers_only

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from sessions_app.lines import Line
    from sessions_app.models import VoiceSession

BIG_EVENTS = 60  # enough for a screen of the largest letters
TEXT_EVENTS = 600  # what the plain page begins with; the whole is a link away
MAX_TEXT_EVENTS = 50_000
RELOAD_S = 10


@require_GET
@watchers_only()
def session_big(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    voice_session = watched(request, session_id).voice_session
    after = max(0, voice_session.last_seq - BIG_EVENTS)
    context = {"voice_session": voice_session, "after": after, "lines": _lines(voice_session, after, BIG_EVENTS)}
    return render(request, "sessions_app/big.html", context)


@require_GET
@watchers_only()
def session_text(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Lines behind `after`; without it the latest. `reload` is for those who asked the page to come again by itself."""
    voice_session = watched(request, session_id).voice_session
    newest = max(0, voice_session.last_seq - TEXT_EVENTS)
    after = number(request, "after", newest)
    choices = look.of(request.user)
    context = {
        "voice_session": voice_session,
        "is_toneless": bool(choices["captions_only"]) or choices["tone"] == "off",
        "is_elcor": choices.wants_elcor(voice_session.elcor),
        "lines": _lines(voice_session, after, MAX_TEXT_EVENTS),
        "after": after,
        "last_seq": max(after, voice_session.last_seq),
        "is_continued": "after" in request.GET and after > 0,
        "reload_s": RELOAD_S if request.GET.get("reload") == "on" and voice_session.is_running else 0,
        "reload_offered_s": RELOAD_S,
    }
    return render(request, "sessions_app/text.html", context)


def _lines(voice_session: VoiceSession, after: int, limit: int) -> list[Line]:
    events = voice_session.events.after(after)[:limit]
    return list(lines_of(events.columns(), names=revisions.names_of(voice_session.pk)))
