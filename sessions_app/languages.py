"""The languages in which sessions can be listened to: what the listener of this installation knows, and their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django import forms
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sessions_app import backends, conf
from sessions_app.engine.asr import WHISPER_LANGUAGES
from sessions_app.engine.models import ENGLISH_ONLY
from sessions_app.engine.weights import AUTO

if TYPE_CHECKING:
    from sessions_app.conf import Conf

_CODE = re.compile(r"[a-z]{2,3}")

# Those that Django has no name for.
_NAMES = {
    "am": _("Amharic"), "as": _("Assamese"), "ba": _("Bashkir"), "bo": _("Tibetan"), "fo": _("Faroese"),
    "gu": _("Gujarati"), "ha": _("Hausa"), "haw": _("Hawaiian"), "ht": _("Haitian Creole"), "jw": _("Javanese"),
    "la": _("Latin"), "ln": _("Lingala"), "lo": _("Lao"), "mg": _("Malagasy"), "mi": _("Maori"), "mt": _("Maltese"),
    "oc": _("Occitan"), "ps": _("Pashto"), "sa": _("Sanskrit"), "sd": _("Sindhi"), "si": _("Sinhala"),
    "sn": _("Shona"), "so": _("Somali"), "su": _("Sundanese"), "tl": _("Tagalog"), "yi": _("Yiddish"),
    "yo": _("Yoruba"), "yue": _("Cantonese"), "zh": _("Chinese"),
}  # fmt: skip


class LanguageField(forms.CharField):
    """A list of languages. A program may name one that is not in it where a voice service listens: it may know more."""

    widget = forms.Select

    def __init__(self) -> None:
        super().__init__(label=_("Language that is spoken"), required=False)

    def offer(self) -> None:
        """List what can be listened to now; the settings and the model may have changed since the last form."""
        settings = conf.current()
        self.widget.choices = choices(settings)
        self.help_text = gettext("The only one that Linnet understands here.") if is_english_only(settings) else ""

    def clean(self, value: object) -> str:
        language: str = super().clean(value)
        if language and not is_known(language, conf.current()):
            raise forms.ValidationError(_refusal(conf.current()), code="invalid")
        return language


def choices(settings: Conf) -> list[tuple[str, str]]:
    """Return codes with names, in the order of the names; "" leaves it to the listener."""
    if is_english_only(settings):
        return [("", name_of("en"))]
    named = sorted(((code, name_of(code)) for code in WHISPER_LANGUAGES), key=lambda choice: choice[1])
    return [("", gettext("As Linnet hears it")), *named]


def is_known(language: str, settings: Conf) -> bool:
    """Tell whether `language` can be listened to: English, one of the models', whatever a service may make of it."""
    if is_english_only(settings):
        return language == "en"
    return bool(_CODE.fullmatch(language)) if _is_elsewhere(settings) else language in WHISPER_LANGUAGES


def is_english_only(settings: Conf) -> bool:
    """Tell whether the listener knows English only. A model that is neither ours nor named so says it when loaded."""
    if _is_elsewhere(settings):
        return False
    if settings.voice == "scripted" or settings.asr_model == AUTO or settings.asr_model.endswith(".en"):
        return True
    engine = backends.engine(settings.asr_model, settings.engine_threads, settings.has_partials)
    return ENGLISH_ONLY in engine.warnings


def name_of(code: str) -> str:
    """Return what a language is called in the reader's language; its code when it has no name here."""
    return gettext(str(_NAMES.get(code) or LANG_INFO.get(code, {}).get("name") or code))


def _is_elsewhere(settings: Conf) -> bool:
    return not settings.voice and bool(settings.cf_voice_url or settings.cf_orch_url)


def _refusal(settings: Conf) -> str:
    if is_english_only(settings):
        return gettext("Linnet understands English only here. Leave the language as it is, or send en.")
    return gettext("Linnet does not know this language. Choose one from the list, or leave the choice to Linnet.")
