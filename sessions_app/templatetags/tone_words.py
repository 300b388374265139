"""Tones in the reader's language, where they are shown. The record, files and sockets keep the words that were stored.

`static/js/lib/known_tones.js` holds the same words for scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.translation import gettext, gettext_lazy

from sessions_app.annotation.bands import Band

if TYPE_CHECKING:
    from sessions_app.lines import Line

register = template.Library()

# What the engine says, and the eight affects. Whoever else listens may say what they like: it is shown as it comes.
KNOWN = {
    "Not enough speech yet": gettext_lazy("Not enough speech yet"),
    "Calm and steady": gettext_lazy("Calm and steady"),
    "Much as usual": gettext_lazy("Much as usual"),
    "More energetic than usual": gettext_lazy("More energetic than usual"),
    "Tense or excited": gettext_lazy("Tense or excited"),
    "Quieter and flatter than usual": gettext_lazy("Quieter and flatter than usual"),
    "Lower and softer than usual": gettext_lazy("Lower and softer than usual"),
    "Unclear": gettext_lazy("Unclear"),
    "Warm": gettext_lazy("Warm"),
    "Frustrated": gettext_lazy("Frustrated"),
    "Confused": gettext_lazy("Confused"),
    "Apologetic": gettext_lazy("Apologetic"),
    "Genuine": gettext_lazy("Genuine"),
    "Dismissive": gettext_lazy("Dismissive"),
    "Urgent": gettext_lazy("Urgent"),
    "Neutral": gettext_lazy("Neutral"),
}


@register.filter
def tone_name(label: str) -> str:
    """Return what a tone is called in the reader's language; one that is not ours is called what it is called."""
    return str(KNOWN.get(label, label))


@register.filter
def tone_in_words(line: Line | None) -> str:
    """Return "sounds apologetic", "may sound apologetic" or "tone unclear"; "" without a tone."""
    if line is None or not line.tone:
        return ""
    tone = {"tone": _beginning_small(tone_name(line.tone))}
    if line.tone_band == Band.CLEAR:
        return gettext("sounds %(tone)s") % tone
    return gettext("may sound %(tone)s") % tone if line.tone_band == Band.MAYBE else gettext("tone unclear")


@register.filter
def elcor(line: Line | None) -> str:
    """Return "[Apologetic]", "[Maybe apologetic]" or "[Tone unclear]"; "" without a tone."""
    if line is None or not line.tone:
        return ""
    if line.tone_band == Band.UNCLEAR:
        return gettext("[Tone unclear]")
    name = tone_name(line.tone)
    return (
        f"[{name}]" if line.tone_band == Band.CLEAR else gettext("[Maybe %(tone)s]") % {"tone": _beginning_small(name)}
    )


def _beginning_small(name: str) -> str:
    return name[:1].lower() + name[1:]
