"""Answers of a classifier that is honest, sloppy or hostile."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.voice import codec
from sessions_app.voice.contract import Observation, PcmWindow, StreamConfig
from sessions_app.voice.errors import BadReply

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=10,
)


def decoded(*events):
    body = json.dumps({"events": list(events)}).encode()
    return codec.decode_events(body, start_ms=1000, end_ms=2000).observations


def test_the_request_is_the_contracts():
    body = json.loads(codec.encode_window(PcmWindow(16_000, b"\1\2"), StreamConfig(session_id="s")))

    assert body == {
        "audio_chunk": base64.b64encode(b"\1\2").decode(),
        "timestamp": 1.0,
        "elcor": False,
        "session_id": "s",
    }


def test_language_and_speakers_are_said_when_known():
    config = StreamConfig(session_id="s", language="en", num_speakers=2)

    body = json.loads(codec.encode_window(PcmWindow(0, b""), config))

    assert (body["language"], body["num_speakers"]) == ("en", 2)


def test_a_tone_is_read_with_its_time():
    [tone] = decoded({"event_type": "tone", "label": "Warm", "confidence": 0.5, "speaker_id": "Speaker A"})

    assert (tone.label, tone.confidence, tone.speaker_id, tone.start_ms, tone.end_ms) == (
        "Warm",
        0.5,
        "Speaker A",
        1000,
        2000,
    )


def test_only_a_tone_must_say_how_sure_it_is():
    assert decoded({"event_type": "tone", "label": "Warm"}) == ()
    assert decoded({"event_type": "queue", "label": "busy"})[0].confidence == 1.0


def test_one_bad_event_does_not_lose_its_neighbours():
    good = {"event_type": "transcript", "label": "hello"}

    assert [event.label for event in decoded(None, {"event_type": "smell", "label": "x"}, good, {"label": 3}, [])] == [
        "hello"
    ]


@pytest.mark.parametrize(("sent", "kept"), [(7.0, 1.0), (-1, 0.0), (0.25, 0.25)])
def test_confidence_is_clamped(sent, kept):
    assert decoded({"event_type": "tone", "label": "Warm", "confidence": sent})[0].confidence == kept


@pytest.mark.parametrize("nonsense", ["0.5", None, [], True, 10**400, 1e400, float("nan")])
def test_a_confidence_that_is_no_number_is_no_confidence(nonsense):
    assert decoded({"event_type": "tone", "label": "Warm", "confidence": nonsense}) == ()


def test_text_is_stripped_of_control_characters_and_cut():
    [words] = decoded({"event_type": "transcript", "label": "a\x00b\nc\x1b[31m" + "x" * 5000})

    assert words.label.startswith("ab c[31mxxx")
    assert len(words.label) == 2000


def test_times_outside_the_sound_are_not_believed():
    [words] = decoded({"event_type": "transcript", "label": "hi", "start_ms": 5000, "end_ms": 9000})

    assert (words.start_ms, words.end_ms) == (1000, 2000)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>502</html>", b"[]", b"{}", b'{"events": 3}', b'{"events": [', b"\xff\xfe"],
)
def test_an_answer_that_is_not_the_contracts_is_a_bad_reply(body):
    with pytest.raises(BadReply):
        codec.decode_events(body, start_ms=0, end_ms=1000)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(
    ["event_type", "label", "confidence", "speaker_id", "start_ms", "end_ms", "evidence", "alternatives", "is_final",
     "prosody_flags", "shift_magnitude", "utterance_id"]
), json_values | st.sampled_from(["tone", "transcript", "queue"])), max_size=5))  # fmt: skip
def test_whatever_comes_only_sound_observations_leave(events):
    body = json.dumps({"events": events}).encode()

    observations = codec.decode_events(body, start_ms=0, end_ms=1000).observations

    assert all(0 <= item.confidence <= 1 and 0 <= item.start_ms <= item.end_ms <= 1000 for item in observations)


def test_an_observation_survives_our_own_servers_wire():
    tone = Observation(
        kind="tone", label="Warm", start_ms=1000, end_ms=1900, confidence=0.5, speaker_id="Speaker B",
        shift_magnitude=0.25, shift_direction="stable", affect="warm", prosody_flags=("louder",),
        alternatives=(("Calm", 0.25),), evidence={"pitch_st": 1.5, "why": "higher"},
    )  # fmt: skip
    words = Observation(
        kind="transcript", label="hello", start_ms=1000, end_ms=1900, utterance_id="u1", is_final=False, language="en"
    )

    assert decoded(codec.encode_observation(tone), codec.encode_observation(words)) == (tone, words)


def test_health_without_a_body_is_ready():
    assert codec.decode_health(b"OK").status.status == "ready"


def test_health_tells_of_models_and_warnings():
    health = codec.decode_health(b'{"models": {"stt": "loading"}, "warnings": ["slow"], "extensions": ["flush"]}')

    assert (health.status.status, health.status.models) == ("loading", {"stt": "loading"})
    assert health.status.warnings == ("slow",)
    assert health.extensions == {"flush"}
