"""Everything that listens, joined, on real speech: who said what, how it sounded, what the line did."""

from __future__ import annotations

import numpy as np
import pytest

from sessions_app.audio.pcm import to_pcm16
from sessions_app.engine.observation import UNKNOWN_SPEAKER
from sessions_app.engine.tone import LABELS, MOST_CONFIDENT, NOT_ENOUGH
from tests import speech
from tests.signals import US_RINGBACK_HZ, cadence, dtmf, silence

pytestmark = pytest.mark.speech


@pytest.fixture
def listener(engine):
    return engine.listener()


def of_kind(observations, kind):
    return [observation for observation in observations if observation.kind == kind]


def labels(observations, kind):
    return [observation.label for observation in of_kind(observations, kind)]


def talk(*names):
    return b"".join(speech.prompt(name) + speech.SILENCE for name in names)


def test_the_first_voice_is_speaker_a(listener):
    (final,) = speech.finals(speech.listen(listener, talk("vm-nobox")))

    assert final.speaker_id == "Speaker A"


def test_an_unfinished_line_has_no_speaker_yet(listener):
    partials = speech.partials(speech.listen(listener, talk("ss-noservice")))

    assert {partial.speaker_id for partial in partials} == {UNKNOWN_SPEAKER}


def test_a_first_sentence_is_too_little_for_a_tone_and_that_is_said_once(listener):
    observations = speech.listen(listener, talk("vm-nobox", "agent-pass"))

    assert labels(observations, "tone") == [NOT_ENOUGH]


def test_a_tone_lies_within_the_words_it_is_about(listener):
    observations = speech.listen(listener, talk(*speech.TEXTS))

    spans = [(final.start_ms, final.end_ms) for final in speech.finals(observations)]
    tones = [tone for tone in of_kind(observations, "tone") if tone.label != NOT_ENOUGH]
    assert tones
    for tone in tones:
        assert tone.label in LABELS
        assert tone.confidence <= MOST_CONFIDENT
        assert tone.evidence["summary"]
        assert any(start <= tone.start_ms < tone.end_ms <= end for start, end in spans)


def test_press_one_is_a_recorded_menu(listener):
    menus = [one for one in of_kind(speech.listen(listener, talk("vm-opts")), "speaker") if one.label == "ivr_synth"]

    assert len(menus) == 1
    assert menus[0].evidence["from"] == "the words"
    assert menus[0].confidence <= 0.6


def test_after_a_menu_a_person_is_a_person_again(listener):
    observations = speech.listen(listener, talk("vm-opts", "vm-nobox", "conf-onlyperson"))

    said = labels(observations, "speaker")
    assert said[said.index("ivr_synth") :] == ["ivr_synth", "human_single"]


def test_ringing_ends_when_somebody_answers(listener):
    ringback = cadence(*US_RINGBACK_HZ, on_off_s=(2, 4), duration_s=12)

    observations = speech.listen(listener, to_pcm16(ringback) + talk("vm-nobox"))

    assert labels(observations, "queue")[:2] == ["ringback", "none"]
    assert labels(observations, "speaker")[:2] == ["no_speaker", "human_single"]
    assert len(speech.finals(observations)) == 1


def test_keys_pressed_between_words_are_digits_and_no_words(listener):
    keys = to_pcm16(np.concatenate([dtmf("159"), silence(1)]))

    observations = speech.listen(listener, keys + talk("agent-pass"))

    digits = [one.evidence["digit"] for one in of_kind(observations, "queue") if one.label == "dtmf_tone"]
    assert digits == ["1", "5", "9"]
    assert len(speech.finals(observations)) == 1


def test_hold_music_is_recognised_and_left_for_a_person(listener):
    (music, *_) = speech.hold_music(15)

    observations = speech.listen(listener, music + talk("vm-nobox"))

    assert [label for label in labels(observations, "queue") if label in ("hold_music", "none")] == [
        "hold_music",
        "none",
    ]
    assert labels(observations, "speaker")[-1] == "human_single"


def test_nothing_is_judged_of_the_tone_of_a_voice_through_music(listener):
    (music, *_) = speech.hold_music(20)
    voice = talk("vm-nobox", "ss-noservice", "conf-onlyperson")
    both = np.frombuffer(voice, "<i2").astype(np.int32)[: len(music) // 2]
    both[:] += np.frombuffer(music, "<i2")[: both.size]

    observations = speech.listen(listener, music + np.clip(both, -32768, 32767).astype("<i2").tobytes())

    assert of_kind(observations, "tone") == []
