from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions_app.live import messages
from sessions_app.live.messages import CloseCode, Configure, Mark, MissingSamples, Refusal, Replay


def test_a_full_configuration_is_understood():
    text = json.dumps({"type": "configure", "window_ms": 500, "language": "en", "num_speakers": 2, "take_over": True})

    assert messages.parse_audio_message(text) == Configure(window_ms=500, language="en", num_speakers=2, take_over=True)


@pytest.mark.parametrize(("said", "understood"), [("de-DE", "de"), ("zh-Hant", "zh"), ("yue", "yue"), ("en", "en")])
def test_a_browsers_language_is_understood_without_its_region(said, understood):
    configure = messages.parse_audio_message(json.dumps({"type": "configure", "language": said}))

    assert configure.language == understood


@pytest.mark.parametrize(
    "fields",
    [
        {"window_ms": 499},
        {"window_ms": 5001},
        {"window_ms": "1000"},
        {"window_ms": True},
        {"language": "English, please"},
        {"language": 3},
        {"num_speakers": 0},
        {"num_speakers": 9},
        {"take_over": "yes"},
    ],
)
def test_a_wrong_configuration_is_refused_in_words(fields):
    with pytest.raises(Refusal) as refusal:
        messages.parse_audio_message(json.dumps({"type": "configure", **fields}))

    assert refusal.value.code == "config_invalid"
    assert next(iter(fields)) in refusal.value.message


@pytest.mark.parametrize("name", ["mute", "unmute", "keepalive", "finalize", "close"])
def test_controls_are_understood(name):
    assert messages.parse_audio_message(json.dumps({"type": name})) == name


def test_missing_samples_are_counted():
    assert messages.parse_audio_message('{"type": "gap", "samples": 5}') == MissingSamples(5)


def test_viewers_ping_and_replay():
    assert messages.parse_viewer_message('{"type": "ping"}') == "ping"
    assert messages.parse_viewer_message('{"type": "replay", "after": 3}') == Replay(3)


def test_a_note_holds_nothing_that_a_database_refuses():
    assert messages.parse_viewer_message('{"type": "note", "text": "a\\u0000b"}') == Mark(None, "a b")
    with pytest.raises(Refusal):
        messages.parse_viewer_message('{"type": "note", "text": "\\u0000"}')


@given(st.text(max_size=200) | st.recursive(st.none() | st.integers(), st.lists, max_leaves=5).map(json.dumps))
def test_nonsense_is_always_a_refusal_never_a_crash(text):
    for parse in (messages.parse_audio_message, messages.parse_viewer_message):
        with pytest.raises(Refusal):
            parse(text)


@pytest.mark.parametrize(("length", "close"), [(0, 4400), (1, 4400), (3201, 4400), (32_001, 4413), (10_000_000, 4413)])
def test_impossible_frames_are_refused(length, close):
    with pytest.raises(Refusal) as refusal:
        messages.check_audio_frame(bytes(length))

    assert refusal.value.close == close


@pytest.mark.parametrize("length", [2, 3200, 32_000])
def test_sensible_frames_pass(length):
    assert messages.check_audio_frame(bytes(length)) is None


def test_an_error_says_whether_it_is_the_end():
    refusal = Refusal(messages.ErrorCode.INTERNAL, "Oh.", CloseCode.INTERNAL)

    assert json.loads(messages.error(refusal)) == {
        "type": "error", "code": "internal", "message": "Oh.", "fatal": True, "retry_after_s": 0,
    }  # fmt: skip
