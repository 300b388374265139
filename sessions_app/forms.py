"""What people may ask for when they start a session, and what they may change in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.live.messages import MAX_CLOCK_MS, MAX_NOTE_CHARS
from sessions_app.models import (
    DEFAULT_WINDOW_MS,
    MAX_NAME_CHARS,
    MAX_SPEAKERS,
    MAX_TITLE_CHARS,
    MAX_WINDOW_MS,
    MAX_WORDS_CHARS,
    MIN_WINDOW_MS,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class StartForm(forms.Form):
    """Everything is optional: an empty form starts a session with sensible defaults."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    elcor = forms.BooleanField(label=_("Say the tone before the words"), required=False)
    captions_only = forms.BooleanField(label=_("Captions only, no tone"), required=False)
    language = forms.RegexField(
        label=_("Language"),
        regex=r"^[a-z]{2,3}$",
        required=False,
        help_text=_("Two letters, such as en. Leave empty for what the engine knows best."),
        error_messages={"invalid": _("Use a language code of two or three letters, such as en.")},
    )
    num_speakers = forms.IntegerField(
        label=_("Number of speakers"), min_value=1, max_value=MAX_SPEAKERS, required=False
    )
    window_ms = forms.IntegerField(
        label=_("Listening window (ms)"),
        min_value=MIN_WINDOW_MS,
        max_value=MAX_WINDOW_MS,
        required=False,
        help_text=_("How much sound is judged at once. 1000 suits most calls."),
        widget=forms.NumberInput(attrs={"placeholder": DEFAULT_WINDOW_MS, "step": 100}),
    )


def _voice(label: StrOrPromise) -> forms.CharField:
    return forms.CharField(label=label, max_length=MAX_NAME_CHARS)


def _moment() -> forms.IntegerField:
    """A time of the session's clock in ms; left out it is now."""
    return forms.IntegerField(label=_("Time (ms)"), min_value=0, max_value=MAX_CLOCK_MS, required=False)


class LineForm(forms.Form):
    text = forms.CharField(label=_("Words"), max_length=MAX_WORDS_CHARS)


class LineSpeakerForm(forms.Form):
    speaker = _voice(_("Voice"))


class NameForm(forms.Form):
    """An empty name gives the voice its mark back."""

    speaker = _voice(_("Voice"))
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME_CHARS, required=False)


class MergeForm(forms.Form):
    speaker = _voice(_("Voice"))
    same_as = _voice(_("The same person as"))


class TitleForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=MAX_TITLE_CHARS, required=False)


class NewNoteForm(forms.Form):
    """Without text it is a bookmark."""

    at_ms = _moment()
    text = forms.CharField(label=_("Note"), max_length=MAX_NOTE_CHARS, required=False)


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), max_length=MAX_NOTE_CHARS, required=False)


class OffRecordForm(forms.Form):
    off = forms.TypedChoiceField(
        label=_("Off the record"), choices=[("1", _("yes")), ("0", _("no"))], coerce=lambda value: value == "1"
    )
    at_ms = _moment()


class NothingForm(forms.Form):
    """The address says it all."""
