"""Sessions gone by: the list, its filters and its search; deleting a session and having it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages as notices
from django.db.models import Count, Subquery, Value
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from sessions_app import lifecycle, search, search_index
from sessions_app.annotation.tone_strip import shapes_of, shares_of
from sessions_app.models import State, VoiceSession
from sessions_app.search_hits import Hits, hits_of
from sessions_app.views.access import back_to, found, members_only, number, see_other, wants_json
from sessions_app.words.questions import MAX_QUESTION_CHARS, fragments_of

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from sessions_app.annotation.tone_strip import Shape
    from sessions_app.models import VoiceSessionQuerySet
    from sessions_app.words.questions import Term

HISTORY_PAGE = 25
MAX_PAGES = 1_000_000
MAX_SLOWLY_COUNTED = 10 * HISTORY_PAGE
SENSIBLE_YEARS = range(1970, 3000)
MAX_SPEAKERS_SHOWN = 4
MAX_SHARES_SHOWN = 3
STATES = {"running": gettext_lazy("Running"), "stopped": gettext_lazy("Ended")}
AFFECTS = {
    "warm": gettext_lazy("warm"),
    "frustrated": gettext_lazy("frustrated"),
    "confused": gettext_lazy("confused"),
    "apologetic": gettext_lazy("apologetic"),
    "genuine": gettext_lazy("genuine"),
    "dismissive": gettext_lazy("dismissive"),
    "urgent": gettext_lazy("urgent, or excited"),
    "neutral": gettext_lazy("nothing stands out"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a visitor asks the history for. What makes no sense is left out."""

    q: str = ""
    state: str = ""
    after: date | None = None
    until: date | None = None
    speaker: str = ""
    tone: str = ""

    @property
    def wanted(self) -> search.Wanted:
        return search.Wanted(question=self.q, speaker=self.speaker, affect=self.tone)

    @property
    def in_address(self) -> str:
        """The filters as they stand in the address of a page."""
        named = {"q": self.q, "state": self.state, "from": self.after, "to": self.until}
        named |= {"speaker": self.speaker, "tone": self.tone}
        return urlencode({name: value for name, value in named.items() if value})

    @property
    def are_more(self) -> bool:
        """Tell whether any is set beside words and state: then the others are shown open."""
        return bool(self.after or self.until or self.speaker or self.tone)


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a session sounded so, and the word for it."""

    affect: str
    words: StrOrPromise
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A session in a list. Titles and names are in fragments, each with whether it was looked for."""

    session: VoiceSession
    title: list[tuple[str, bool]]
    speakers: list[list[tuple[str, bool]]]
    more_speakers: int
    shapes: list[Shape]
    shares: list[Share]
    hits: Hits

    @property
    def anchor(self) -> str:
        return f"session-{self.session.pk}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of the list."""

    number: int
    total: int
    sessions: list[VoiceSession]
    are_more: bool = False  # than `total`: nobody counted further

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // HISTORY_PAGE))

    @property
    def is_behind_the_last(self) -> bool:
        return self.number > 1 and not self.sessions

    @property
    def newer(self) -> int:
        return self.number - 1

    @property
    def older(self) -> int:
        return self.number + 1 if self.number < self.pages and self.sessions else 0


def history(request: HttpRequest) -> HttpResponse:
    """The list. Not more than six queries, whatever is asked and found; one more with a session that
    is not indexed yet, and one for phrases in PostgreSQL."""
    filters = filters_of(request)
    mine = _within(VoiceSession.objects.visible_to(request.user), filters)
    result = search.find(mine, request.user.pk or 0, filters.wanted)
    terms = filters.wanted.words
    listing = _page_of(result, number(request, "page", 1), with_texts=bool(terms))
    rows = rows_of(listing.sessions, terms, _texts(listing, result) if terms else {})
    context = {
        "listing": listing,
        "rows": rows,
        "anchors": {row.anchor for row in rows},
        "filters": filters,
        "is_filtered": bool(filters.in_address),
        "has_no_words": filters.wanted.has_nothing_to_find,
        "is_catching_up": result.is_catching_up,
        "states": STATES.items(),
        "affects": AFFECTS.items(),
        "back": request.get_full_path(),
    }
    return render(request, "sessions_app/history.html", context)


def filters_of(request: HttpRequest) -> Filters:
    asked = request.GET
    state, tone = asked.get("state", ""), asked.get("tone", "")
    return Filters(
        q=asked.get("q", "").replace("\0", " ").strip()[:MAX_QUESTION_CHARS],
        state=state if state in STATES else "",
        after=_day(asked.get("from", "")),
        until=_day(asked.get("to", "")),
        speaker=asked.get("speaker", "").replace("\0", " ").strip()[:100],
        tone=tone if tone in AFFECTS else "",
    )


