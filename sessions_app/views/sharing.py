"""Sharing a session by a link: the owner's list of links, opening one, and what a trusted viewer reads afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.core.ratelimit import respond_429
from django import forms
from django.contrib import messages as notices
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from sessions_app import look, revisions, sharing
from sessions_app.lines import PagedLines
from sessions_app.models import Scope, VoiceSession
from sessions_app.sharing import Lifetime
from sessions_app.views import guesses
from sessions_app.views.access import found, members_only, see_other

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest

    from sessions_app.lines import Line
    from sessions_app.models import Share
    from sessions_app.permission import Access

PAGE_LINES = 1000


class ShareForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=sharing.MAX_NAME_CHARS,
        help_text=gettext_lazy("Only you see this name. It also stands beside the notes that they send you."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(label=gettext_lazy("They may"), choices=Scope.choices, widget=forms.RadioSelect)
    lifetime = forms.ChoiceField(label=gettext_lazy("The link works for"), choices=Lifetime.choices)


@require_http_methods(["GET", "POST"])
@members_only
def session_shares(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """The links of a session and a form for one more. A new link is shown in answer to its form, and never again."""
    voice_session = found(request, session_id)
    if request.method == "GET":
        return _shares_page(request, voice_session, ShareForm(initial=sharing.last_choice(request.user)))
    form = ShareForm(request.POST)
    made = _made(voice_session, form)
    if made is None:
        return _shares_page(request, voice_session, form, status=400)
    share, token = made
    address = request.build_absolute_uri(reverse("shared", args=[token]))
    fresh_form = ShareForm(initial=sharing.last_choice(request.user))
    return _shares_page(request, voice_session, fresh_form, address=address, made_for=share.name)


@require_POST
@members_only
def session_share_revoke(request: HttpRequest, session_id: uuid.UUID, share_id: int) -> HttpResponse:
    """Withdraw one link; `back=all` leads to the page of all links."""
    voice_session = found(request, session_id)
    links = sharing.of_session(voice_session).filter(pk=share_id)
    if not links:
        raise Http404
    sharing.revoke(links)
    notices.success(request, _("The link is withdrawn. Whoever had the session open by it has been shut out."))
    if request.POST.get("back") == "all":
        return see_other(reverse("shares"))
    return see_other(reverse("session_shares", args=[voice_session.pk]))


@require_GET
@members_only
def shares(request: HttpRequest) -> HttpResponse:
    """Every link of this account that opens something now."""
    return render(request, "sessions_app/all_shares.html", {"shares": sharing.of_owner(request.user)})


@require_POST
@members_only
def shares_revoke(request: HttpRequest) -> HttpResponse:
    number = sharing.revoke(sharing.of_owner(request.user))
    words = ngettext("%(number)d link is withdrawn.", "%(number)d links are withdrawn.", number)
    notices.success(request, words % {"number": number})
    return see_other(reverse("shares"))


@require_safe
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Open a link: from then on this browser may watch the session. Asked for again it does the same again."""
    if guesses.are_too_many(request):
        return cast("HttpResponse", respond_429(request))  # allauth is untyped
    share = sharing.with_token(token)
    if share is None:
        guesses.count(request)
        raise Http404
    if request.user.pk != share.session.owner_id:
        sharing.open_in(request.session, share)
    answer = see_other(share.session.get_absolute_url())
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def shared_debrief(request: HttpRequest, access: Access) -> HttpResponse:
    """An ended session as a trusted viewer reads it: the words and their tone, without notes, files or changes."""
    voice_session = access.voice_session
    lines = PagedLines(voice_session, names=revisions.names_of(voice_session.pk))
    pages: Paginator[Line] = Paginator(lines, PAGE_LINES)  # type: ignore[arg-type]  # it only measures and slices
    context = {
        "voice_session": voice_session,
        "page_obj": pages.get_page(request.GET.get("page")),
        "simulated": voice_session.simulated,
        "elcor": look.is_elcor(request, voice_session),
        "share": access.share,
    }
    return render(request, "sessions_app/shared_debrief.html", context)


def _made(voice_session: VoiceSession, form: ShareForm) -> tuple[Share, str] | None:
    """Return the link that the form asks for and its token; None when the form says what is wrong."""
    if not form.is_valid():
        return None
    scope, lifetime = Scope(form.cleaned_data["scope"]), Lifetime(form.cleaned_data["lifetime"])
    try:
        return sharing.make(voice_session, name=form.cleaned_data["name"], scope=scope, lifetime=lifetime)
    except sharing.TooManyLinks:
        form.add_error(None, _("This session has as many links as it can have. Withdraw one first."))
        return None
    except VoiceSession.DoesNotExist as error:
        raise Http404 from error


def _shares_page(
    request: HttpRequest,
    voice_session: VoiceSession,
    form: ShareForm,
    *,
    address: str = "",
    made_for: str = "",
    status: int = 200,
) -> HttpResponse:
    links = list(sharing.of_session(voice_session))
    context = {
        "voice_session": voice_session,
        "form": form,
        "open_links": [link for link in links if link.is_open],
        "closed_links": [link for link in links if not link.is_open],
        "shown_uses": sharing.SHOWN_USES,
        "address": address,
        "made_for": made_for,
    }
    return render(request, "sessions_app/shares.html", context, status=status)
