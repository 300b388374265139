"""Sessions gone by: the list, its filters and its search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import render

from sessions_app.models import State, VoiceSession

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

HISTORY_PAGE = 25


def history(request: HttpRequest) -> HttpResponse:
    query, state = request.GET.get("q", "").strip()[:200], request.GET.get("state", "")
    mine = VoiceSession.objects.visible_to(request.user)
    if state in State.values:
        mine = mine.filter(state=state)
    if query:
        mine = mine.filter(title__icontains=query)
    page = Paginator(mine, HISTORY_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "query": query, "state": state, "states": State.choices}
    return render(request, "sessions_app/history.html", context)
