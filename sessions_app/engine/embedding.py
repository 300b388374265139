"""A voice as a vector: mean cepstrum and F0, which need no model file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32
from sessions_app.engine.pitch import f0_hz
from sessions_app.engine.prosody import semitones

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VoiceSample:
    """A stretch of speech as a vector that tells voices apart, and how many seconds of speech it rests on."""

    vector: Floats
    speech_s: float


_FRAME = 400  # 25 ms
_HOP = 160
_FFT = 512
_COEFFICIENTS = 14  # more of them tell words rather than voices apart (measured)
_MELS = 32
_SPEECH_RANGE_DB = 25.0
_LEAST_FRAMES = 30
_LEAST_VOICED_FRAMES = 15

_HAMMING = np.hamming(_FRAME).astype(np.float32)


def _mel_filters(count: int, low_hz: float, high_hz: float) -> Float32:
    """Return triangular filters on the O'Shaughnessy mel scale, shape (`count`, `_FFT` / 2 + 1)."""
    low_mel, high_mel = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (low_hz, high_hz))
    edges_hz = 700.0 * (10 ** (np.linspace(low_mel, high_mel, count + 2) / 2595.0) - 1.0)
    return _triangles(edges_hz)


def _triangles(edges_hz: Floats) -> Float32:
    """Return one triangle for each three neighbours of `edges_hz`, peak 1."""
    bins_hz = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE_HZ)
    left, centre, right = (edges_hz[i : len(edges_hz) - 2 + i, None] for i in range(3))
    rising, falling = (bins_hz - left) / (centre - left), (right - bins_hz) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


def _power_spectra(samples: Float32) -> Float32:
    """Return the power spectrum of each 25 ms frame, every 10 ms, shape (frames, `_FFT` / 2 + 1)."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
    spectrum = np.fft.rfft(frames * _HAMMING, _FFT, axis=1)
    power: Float32 = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return power


_FILTERS = _mel_filters(_MELS, 100.0, 7000.0).T
_DCT = np.cos(np.pi / _MELS * np.outer(np.arange(_MELS) + 0.5, np.arange(1, _COEFFICIENTS + 1))).astype(np.float32)


def voice_sample(samples: Float32) -> VoiceSample | None:
    """Return the mean cepstrum over speech frames and the middle of F0, a vector of 15, None for too little speech.

    About 4 ms of CPU a second of sound.
    """
    if samples.size < _FRAME:
        return None
    power = _power_spectra(samples)
    level_db = 10 * np.log10(power.sum(axis=1) + 1e-9)
    speech = power[level_db > level_db.max() - _SPEECH_RANGE_DB]
    voiced_hz = f0_hz(samples)
    voiced_hz = voiced_hz[voiced_hz > 0]
    if len(speech) < _LEAST_FRAMES or voiced_hz.size < _LEAST_VOICED_FRAMES:
        return None
    cepstrum = (np.log(speech @ _FILTERS + 1e-6) @ _DCT).mean(axis=0)
    middle_st = np.percentile(semitones(voiced_hz), (25, 75)).mean()
    return VoiceSample(np.append(cepstrum, middle_st).astype(np.float64), len(speech) * _HOP / SAMPLE_RATE_HZ)
