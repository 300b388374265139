"""What a classifier's tone label says about the speaker: one of eight affects, and how far from calm it is."""

from __future__ import annotations

from typing import Final, Literal

Affect = Literal["warm", "frustrated", "confused", "apologetic", "genuine", "dismissive", "urgent", "neutral"]
Direction = Literal["stable", "escalating", "de-escalating"]

STABLE_SHIFT = 0.2  # a smaller distance from the usual is no shift

# Word stems in the order in which they decide: the second word of "warmly impatient" is the one that matters.
_STEMS: Final[tuple[tuple[Affect, tuple[str, ...]], ...]] = (
    (
        "dismissive",
        ("dismiss", "passive-aggress", "sarcas", "contempt", "condescend", "indifferen", "bored", "curt"),
    ),
    ("frustrated", ("frustrat", "impatien", "annoy", "irritat", "angr", "exasperat", "hostile", "defensive")),
    (
        "urgent",
        ("urgen", "energetic", "excit", "agitat", "anxious", "nervous", "afraid", "fear", "tense", "alarm"),
    ),
    ("apologetic", ("apolog", "sorry", "regret", "remorse", "contrit")),
    ("confused", ("confus", "uncertain", "unsure", "hesitan", "puzzl", "doubt", "surpris")),
    ("warm", ("warm", "friend", "kind", "happy", "joy", "cheer", "amus", "delight", "encourag", "affection")),
    ("genuine", ("genuin", "sincer", "earnest", "empath", "sympath", "honest")),
)

# How aroused each affect is; only the order counts, and only to tell up from down.
_AROUSAL: Final[dict[Affect, int]] = {
    "neutral": 0, "genuine": 1, "warm": 1, "apologetic": 1,
    "dismissive": 2, "confused": 2, "frustrated": 3, "urgent": 4,
}  # fmt: skip

_SUBTEXT: Final[dict[Affect, str]] = {
    "warm": "They may be well disposed towards you.",
    "frustrated": "Something may be bothering them; it need not be you.",
    "confused": "They may not have understood, or not know the answer.",
    "apologetic": "They may be sorry about this.",
    "genuine": "They may mean it just as they say it.",
    "dismissive": "They may want to be done with this topic.",
    "urgent": "They speak with more energy; excitement and stress sound alike.",
    "neutral": "Nothing in the voice stands out.",
}


def affect_of(label: str) -> Affect:
    """Return the affect that the words of `label` name; "neutral" when they name none."""
    words = label.lower()
    return next((affect for affect, stems in _STEMS if any(stem in words for stem in stems)), "neutral")


def known_affect(name: str, *, label: str) -> Affect:
    """Return `name` when it is one of the eight, else what `label` says."""
    return name if name in _AROUSAL else affect_of(label)


def direction_of(now: Affect, before: Affect | None, *, shift_magnitude: float) -> Direction:
    """Return whether the speaker gets more or less aroused; "stable" without a clear shift or a tone before."""
    if before is None or shift_magnitude < STABLE_SHIFT or _AROUSAL[now] == _AROUSAL[before]:
        return "stable"
    return "escalating" if _AROUSAL[now] > _AROUSAL[before] else "de-escalating"


def subtext_of(affect: Affect) -> str:
    """Return one careful sentence on what such a tone may mean."""
    return _SUBTEXT[affect]
