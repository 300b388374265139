import numpy as np
import pytest

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, to_float32
from sessions_app.engine.observation import UNKNOWN_SPEAKER
from sessions_app.engine.speakers import MOST_SPEAKERS, SpeakerClusters
from tests import speech
from tests.signals import silence, voice, white_noise

LOW = {"f0_hz": 100.0, "tilt_db_per_octave": -12.0}
HIGH = {"f0_hz": 230.0, "tilt_db_per_octave": -6.0}


def says(clusters, duration_s, *, at_s=0.0, seed=0, **who):
    sound = voice(duration_s, seed=seed, **who) + white_noise(duration_s, -70, seed)
    return clusters.assign(sound, round((at_s + duration_s) * SAMPLE_RATE_HZ))


def test_two_voices_get_two_names_and_keep_them():
    clusters = SpeakerClusters()

    names = [says(clusters, 2.5, seed=turn, **(HIGH if turn % 2 else LOW)).speaker_id for turn in range(8)]

    assert names == ["Speaker A", "Speaker B"] * 4


def test_nobody_is_known_before_somebody_spoke_long_enough():
    verdict = says(SpeakerClusters(), 0.8, **LOW)

    assert (verdict.speaker_id, verdict.confidence) == (UNKNOWN_SPEAKER, 0.0)


def test_a_short_word_opens_no_speaker():
    clusters = SpeakerClusters()
    says(clusters, 3, **LOW)

    verdict = says(clusters, 0.8, **HIGH)

    assert verdict.speaker_id == "Speaker A"
    assert verdict.confidence <= 0.5


def test_what_holds_no_voice_is_given_to_who_spoke_last():
    clusters = SpeakerClusters()
    says(clusters, 3, **LOW)

    assert clusters.assign(silence(2), 5 * SAMPLE_RATE_HZ).speaker_id == "Speaker A"


def test_no_more_are_told_apart_than_the_user_said():
    clusters = SpeakerClusters(num_speakers=1)
    says(clusters, 3, **LOW)

    assert says(clusters, 3, **HIGH).speaker_id == "Speaker A"


def test_no_more_than_six_are_told_apart():
    clusters = SpeakerClusters(num_speakers=20)

    verdicts = [says(clusters, 3, f0_hz=80 + 35.0 * step, tilt_db_per_octave=-14 + step) for step in range(12)]

    assert len({verdict.speaker_id for verdict in verdicts}) <= MOST_SPEAKERS


def test_one_voice_is_single_and_two_are_multi_for_half_a_minute():
    clusters = SpeakerClusters()
    assert clusters.presence(0) is None
    says(clusters, 3, at_s=0, **LOW)
    assert clusters.presence(5 * SAMPLE_RATE_HZ) == "human_single"
    says(clusters, 3, at_s=5, **HIGH)

    assert clusters.presence(10 * SAMPLE_RATE_HZ) == "human_multi"
    assert clusters.presence(34 * SAMPLE_RATE_HZ) == "human_single"
    assert clusters.presence(60 * SAMPLE_RATE_HZ) is None


def test_one_real_person_mostly_stays_one():
    clusters, at_sample = SpeakerClusters(), 0
    heard = {}
    for name in speech.TEXTS:
        said = to_float32(speech.prompt(name))
        at_sample += said.size
        speaker = clusters.assign(said, at_sample).speaker_id
        heard[speaker] = heard.get(speaker, 0) + said.size

    assert max(heard.values()) / sum(heard.values()) >= 0.9


@pytest.mark.parametrize("sound", [np.zeros(0, dtype=np.float32), white_noise(3, -30)])
def test_no_voice_and_nobody_known_is_unknown(sound):
    assert SpeakerClusters().assign(sound, sound.size).speaker_id == UNKNOWN_SPEAKER
