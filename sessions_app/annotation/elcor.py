"""Elcor rendering: the tone said before the words, as a reader may switch on anywhere."""

from __future__ import annotations

from sessions_app.annotation.bands import Band


def elcor_prefix(label: str, band: str) -> str:
    """Return "[Apologetic]", "[Maybe apologetic]", or "[Tone unclear]"; "" when there is no tone at all."""
    if not label:
        return ""
    if band == Band.UNCLEAR:
        return "[Tone unclear]"
    return f"[{label}]" if band == Band.CLEAR else f"[Maybe {label[:1].lower()}{label[1:]}]"


def with_elcor(text: str, label: str, band: str) -> str:
    """Return `text` with its tone said first."""
    return f"{elcor_prefix(label, band)} {text}".strip()
