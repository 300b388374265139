import numpy as np
import pytest

from sessions_app.audio.pcm import SAMPLE_RATE_HZ
from sessions_app.engine.pitch import FRAME, HOP, f0_hz
from sessions_app.engine.prosody import EMPTY_TRACK, semitones, syllables_per_s, track
from tests.signals import f0_contour, silence, voice, white_noise, with_noise


@pytest.mark.parametrize("hz", [80, 120, 200, 320, 450])
def test_f0_is_right_within_a_percent(hz):
    heard = f0_hz(voice(3, hz, seed=2))

    true = f0_contour(3, hz, seed=2)[FRAME // 2 :: HOP][: heard.size]
    voiced = heard > 0
    assert voiced.mean() > 0.85
    assert np.median(np.abs(heard[voiced] / true[voiced] - 1)) < 0.01
    assert np.mean(np.abs(heard[voiced] / true[voiced] - 1) > 0.2) <= 0.01


def test_f0_survives_noise():
    heard = f0_hz(with_noise(voice(3, 150, seed=2), 10))

    true = f0_contour(3, 150, seed=2)[FRAME // 2 :: HOP][: heard.size]
    voiced = heard > 0
    assert np.mean(np.abs(heard[voiced] / true[voiced] - 1) > 0.2) <= 0.01


@pytest.mark.parametrize("sound", [silence(1), white_noise(1, -20), white_noise(1, -70)])
def test_noise_has_no_pitch(sound):
    assert (f0_hz(sound) > 0).mean() < 0.1


def test_too_short_a_stretch_has_no_frames():
    assert f0_hz(silence(0.03)).size == 0
    assert track(silence(0.03)) is EMPTY_TRACK


def test_there_is_a_frame_every_ten_milliseconds():
    sound = voice(1, 120)

    assert track(sound).f0_hz.size == 1 + (SAMPLE_RATE_HZ - FRAME) // HOP


def test_an_octave_is_twelve_semitones():
    low, high = semitones(np.array([110, 220], dtype=np.float32))

    assert high - low == pytest.approx(12)


def test_a_brighter_voice_has_more_tilt():
    soft = track(voice(2, 120, tilt_db_per_octave=-12)).tilt_db
    strained = track(voice(2, 120, tilt_db_per_octave=-6)).tilt_db

    assert np.median(strained) - np.median(soft) > 3


def test_level_follows_the_voice():
    loud, faint = (np.median(track(voice(2, 120, dbfs=level)).level_dbfs) for level in (-15, -35))

    assert loud - faint == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("rate", [2.5, 4.0, 6.0])
def test_syllables_are_counted(rate):
    assert syllables_per_s(track(voice(4, 120, syllables_per_s=rate))) == pytest.approx(rate, abs=0.5)


def test_silence_has_no_syllables():
    assert syllables_per_s(track(silence(2))) == 0


def test_pauses_are_taken_out():
    sound = np.concatenate([voice(1, 120), silence(1)])

    assert track(sound).without_pauses().duration_s == pytest.approx(1.0, abs=0.1)