def rows_of(
    sessions: Iterable[VoiceSession],
    terms: tuple[Term, ...] = (),
    texts: dict[uuid.UUID, search_index.Texts] | None = None,
) -> list[Row]:
    """Return the rows of a list; with `texts` (what the index holds of each) also where `terms` stand.

    One query for that, and one when there is a session among them that runs.
    """
    listed = list(sessions)
    hits, so_far = hits_of(texts, terms) if texts else {}, search.summaries_so_far(listed)
    return [_row(one, so_far.get(one.pk, one.summary), terms, hits.get(one.pk, Hits())) for one in listed]


def _row(voice_session: VoiceSession, summary: search.Summary, terms: tuple[Term, ...], hits: Hits) -> Row:
    speakers, strip = summary.get("speakers", []), summary.get("strip", "")
    return Row(
        session=voice_session,
        title=fragments_of(voice_session.display_title, terms),
        speakers=[fragments_of(name, terms) for name in speakers[:MAX_SPEAKERS_SHOWN]],
        more_speakers=max(0, len(speakers) - MAX_SPEAKERS_SHOWN),
        shapes=shapes_of(strip),
        shares=[
            Share(share.affect, AFFECTS.get(share.affect, _("unclear")), share.percent)
            for share in shares_of(strip)[:MAX_SHARES_SHOWN]
        ],
        hits=hits,
    )


def _within(mine: VoiceSessionQuerySet, filters: Filters) -> VoiceSessionQuerySet:
    if filters.state:
        running = [State.STARTING, State.RUNNING]
        mine = mine.filter(state__in=running if filters.state == "running" else [State.STOPPED])
    if filters.after:
        mine = mine.filter(created_at__gte=_midnight(filters.after))
    if filters.until:
        mine = mine.filter(created_at__lt=_midnight(filters.until + timedelta(days=1)))
    return mine


def _page_of(result: search.Found, page_number: int, *, with_texts: bool) -> Listing:
    """Read a page: its sessions, with what the index holds of each, and how many there are on all pages.

    One query; two for what is slow to count, which is counted, and listed, up to `MAX_SLOWLY_COUNTED`.
    """
    number = min(max(page_number, 1), MAX_PAGES)
    here = slice((number - 1) * HISTORY_PAGE, number * HISTORY_PAGE)
    ordered = result.sessions.order_by("-created_at", "-pk")
    if result.is_slow_to_count:
        newest = list(ordered.values_list("pk", flat=True)[: MAX_SLOWLY_COUNTED + 1])
        listed = newest[:MAX_SLOWLY_COUNTED]
        sessions = _read(VoiceSession.objects.filter(pk__in=listed[here]), with_texts=with_texts)
        return Listing(number=number, total=len(listed), sessions=sessions, are_more=len(newest) > len(listed))
    total = result.sessions.order_by().annotate(all=Value(1)).values("all").annotate(n=Count("pk")).values("n")
    page = VoiceSession.objects.filter(pk__in=ordered.values("pk")[here]).annotate(total=Subquery(total))
    sessions = _read(page, with_texts=with_texts)
    # Only a page behind the last has no row to bring the count along.
    return Listing(number=number, total=sessions[0].total if sessions else 0, sessions=sessions)  # type: ignore[attr-defined]


def _read(page: VoiceSessionQuerySet, *, with_texts: bool) -> list[VoiceSession]:
    return list((search_index.with_texts(page) if with_texts else page).order_by("-created_at", "-pk"))


def _texts(listing: Listing, result: search.Found) -> dict[uuid.UUID, search_index.Texts]:
    texts = {one.pk: search_index.texts_of(one) for one in listing.sessions}
    waiting = {
        pk: [(part.padded, part.places) for part in parts] for pk, parts in result.unindexed.items() if pk in texts
    }
    return texts | waiting


def _day(text: str) -> date | None:
    """Return the day that `text` names; None when it is none, or one at the far ends of the calendar."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and day.year in SENSIBLE_YEARS else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@require_POST
@members_only
def session_delete(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Delete a session, with a way back for a moment."""
    voice_session = found(request, session_id)
    lifecycle.delete(voice_session)
    if wants_json(request):
        return JsonResponse({"id": str(voice_session.pk), "deleted": True})
    notices.success(
        request,
        _("“%(title)s” is deleted.") % {"title": voice_session.display_title},
        extra_tags=reverse("session_undelete", args=[voice_session.pk]),  # base.html makes an Undo of it
    )
    return see_other(back_to(request, reverse("sessions")))


@require_POST
@members_only
def session_undelete(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    voice_session = VoiceSession.objects.deleted_by(request.user).filter(pk=session_id).first()
    if voice_session is None or not lifecycle.undelete(voice_session):
        raise Http404
    if wants_json(request):
        return JsonResponse({"id": str(voice_session.pk), "deleted": False})
    notices.success(request, _("“%(title)s” is back.") % {"title": voice_session.display_title})
    return see_other(back_to(request, reverse("sessions")))
