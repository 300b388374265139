"""F0 by the normalised autocorrelation of P. Boersma, "Accurate short-term analysis of the fundamental frequency
and the harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17, 1993: candidates, costs and path finder.

Its settings are the paper's for speech but for one; peaks are interpolated by a parabola instead of sin x / x.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32

Floats = npt.NDArray[np.float64]

FLOOR_HZ = 75.0
CEILING_HZ = 600.0
HOP = 160  # 10 ms
FRAME = 640  # 40 ms: three periods of the lowest F0, as the paper asks

SILENCE_THRESHOLD = 0.03  # of the loudest peak: fainter frames are unvoiced
VOICING_THRESHOLD = 0.45
OCTAVE_COST = 0.0125  # the paper: 0.01, which with a parabola halves voices of 450 Hz; more doubles telephone voices
OCTAVE_JUMP_COST = 0.35
VOICED_UNVOICED_COST = 0.14

_CANDIDATES = 5  # voiced ones; the paper has up to 15, the fifth is hardly ever on the path
_FFT = 1024  # ≥ FRAME + longest lag, so that the circular correlation is the plain one
_MIN_LAG = int(SAMPLE_RATE_HZ / CEILING_HZ)
_MAX_LAG = int(np.ceil(SAMPLE_RATE_HZ / FLOOR_HZ))
_LAGS = slice(_MIN_LAG - 1, _MAX_LAG + 2)
_WINDOW = np.hanning(FRAME + 2)[1:-1]


def _window_autocorrelation() -> Float32:
    power = np.abs(np.fft.rfft(_WINDOW, _FFT)) ** 2
    correlation = np.fft.irfft(power)
    wanted: Float32 = (correlation / correlation[0])[_LAGS].astype(np.float32)
    return wanted


_WINDOW_ACF = _window_autocorrelation()
_WINDOW32 = _WINDOW.astype(np.float32)


def f0_hz(samples: Float32) -> Float32:
    """Return F0 in Hz for each 40 ms frame, one every 10 ms, 0 where unvoiced.

    `samples`: float32, shape (n,). The result has `1 + (n - FRAME) // HOP` values, none when n < `FRAME`.
    Costs about 3 ms of CPU a second of sound.
    """
    if samples.size < FRAME:
        return np.zeros(0, dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    peaks = np.abs(frames).max(axis=1)
    correlation = _normalised_acf(frames)
    frequencies_hz, strengths = _candidates(correlation)
    loudness = peaks / max(float(peaks.max()), 1e-6)
    unvoiced = VOICING_THRESHOLD + np.maximum(0.0, 2.0 - loudness * (1.0 + VOICING_THRESHOLD) / SILENCE_THRESHOLD)
    return _best_path(frequencies_hz, strengths, unvoiced)


def _normalised_acf(frames: Float32) -> Float32:
    """Return the autocorrelation at each lag of interest, the window's divided out."""
    spectrum = np.fft.rfft(frames * _WINDOW32, _FFT, axis=1)
    power = spectrum * spectrum.conj()  # complex still: a real array would be transformed in double precision
    correlation = np.fft.irfft(power, axis=1)
    energy = np.maximum(correlation[:, :1], 1e-9)
    normalised: Float32 = (correlation[:, _LAGS] / energy / _WINDOW_ACF).astype(np.float32)
    return normalised


def _candidates(correlation: Float32) -> tuple[Floats, Floats]:
    """Return the frequency and strength of each frame's best peaks, shape (frames, `_CANDIDATES`).

    A missing candidate has the strength -1, which no path takes.
    """
    before, at, after = correlation[:, :-2], correlation[:, 1:-1], correlation[:, 2:]
    lags = np.arange(_MIN_LAG, _MAX_LAG + 1)
    is_peak = (at > before) & (at >= after) & (at > 0.5 * VOICING_THRESHOLD)
    favour = (OCTAVE_COST * np.log2(FLOOR_HZ * lags / SAMPLE_RATE_HZ)).astype(np.float32)
    score = np.where(is_peak, at - favour, np.float32(-1.0))
    best = np.argpartition(score, -_CANDIDATES, axis=1)[:, -_CANDIDATES:]
    left, middle, right = (np.take_along_axis(part, best, axis=1) for part in (before, at, after))
    curve = 2 * middle - left - right
    shift = np.where(curve > 1e-9, 0.5 * (right - left) / np.maximum(curve, 1e-9), 0.0)
    height = middle + 0.25 * (right - left) * shift
    frequencies_hz = SAMPLE_RATE_HZ / (lags[best] + np.clip(shift, -0.5, 0.5))
    height = np.where(height > 1.0, 1.0 / np.maximum(height, 1e-9), height)
    strengths = height - OCTAVE_COST * np.log2(FLOOR_HZ / frequencies_hz)
    missing = np.take_along_axis(score, best, axis=1) <= -1.0
    return frequencies_hz.astype(np.float64), np.where(missing, -1.0, strengths).astype(np.float64)


def _best_path(frequencies_hz: Floats, strengths: Floats, unvoiced: Floats) -> Float32:
    """Return the F0 along the strongest path, leaps and voicing changes paid for (Viterbi)."""
    octaves = np.log2(frequencies_hz)
    states = np.concatenate([unvoiced[:, None], strengths], axis=1)
    leap = OCTAVE_JUMP_COST * np.abs(octaves[:-1, :, None] - octaves[1:, None, :])
    cost = np.full((len(states) - 1, _CANDIDATES + 1, _CANDIDATES + 1), VOICED_UNVOICED_COST)
    cost[:, 1:, 1:] = leap
    cost[:, 0, 0] = 0.0
    total = states[0]
    came_from = np.zeros((len(states), _CANDIDATES + 1), dtype=np.intp)
    columns = np.arange(_CANDIDATES + 1)
    for index in range(1, len(states)):
        routes = total[:, None] - cost[index - 1]
        came_from[index] = routes.argmax(axis=0)
        total = routes[came_from[index], columns] + states[index]
    path = np.empty(len(states), dtype=np.intp)
    path[-1] = int(total.argmax())
    for index in range(len(states) - 1, 0, -1):
        path[index - 1] = came_from[index, path[index]]
    voiced_hz = np.take_along_axis(frequencies_hz, np.maximum(path - 1, 0)[:, None], axis=1)[:, 0]
    return np.where(path > 0, voiced_hz, 0.0).astype(np.float32)
