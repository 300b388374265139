"""What an owner changes: words, voices, title, notes, off the record. Forms and JSON alike (docs/protocol.md)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages as notices
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sessions_app import broadcast, editing, off_record
from sessions_app.forms import (
    LineForm,
    LineSpeakerForm,
    MergeForm,
    NameForm,
    NewNoteForm,
    NoteForm,
    NothingForm,
    OffRecordForm,
    TitleForm,
)
from sessions_app.views.access import back_to, found, members_only, notice, refused, see_other, submitted, wants_json

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable
    from typing import Any

    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest, HttpResponseBase

    from sessions_app.models import VoiceSession
    from sessions_app.revisions import Revised

    Edit = Callable[..., Revised | editing.Removed | None]


def edits(form_class: type[forms.Form], *, anchor: str = "") -> Callable[[Edit], Callable[..., HttpResponseBase]]:
    """Make a view of `edit(voice_session, fields, author, **ids)`: checks who asks and what, and tells every view.

    The answer is the session's revision as JSON, or the page again at `anchor` (filled in with the address's ids). A
    removal also answers what takes it back.
    """

    def view_of(edit: Edit) -> Callable[..., HttpResponseBase]:
        @wraps(edit)
        def view(request: HttpRequest, session_id: uuid.UUID, **ids: int) -> HttpResponse:
            voice_session = found(request, session_id)
            back = back_to(request, f"{voice_session.get_absolute_url()}{anchor.format(**ids)}")
            form = form_class(submitted(request))
            if not form.is_valid():
                return refused(request, back, _in_words(form))
            try:
                made = edit(voice_session, form.cleaned_data, request.user, **ids)
            except editing.NotThere as error:
                raise Http404 from error
            except ValueError as error:
                return refused(request, back, str(error))
            answer = _told(voice_session, made)
            if wants_json(request):
                return JsonResponse(answer)
            notice(request, notices.SUCCESS, _("Saved."), back=back)
            return see_other(back)

        return require_POST(members_only(view))

    return view_of


def _told(voice_session: VoiceSession, made: Revised | editing.Removed | None) -> dict[str, int | str]:
    """Tell every view what was changed, and return what to answer."""
    if made is None:
        return {"revision": voice_session.revision}
    revised, more = (made.revised, {"undo": made.receipt}) if isinstance(made, editing.Removed) else (made, {})
    broadcast.publish_revised_sync(revised)
    return {"revision": revised.last, **more}


def _in_words(form: forms.Form) -> str:
    """Return every complaint about a form in one line."""
    if not form.is_bound:
        return _("Send form fields or a JSON object.")
    complaints = (
        f"{form.fields[name].label}: {text}" if name in form.fields else str(text)
        for name, texts in form.errors.items()
        for text in texts
    )
    return " ".join(complaints)


LINE = "#line-{seq}"


@edits(LineForm, anchor=LINE)
def line_words(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser, seq: int) -> Revised:
    return editing.correct_words(voice_session, seq, fields["text"], author=author)


@edits(LineSpeakerForm, anchor=LINE)
def line_speaker(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser, seq: int) -> Revised:
    return editing.give_to_speaker(voice_session, seq, fields["speaker"], author=author)


class RemovalForm(forms.Form):
    """Empty it removes; with what a removal answered as `undo` it takes that back."""

    undo = forms.CharField(required=False)


@edits(RemovalForm, anchor=LINE)
def line_remove(
    voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser, seq: int
) -> Revised | editing.Removed:
    if fields["undo"]:
        return editing.put_back(voice_session, seq, fields["undo"], author=author)
    return editing.remove_line(voice_session, seq, author=author)


@edits(NameForm)
def speaker_name(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser) -> Revised:
    return editing.name_speaker(voice_session, fields["speaker"], fields["name"], author=author)


@edits(MergeForm)
def speaker_merge(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser) -> Revised:
    return editing.merge_speakers(voice_session, fields["speaker"], fields["same_as"], author=author)


@edits(TitleForm)
def title(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser) -> Revised:
    return editing.rename(voice_session, fields["title"], author=author)


@edits(NewNoteForm)
def notes(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser) -> Revised:
    return editing.add_note(voice_session, author=author, at_ms=fields["at_ms"], text=fields["text"])


@edits(NoteForm)
def note(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser, note_id: int) -> Revised:
    return editing.change_note(voice_session, note_id, fields["text"], author=author)


@edits(NothingForm)
def note_remove(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser, note_id: int) -> Revised:
    return editing.remove_note(voice_session, note_id, author=author)


@edits(OffRecordForm)
def off_the_record(voice_session: VoiceSession, fields: dict[str, Any], author: AbstractBaseUser) -> Revised | None:
    """Go off the record, or back on it; saying it twice changes nothing."""
    if fields["off"]:
        if not voice_session.is_running:
            raise ValueError(_("The session has ended; nothing more is stored."))
        return off_record.begin(voice_session.pk, author=author)
    closed = off_record.finish(voice_session.pk, at_ms=fields["at_ms"], author=author)
    if closed is None:
        return None
    revised, stored = closed
    broadcast.publish_sync(stored)
    return revised
