"""What people may ask for when they start a session."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.models import DEFAULT_WINDOW_MS, MAX_SPEAKERS, MAX_WINDOW_MS, MIN_WINDOW_MS


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
