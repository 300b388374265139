import numpy as np
import pytest

from sessions_app.engine.ivr import recorded_menu
from sessions_app.engine.tone import (
    ENERGETIC,
    FLAT,
    LABELS,
    LOW,
    MOST_CONFIDENT,
    NOT_ENOUGH,
    TENSE,
    ToneJudge,
)
from tests.signals import silence, voice, with_noise

EMOTIONS = ("angry", "anger", "happy", "sad", "fear", "joy", "sarcas", "frustrat", "warm")


def usual_voice(duration_s=3.0, *, seed=0, **changes):
    return voice(duration_s, **{"f0_hz": 120.0, "wander_semitones": 3.0, **changes}, seed=seed)


class Talk:
    """A conversation as the judge hears it."""

    def __init__(self):
        self.judge = ToneJudge()
        self.at_sample = 0

    def says(self, sound, speaker_id="Speaker A", **known):
        start, self.at_sample = self.at_sample, self.at_sample + sound.size
        return self.judge.hear(sound, start, speaker_id=speaker_id, **known)


@pytest.fixture
def talk():
    """Speaker A has spoken for 12 s as usual."""
    talk = Talk()
    for seed in range(4):
        talk.says(usual_voice(seed=seed))
    return talk


def test_a_first_sentence_is_not_enough():
    tone = Talk().says(usual_voice())

    assert tone.label == NOT_ENOUGH
    assert tone.confidence <= 0.1


def test_the_usual_is_steady(talk):
    tone = talk.says(usual_voice(seed=9), snr_db=30)

    assert tone.label not in (NOT_ENOUGH, ENERGETIC, TENSE, FLAT, LOW)
    assert (tone.shift_direction, tone.prosody_flags) == ("stable", ())
    assert tone.shift_magnitude < 0.5


def test_a_higher_voice_is_more_energetic(talk):
    tone = talk.says(usual_voice(f0_hz=120 * 2 ** (4 / 12), seed=9), snr_db=30)

    assert tone.label in (ENERGETIC, TENSE)
    assert tone.shift_direction == "escalating"
    assert "higher" in tone.prosody_flags
    assert tone.shift_magnitude >= 0.5
    assert tone.evidence["pitch_semitones"] == pytest.approx(4, abs=1)
    assert "semitones higher" in tone.evidence["summary"]


def test_a_low_flat_soft_voice_is_quieter_and_flatter(talk):
    tone = talk.says(usual_voice(f0_hz=95, wander_semitones=0.3, dbfs=-35, seed=9), snr_db=30)

    assert tone.label == FLAT
    assert tone.shift_direction == "de-escalating"
    assert {"quieter", "lower", "flatter"} <= set(tone.prosody_flags)


def test_coming_back_to_the_usual_is_de_escalating(talk):
    talk.says(usual_voice(f0_hz=160, seed=9))

    assert talk.says(usual_voice(seed=10)).shift_direction == "de-escalating"


def test_loudness_alone_shifts_nothing(talk):
    tone = talk.says(usual_voice(dbfs=-11, seed=9), snr_db=30)

    assert tone.shift_direction == "stable"
    assert tone.prosody_flags == ("louder",)


def test_each_speaker_is_judged_against_themselves(talk):
    tone = talk.says(usual_voice(f0_hz=220), "Speaker B")

    assert tone.label == NOT_ENOUGH
    assert tone.speaker_id == "Speaker B"


def test_a_shift_is_not_learnt_as_usual(talk):
    tones = [talk.says(usual_voice(f0_hz=160, seed=seed)) for seed in range(10)]

    assert {tone.shift_direction for tone in tones} == {"escalating"}


def test_a_shift_that_stays_for_minutes_becomes_the_usual(talk):
    tones = [talk.says(usual_voice(12, f0_hz=160, seed=seed)) for seed in range(9)]

    assert tones[-1].shift_direction == "stable"


def test_nothing_is_judged_through_music(talk):
    assert talk.says(usual_voice(f0_hz=160), is_obscured=True) is None


def test_nothing_is_said_of_silence(talk):
    assert talk.says(silence(3)) is None


def test_confidence_is_capped_and_falls_with_noise_and_brevity(talk):
    clear = talk.says(usual_voice(seed=9), snr_db=40).confidence
    noisy = talk.says(with_noise(usual_voice(seed=9), 8), snr_db=8).confidence

    assert noisy < clear <= MOST_CONFIDENT


def test_a_tone_covers_the_speech_it_was_judged_from(talk):
    tone = talk.says(usual_voice(10, seed=9))

    assert (tone.start_ms, tone.end_ms) == (19_000, 22_000)


def test_steady_speech_is_rarely_flagged():
    talk = Talk()
    tones = [talk.says(usual_voice(seed=seed)) for seed in range(25)]

    assert np.mean([tone.shift_magnitude >= 0.5 for tone in tones]) <= 0.04


def test_no_label_names_an_emotion():
    assert not [label for label in LABELS for emotion in EMOTIONS if emotion in label.lower()]


@pytest.mark.parametrize(
    "text",
    [
        "For billing, press two.",
        "Your call is important to us.",
        "This call may be recorded for quality purposes.",
        "Please listen carefully, as our menu options have changed.",
        "Enter your account number followed by the pound key.",
    ],
)
def test_words_of_a_menu_suggest_a_recording(text):
    guess = recorded_menu(text, 0, 2000, speaker_id="Speaker A")

    assert (guess.kind, guess.label) == ("speaker", "ivr_synth")
    assert guess.confidence < 0.6
    assert guess.evidence["from"] == "the words"


def test_two_phrases_are_surer_than_one():
    text = "Your call is important to us. Please stay on the line."

    assert recorded_menu(text, 0, 1, speaker_id="").confidence == 0.6


@pytest.mark.parametrize("text", ["", "Hello, this is Dana speaking.", "The press was there, two of them."])
def test_a_person_talking_is_no_recording(text):
    assert recorded_menu(text, 0, 1, speaker_id="") is None
