from __future__ import annotations

from dataclasses import replace

import pytest

from sessions_app.annotation.annotator import Annotator
from sessions_app.annotation.elcor import with_elcor
from sessions_app.annotation.events import GapCause, Kind, SessionEvent, gap, to_wire
from sessions_app.voice.contract import Observation

# The original's frozen names come first; outside programs read them.
FROZEN = [
    "event_type", "label", "confidence", "speaker_id", "shift_magnitude", "timestamp", "session_id", "subtext",
    "affect", "shift_direction", "prosody_flags",
]  # fmt: skip


def heard(kind, label, *, confidence=0.8, speaker="Speaker A", **fields):
    return Observation(
        kind=kind, label=label, start_ms=1000, end_ms=2000, confidence=confidence, speaker_id=speaker, **fields
    )


def tone(label, **fields):
    return annotated(heard("tone", label, **fields))


def annotated(observation, **options):
    annotator = Annotator(engine="test", is_simulated=False, **options)
    return to_wire(annotator.annotate([observation])[0], session_id="s", seq=7)


def test_a_tone_has_every_name_of_the_wire_format():
    wire = tone("Frustrated", shift_magnitude=0.5, prosody_flags=("louder",))

    assert set(FROZEN) <= set(wire)
    assert (wire["seq"], wire["timestamp"], wire["prosody_flags"]) == (7, 2.0, ["louder"])


@pytest.mark.parametrize(
    ("label", "affect"),
    [
        ("Warmly impatient", "frustrated"),
        ("Warm and friendly", "warm"),
        ("Passive-aggressively complying", "dismissive"),
        ("More energetic than usual", "urgent"),
        ("Calm and steady", "neutral"),
        ("Apologetic", "apologetic"),
    ],
)
def test_the_label_says_the_affect(label, affect):
    assert tone(label)["affect"] == affect


@pytest.mark.parametrize(("confidence", "band"), [(0.9, "clear"), (0.5, "maybe"), (0.3, "unclear"), (0.1, "unclear")])
def test_confidence_becomes_a_band(confidence, band):
    assert tone("Frustrated", confidence=confidence)["band"] == band


def test_below_the_floor_the_label_is_withheld_but_not_the_event():
    wire = tone("Frustrated", confidence=0.1)

    assert (wire["label"], wire["affect"]) == ("Unclear", "neutral")


def test_a_speaker_who_gets_more_aroused_escalates():
    annotator = Annotator(engine="test", is_simulated=False)

    events = annotator.annotate(
        [heard("tone", "Calm and steady"), heard("tone", "Frustrated", shift_magnitude=0.6), heard("tone", "Warm")]
    )

    assert [event.payload["shift_direction"] for event in events] == ["stable", "escalating", "stable"]


def test_another_speakers_calm_is_not_a_de_escalation():
    annotator = Annotator(engine="test", is_simulated=False)

    events = annotator.annotate(
        [heard("tone", "Frustrated"), heard("tone", "Calm", speaker="Speaker B", shift_magnitude=0.9)]
    )

    assert events[1].payload["shift_direction"] == "stable"


def test_a_partial_is_no_event():
    annotator = Annotator(engine="test", is_simulated=False)

    assert annotator.annotate([heard("transcript", "hello", is_final=False)]) == []


def test_a_captions_only_session_has_no_tone():
    annotator = Annotator(engine="test", is_simulated=False, captions_only=True)

    events = annotator.annotate([heard("tone", "Warm"), heard("transcript", "hello")])

    assert [event.kind for event in events] == ["transcript"]


def test_simulated_stands_on_every_event():
    assert Annotator(engine="script", is_simulated=True).annotate([heard("transcript", "hello")])[0].simulated is True


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("transcript", {"text", "speaker_id", "utterance_id", "confidence"}),
        ("queue", {"label", "confidence"}),
        ("environ", {"label", "confidence"}),
        ("speaker", {"label", "confidence"}),
        ("scene", {"label", "confidence", "privacy_risk"}),
        ("accent", {"region", "language", "confidence"}),
    ],
)
def test_each_kind_has_its_names(kind, names):
    assert names <= set(annotated(heard(kind, "words")))


@pytest.mark.parametrize("name", ["seq", "event_type", "session_id", "start_ms", "engine", "simulated", "label"])
def test_what_a_service_gives_as_evidence_changes_nothing_of_the_event(name):
    observation = heard("queue", "busy")

    assert annotated(replace(observation, evidence={name: "evil"})) == annotated(observation)


def test_a_line_state_says_its_tone_and_its_digit_and_nothing_else_of_its_evidence():
    wire = annotated(heard("queue", "dtmf_tone", evidence={"digit": "4", "tone": "reorder", "whatever": 1}))

    assert (wire["digit"], wire["tone"]) == ("4", "reorder")
    assert "whatever" not in wire


def test_what_is_stored_beside_an_event_does_not_speak_for_it():
    """Rows of an earlier Linnet may hold anything there."""
    event = SessionEvent(kind=Kind.QUEUE, start_ms=0, end_ms=1, label="busy", payload={"seq": 1, "label": "stopped"})

    wire = to_wire(event, session_id="s", seq=7)

    assert (wire["seq"], wire["label"]) == (7, "busy")


def test_a_gap_says_how_long_and_why():
    assert gap(cause=GapCause.OVERLOAD, start_ms=1000, end_ms=5100).text.startswith("4.1 s not captioned")
    assert gap(cause=GapCause.OFF_RECORD, start_ms=0, end_ms=900).text == "0.9 s not kept: off the record"


@pytest.mark.parametrize(
    ("band", "text"),
    [("clear", "[Warm] Hello."), ("maybe", "[Maybe warm] Hello."), ("unclear", "[Tone unclear] Hello.")],
)
def test_elcor_says_the_tone_first_as_surely_as_it_is_known(band, text):
    assert with_elcor("Hello.", "Warm", band) == text


def test_elcor_adds_nothing_where_there_is_no_tone():
    assert with_elcor("Hello.", "", "") == "Hello."
