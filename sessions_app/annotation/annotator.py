"""From a classifier's observations to the events of a session: bands, affect, direction, an honest "unclear"."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from sessions_app.annotation.affect import (
    Affect,
    Direction,
    direction_of,
    known_affect,
    subtext_of,
)
from sessions_app.annotation.bands import RELIABILITY_FLOOR, Band, band_of, softer
from sessions_app.annotation.events import Json, Kind, SessionEvent
from sessions_app.engine.tone import NOT_ENOUGH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from sessions_app.voice.contract import Observation

UNCLEAR_LABEL = "Unclear"
UNCLEAR_SUBTEXT = "The voice does not say enough to tell."


class Annotator:
    """Turns observations into events for one session; remembers each speaker's last affect.

    Tones whose label is in `softened` come one band less sure: their reader often heard them as another one.
    """

    def __init__(
        self,
        *,
        engine: str,
        is_simulated: bool,
        captions_only: bool = False,
        softened: AbstractSet[str] = frozenset(),
    ) -> None:
        self._engine = engine
        self._is_simulated = is_simulated
        self._captions_only = captions_only
        self._softened = softened
        self._last_affect: dict[str, Affect] = {}

    def annotate(self, observations: Iterable[Observation]) -> list[SessionEvent]:
        """Return an event for every final observation, in order; tones are left out in captions-only sessions."""
        return [
            self._event(observation)
            for observation in observations
            if observation.is_final and not (self._captions_only and observation.kind == "tone")
        ]

    def _event(self, observation: Observation) -> SessionEvent:
        kind = Kind(observation.kind)
        label, text = observation.label, ""
        payload: dict[str, Json] = {}
        if kind is Kind.TONE:
            label, payload = self._tone(observation)
        elif kind is Kind.TRANSCRIPT:
            label, text, payload = "", observation.label, _transcript_payload(observation)
        elif kind is Kind.QUEUE:
            payload = {name: observation.evidence[name] for name in _LINE_EVIDENCE if name in observation.evidence}
        elif kind is Kind.SCENE:
            payload = {"privacy_risk": observation.privacy_risk}
        elif kind is Kind.ACCENT:
            payload = {"language": observation.language}
        return SessionEvent(
            kind=kind,
            start_ms=observation.start_ms,
            end_ms=observation.end_ms,
            speaker=observation.speaker_id if kind in _SPOKEN else "",
            label=label,
            text=text,
            confidence=round(observation.confidence, 3),
            engine=observation.engine or self._engine,
            simulated=self._is_simulated,
            payload=payload,
        )

    def _tone(self, observation: Observation) -> tuple[str, dict[str, Json]]:
        """Return the label shown and what belongs to it; below the floor the label is withheld, never the event."""
        band, is_softened = self._band(observation)
        is_reliable = observation.confidence >= RELIABILITY_FLOOR
        affect = known_affect(observation.affect, label=observation.label) if is_reliable else "neutral"
        direction = self._direction(observation, affect) if is_reliable else "stable"
        label = observation.label if is_reliable or observation.label == NOT_ENOUGH else UNCLEAR_LABEL
        return label, {
            "shift_magnitude": round(observation.shift_magnitude, 3),
            "subtext": subtext_of(affect) if band is not Band.UNCLEAR else UNCLEAR_SUBTEXT,
            "affect": affect,
            "shift_direction": direction,
            "prosody_flags": list(observation.prosody_flags),
            "band": band,
            "alternatives": [{"label": name, "confidence": round(odds, 3)} for name, odds in observation.alternatives],
            "evidence": cast("dict[str, Json]", dict(observation.evidence)),
            **({"softened": True} if is_softened else {}),
        }

    def _band(self, observation: Observation) -> tuple[Band, bool]:
        """Return how sure the tone is, and whether that is less than its confidence says."""
        band = band_of(observation.confidence)
        is_softened = observation.label in self._softened and band is not Band.UNCLEAR
        return (softer(band), True) if is_softened else (band, False)

    def _direction(self, observation: Observation, affect: Affect) -> Direction:
        before = self._last_affect.get(observation.speaker_id)
        self._last_affect[observation.speaker_id] = affect
        if observation.shift_direction in get_args(Direction):
            return cast("Direction", observation.shift_direction)
        return direction_of(affect, before, shift_magnitude=observation.shift_magnitude)


_SPOKEN = {Kind.TONE, Kind.TRANSCRIPT, Kind.SPEAKER}
_LINE_EVIDENCE = ("digit", "tone")  # what the protocol names; a service may say anything else


def _transcript_payload(observation: Observation) -> dict[str, Json]:
    payload: dict[str, Json] = {"utterance_id": observation.utterance_id}
    return payload | {"language": observation.language} if observation.language else payload
