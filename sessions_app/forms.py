"""What people may ask for when they start a session, and what they may change in one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sessions_app.languages import LanguageField
from sessions_app.live.messages import MAX_CLOCK_MS, MAX_NOTE_CHARS
from sessions_app.models import (
    DEFAULT_WINDOW_MS,
    FOR_EVER,
    MAX_NAME_CHARS,
    MAX_SPEAKERS,
    MAX_TITLE_CHARS,
    MAX_WINDOW_MS,
    MAX_WORDS_CHARS,
    MIN_WINDOW_MS,
    Verdict,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser
    from django_stubs_ext import StrOrPromise


class StartForm(forms.Form):
    """Everything is optional: an empty form starts a session with sensible defaults."""

    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    elcor = forms.BooleanField(label=_("Say the tone before the words"), required=False)
    captions_only = forms.BooleanField(label=_("Captions only, no tone"), required=False)
    language = LanguageField()
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
    forget_at_end = forms.BooleanField(
        label=_("Forget everything when the session ends"),
        required=False,
        help_text=_("Nothing of it is kept: no words, no tones, no notes. Save what you need before you end it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("LanguageField", self.fields["language"]).offer()


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


class FeedbackForm(forms.Form):
    """What somebody thinks of a tone. `is_shared` left out leaves consent as it was."""

    TAKE_BACK = "take_back"

    verdict = forms.ChoiceField(label=_("Verdict"), choices=[*Verdict.choices, (TAKE_BACK, _("take it back"))])
    heard_as = forms.CharField(label=_("I heard it as"), max_length=200, required=False)
    is_shared = forms.CharField(label=_("Share"), max_length=5, required=False)

    def clean_is_shared(self) -> bool | None:
        return {"1": True, "true": True, "0": False, "false": False}.get(self.cleaned_data["is_shared"].lower())

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("verdict") == Verdict.HEARD_AS and not said.get("heard_as"):
            raise forms.ValidationError(_("Say how you heard it."))
        return said


KEEP_DAYS = (1, 7, 30, 90, 365)


def _days(days: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}


class KeepingForm(forms.Form):
    """How long an account remembers. `is_understood` is asked for when a choice would forget sessions at once."""

    keep_days = forms.TypedChoiceField(
        label=_("Keep sessions for"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_(
            "Counted from the end of a session. What is older is forgotten for good: words, tones, corrections, notes "
            "and links. On the page of a session you can choose another time for it."
        ),
    )
    is_understood = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("until I delete them")), *((str(days), _days(days)) for days in KEEP_DAYS)]
        cast("forms.TypedChoiceField", self.fields["keep_days"]).choices = choices


class SessionKeepingForm(forms.Form):
    """How long one session is kept, counted from now."""

    FOR_EVER = "for_ever"

    keep = forms.ChoiceField(label=_("Keep this session"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["keep"]).choices = [
            ("", _("as long as my other sessions")),
            *((str(days), _("%(days)s from now") % {"days": _days(days)}) for days in KEEP_DAYS),
            (self.FOR_EVER, _("until I delete it")),
        ]

    @property
    def keep_until(self) -> datetime | None:
        chosen = self.cleaned_data["keep"]
        if chosen == self.FOR_EVER:
            return FOR_EVER
        return timezone.now() + timedelta(days=int(chosen)) if chosen else None


class AccountDeleteForm(forms.Form):
    """Who deletes an account says its name and its password."""

    name = forms.CharField(label=_("Your username, to be sure"), max_length=150)
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: AbstractBaseUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.user.get_username():
            raise forms.ValidationError(_("This is not your username."))
        return name

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password
