"""The line and the room around the words: said when they change, and only then."""

from __future__ import annotations

import numpy as np
import pytest

from sessions_app.audio.pcm import SAMPLE_RATE_HZ
from sessions_app.engine.sound_kinds import SoundKinds
from sessions_app.engine.surroundings import Surroundings
from tests.signals import (
    US_BUSY_HZ,
    US_DIAL_HZ,
    US_RINGBACK_HZ,
    cadence,
    dtmf,
    pink_noise,
    silence,
    special_information,
    tone,
    white_noise,
)


class LoudIsMusic:
    """A detector that hears music in everything loud."""

    def kinds(self, samples, *, last_samples):
        is_loud = float(np.abs(samples[-last_samples:]).max()) > 0.1
        return SoundKinds(speech=0.0, singing=0.0, music=1.0 if is_loud else 0.0)


def heard(*sounds, surroundings=None, spoken=False, start_sample=0):
    surroundings = surroundings or Surroundings(None)
    sound = np.concatenate(sounds)
    return [
        observation
        for at in range(0, sound.size, SAMPLE_RATE_HZ)
        for observation in surroundings.hear(sound[at : at + SAMPLE_RATE_HZ], start_sample + at, spoken=spoken)
    ]


def labels(observations, kind):
    return [observation.label for observation in observations if observation.kind == kind]


def ringback(seconds):
    return cadence(*US_RINGBACK_HZ, on_off_s=(2, 4), duration_s=seconds)


def busy(seconds):
    return cadence(*US_BUSY_HZ, on_off_s=(0.5, 0.5), duration_s=seconds)


def test_a_state_is_said_once_however_long_it_lasts():
    assert labels(heard(ringback(30)), "queue") == ["ringback"]


def test_none_is_said_when_a_state_ends():
    observations = heard(busy(8), white_noise(2, -20), spoken=None)

    assert labels(observations, "queue") == ["busy", "none"]


def test_one_state_may_follow_another():
    observations = heard(ringback(8), busy(10))

    assert labels(observations, "queue") == ["ringback", "busy"]


def test_a_voice_ends_the_ringing_at_once():
    surroundings = Surroundings(None)
    heard(ringback(7), surroundings=surroundings)

    observations = heard(white_noise(1, -20), surroundings=surroundings, spoken=True, start_sample=7 * SAMPLE_RATE_HZ)

    assert labels(observations, "queue") == ["none"]
    assert observations[0].end_ms == 8000


@pytest.mark.parametrize(
    ("sound", "name"),
    [
        (busy(8), "busy"),
        (cadence(*US_BUSY_HZ, on_off_s=(0.25, 0.25), duration_s=8), "reorder"),
        (np.concatenate([silence(1), special_information()]), "special_information"),
    ],
)
def test_every_tone_that_says_no_is_busy_and_its_name_is_the_evidence(sound, name):
    (queue, *_) = [one for one in heard(sound) if one.kind == "queue"]

    assert (queue.label, queue.evidence) == ("busy", {"tone": name})


def test_a_dial_tone_is_no_state_of_the_line():
    assert labels(heard(tone(*US_DIAL_HZ, duration_s=8), surroundings=Surroundings(LoudIsMusic())), "queue") == []


def test_each_digit_is_said_with_its_key_as_evidence_and_its_own_time():
    digits = [one for one in heard(dtmf("42#"), silence(1)) if one.label == "dtmf_tone"]

    assert [digit.evidence for digit in digits] == [{"digit": "4"}, {"digit": "2"}, {"digit": "#"}]
    assert [digit.start_ms for digit in digits] == pytest.approx([80, 240, 400], abs=30)


def test_the_line_goes_on_ringing_while_a_key_is_pressed():
    observations = heard(ringback(2), silence(1), dtmf("5"), silence(2.76), ringback(6))

    assert labels(observations, "queue") == ["ringback", "dtmf_tone"]


def test_hold_music_is_said_once_and_ends():
    surroundings = Surroundings(LoudIsMusic())

    observations = heard(white_noise(20, -10), pink_noise(6, -45), surroundings=surroundings)

    assert labels(observations, "queue")[:2] == ["hold_music", "none"]
    assert not surroundings.is_obscured


def test_music_lies_over_the_words():
    surroundings = Surroundings(LoudIsMusic())

    observations = heard(white_noise(8, -10), surroundings=surroundings, spoken=True)

    assert (labels(observations, "queue"), labels(observations, "environ")) == ([], ["music"])
    assert surroundings.is_obscured


def test_an_ordinary_room_needs_no_word():
    observations = heard(pink_noise(6, -70), white_noise(1, -20), spoken=None)

    assert labels(observations, "environ") == ["quiet"]


def test_a_noise_that_begins_is_a_moment_in_the_room():
    observations = heard(pink_noise(10, -60), pink_noise(15, -42))

    assert labels(observations, "environ").count("noise_floor_change") == 1


def test_everything_lies_on_the_clock_of_the_session():
    start_sample = 600 * SAMPLE_RATE_HZ

    observations = heard(busy(8), start_sample=start_sample)

    assert all(600_000 <= one.start_ms < one.end_ms <= 608_000 for one in observations)
