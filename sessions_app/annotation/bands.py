"""How sure a tone is, in three words a reader can act on."""

from __future__ import annotations

from enum import StrEnum

# Natural speech is labelled right well under half the time by the best published systems (macro-F1 about 0.41 on
# MSP-Podcast), so "clear" is kept for what a classifier is rarely wrong about.
CLEAR_CONFIDENCE = 0.75
MAYBE_CONFIDENCE = 0.40
RELIABILITY_FLOOR = 0.25  # below it the label itself is withheld


class Band(StrEnum):
    CLEAR = "clear"
    MAYBE = "maybe"
    UNCLEAR = "unclear"


def band_of(confidence: float) -> Band:
    if confidence >= CLEAR_CONFIDENCE:
        return Band.CLEAR
    return Band.MAYBE if confidence >= MAYBE_CONFIDENCE else Band.UNCLEAR


def softer(band: str) -> Band:
    """Return the next less sure band; nothing is less sure than "unclear"."""
    return Band.MAYBE if band == Band.CLEAR else Band.UNCLEAR
