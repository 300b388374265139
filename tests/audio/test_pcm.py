from __future__ import annotations

import numpy as np
import pytest

from sessions_app.audio.pcm import (
    SILENCE_DBFS,
    OddPcmLength,
    dbfs,
    ms_from_samples,
    samples_from_ms,
    to_float32,
    to_pcm16,
)


def test_every_sample_survives_the_round_trip():
    every_value = np.arange(-32768, 32768, dtype="<i2").tobytes()

    assert to_pcm16(to_float32(every_value)) == every_value


def test_too_loud_samples_are_clipped_not_wrapped():
    assert np.frombuffer(to_pcm16(np.array([2.0, -2.0], np.float32)), "<i2").tolist() == [32767, -32768]


def test_half_a_sample_is_refused():
    with pytest.raises(OddPcmLength):
        to_float32(b"odd")


def test_levels_are_relative_to_a_full_scale_square_wave():
    assert dbfs(np.ones(100, np.float32)) == 0.0
    assert dbfs(np.full(100, 0.1, np.float32)) == pytest.approx(-20.0, abs=0.01)


@pytest.mark.parametrize("samples", [np.zeros(100, np.float32), np.zeros(0, np.float32)])
def test_silence_has_a_finite_level(samples):
    assert dbfs(samples) == SILENCE_DBFS


def test_milliseconds_and_samples_agree():
    assert samples_from_ms(1500) == 24_000
    assert ms_from_samples(24_000) == 1500
