"""How captions may look: every choice, its values, and the words for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Checkbox(forms.CheckboxInput):
    """A checkbox that hands on what was sent instead of taking every word for "yes"."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name, False)


class SwitchField(forms.BooleanField):
    """On or off, from a form or from JSON; anything else is refused."""

    widget = Checkbox
    default_error_messages = {"invalid": _("Say on or off.")}

    def __init__(self, *, label: StrOrPromise, initial: bool = False, help_text: StrOrPromise = "") -> None:
        super().__init__(label=label, initial=initial, required=False, help_text=help_text)

    def to_python(self, value: object) -> bool:
        if value in (True, "on", "true"):
            return True
        if value in (False, None, "", "off", "false"):
            return False
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


def _choice(
    label: StrOrPromise, choices: list[tuple[str, StrOrPromise]], initial: str, help_text: StrOrPromise = ""
) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, initial=initial, help_text=help_text)


class LookForm(forms.Form):
    """How captions look to one account. The names and values are also attributes of <html> and of css/look.css."""

    theme = _choice(
        _("Colours"),
        [
            ("system", _("As on this device")),
            ("light", _("Light")),
            ("dark", _("Dark")),
            ("contrast", _("High contrast")),
        ],
        "system",
    )
    text_percent = forms.IntegerField(
        label=_("Size of captions"),
        min_value=100,
        max_value=300,
        step_size=10,
        initial=100,
        help_text=_("From 100 to 300 percent."),
        widget=forms.NumberInput(attrs={"type": "range", "step": 10, "autocomplete": "off"}),
    )
    spacing = _choice(
        _("Space between the lines"),
        [("close", _("Close")), ("normal", _("Normal")), ("wide", _("Wide")), ("widest", _("Very wide"))],
        "normal",
    )
    width = _choice(
        _("Length of the lines"),
        [("narrow", _("Short")), ("normal", _("Normal")), ("wide", _("Long")), ("full", _("As wide as the window"))],
        "normal",
    )
    font = _choice(
        _("Letters"),
        [
            ("system", _("Plain, without feet")),
            ("serif", _("With feet, as in books")),
            ("dyslexia", _("Easy to tell apart, more space between them")),
            ("mono", _("All of one width")),
        ],
        "system",
        _("Linnet takes the letters that are installed on your device."),
    )
    tone = _choice(
        _("Tone beside captions"),
        [
            ("full", _("Word, icon and colour")),
            ("word", _("Word only")),
            ("edge", _("Coloured edge only")),
            ("off", _("Off")),
        ],
        "full",
    )
    elcor = _choice(
        _("Tone before the words, such as “[Warm] Hello”"),
        [("session", _("As each session has it")), ("on", _("Always")), ("off", _("Never"))],
        "session",
    )
    captions_only = SwitchField(
        label=_("Captions only"), help_text=_("No tone, and nothing about sounds in the background.")
    )
    motion = _choice(_("Movement on the page"), [("device", _("As on this device")), ("none", _("None"))], "device")
    announce = SwitchField(label=_("Announce captions to my screen reader"))
    alert_sound = SwitchField(label=_("Play a soft tone when a person picks up"))
    alert_notice = SwitchField(
        label=_("Show a notice of this device when a person picks up"),
        help_text=_("Each device asks you once whether it may."),
    )
