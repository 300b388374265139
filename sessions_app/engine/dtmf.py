"""DTMF digits in a stream of sound: exact projection on the sixteen pairs, then a check of each burst.

Frequencies and tolerances are ITU-T Q.23 (pairs, ±1.5 % must be heard, ±3.5 % must not) and Q.24 (≥ 40 ms on,
≥ 40 ms off, breaks up to 10 ms ignored, twist -8 … +4 dB).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32

LOW_HZ = (697.0, 770.0, 852.0, 941.0)
HIGH_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
KEYPAD = ("123A", "456B", "789C", "*0#D")

MAX_DETUNE = 0.023  # between Q.23's 1.5 % and Q.24's 3.5 %, nearer the first: noise blurs a 40 ms burst
MIN_TWIST_DB = -10.0  # the high tone over the low one: Q.24's -8 … +4 dB and 2 dB for what noise adds
MAX_TWIST_DB = 6.0
MIN_PURITY = 0.85  # share of the burst that is the two tones; 0.97 is left of it at 15 dB SNR
MIN_LEVEL_DBFS = -45.0
MAX_EDGE_DB = -7.0  # the pair just before and after a burst, over the burst

_FRAME = 320  # 20 ms
_HOP = 160  # 10 ms
_MIN_FRAMES = 3  # a frame counts when ≥ 60 % of it is tone: 40 ms always fill three, 23 ms never more than two
_MAX_HOLE = 2  # frames lost to a break of 10 ms; a pause of 40 ms loses four
_FRAME_PURITY = 0.55
_EDGE = 240  # 15 ms
_CONTEXT = 800  # 50 ms: what the edge check before a burst wants to see
_LONGEST = SAMPLE_RATE_HZ // 2  # a key held down longer is reported while it is still held
_CORE = 1600  # 100 ms of a burst tell its frequencies well enough

_DETUNES = (0.985, 1.0, 1.015)


@dataclass(frozen=True, slots=True)
class Digit:
    """One pressed key, 0-9 * # A-D, on the session's sample clock."""

    symbol: str
    start_sample: int
    end_sample: int


def _quadratures(frequencies_hz: npt.NDArray[np.float64], samples: int) -> npt.NDArray[np.complex128]:
    """Return e^(-iωn), one row a frequency, scaled so that |projection|² is the tone's energy."""
    time_s = np.arange(samples) / SAMPLE_RATE_HZ
    rows: npt.NDArray[np.complex128] = np.exp(-2j * np.pi * np.outer(frequencies_hz, time_s))
    rows *= np.sqrt(2.0 / samples)
    return rows


_GRID_HZ = np.outer(LOW_HZ + HIGH_HZ, _DETUNES).ravel()
_GRID = _quadratures(_GRID_HZ, _FRAME)
_GRID_REAL = np.concatenate([_GRID.real, _GRID.imag]).astype(np.float32).T  # shape (frame, 2 · 24)


class DtmfDetector:
    """Hears digits across window borders; a digit is told once, after its end."""

    def __init__(self) -> None:
        self._buffer: Float32 = np.zeros(0, dtype=np.float32)
        self._buffer_start = 0
        self._told_through = 0

    def hear(self, samples: Float32, start_sample: int) -> tuple[Digit, ...]:
        """Return the digits that ended in `samples`, float32 in [-1, 1), which follow those heard before.

        A gap in the clock forgets what was open.
        """
        if start_sample != self._buffer_start + self._buffer.size:
            self._buffer, self._buffer_start = samples[:0], start_sample
            self._told_through = start_sample
        self._buffer = np.concatenate([self._buffer, samples])
        keys = frame_keys(self._buffer)
        digits: list[Digit] = []
        keep_from = self._buffer.size - _CONTEXT
        for first, last, key in _runs(keys):
            begin, end = first * _HOP, last * _HOP + _FRAME
            is_open = end + _FRAME > self._buffer.size
            if self._buffer_start + begin < self._told_through:
                self._told_through = self._buffer_start + end
            elif is_open and end - begin < _LONGEST:
                keep_from = min(keep_from, begin - _CONTEXT)
            elif self._is_digit(begin, end, key):
                digits.append(Digit(_symbol(key), self._buffer_start + begin, self._buffer_start + end))
                self._told_through = self._buffer_start + end
        self._forget_before(max(0, keep_from))
        return tuple(digits)

    def _is_digit(self, begin: int, end: int, key: int) -> bool:
        if end - begin < _FRAME + (_MIN_FRAMES - 1) * _HOP:
            return False
        margin = 100
        core = self._buffer[begin + margin : end - margin][:_CORE].astype(np.float64)
        low_hz, high_hz = _true_hz(core, LOW_HZ[key // 4]), _true_hz(core, HIGH_HZ[key % 4])
        if low_hz is None or high_hz is None:
            return False
        fit = fit_pair(core, low_hz, high_hz)
        if fit.purity < MIN_PURITY or not MIN_TWIST_DB <= fit.twist_db <= MAX_TWIST_DB:
            return False
        if fit.level_dbfs < MIN_LEVEL_DBFS:
            return False
        before = self._buffer[max(0, begin - _EDGE - 80) : max(0, begin - 80)]
        after = self._buffer[end + 80 : end + 80 + _EDGE]
        return all(_edge_is_clean(edge, low_hz, high_hz, fit.level_dbfs) for edge in (before, after))

    def _forget_before(self, index: int) -> None:
        self._buffer = self._buffer[index:].copy()
        self._buffer_start += index


@dataclass(frozen=True, slots=True)
class PairFit:
    """How well two sines explain a stretch of sound."""

    purity: float  # 0..1, the share of the energy that is theirs
    twist_db: float  # the second over the first
    level_dbfs: float


def fit_pair(samples: npt.NDArray[np.float64], low_hz: float, high_hz: float) -> PairFit:
    """Return the least-squares fit of two sines to `samples`, shape (n,), n ≥ 4."""
    angle = 2 * np.pi * np.outer(np.arange(samples.size), (low_hz, high_hz)) / SAMPLE_RATE_HZ
    basis = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
    weights = np.linalg.lstsq(basis, samples, rcond=None)[0]
    energy = float(np.dot(samples, samples)) + 1e-12
    explained = float(np.sum((basis @ weights) ** 2))
    low, high = np.hypot(weights[:2], weights[2:]) + 1e-9
    return PairFit(
        purity=explained / energy,
        twist_db=20.0 * float(np.log10(high / low)),
        level_dbfs=10.0 * float(np.log10(explained / samples.size + 1e-12)),
    )


def frame_keys(samples: Float32) -> npt.NDArray[np.intp]:
    """Return the key (row · 4 + column, -1 = none) that fills each 20 ms frame, every 10 ms."""
    if samples.size < _FRAME:
        return np.zeros(0, dtype=np.intp)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME)[::_HOP]
    projected = frames @ _GRID_REAL
    half = projected.shape[1] // 2
    energy = projected[:, :half] ** 2 + projected[:, half:] ** 2
    per_tone = energy.reshape(-1, 8, len(_DETUNES)).max(axis=2)
    low, high = per_tone[:, :4], per_tone[:, 4:]
    total = np.einsum("ij,ij->i", frames, frames) + np.float32(1e-9)
    loud = total / _FRAME > 10 ** (MIN_LEVEL_DBFS / 10)
    pure = low.max(axis=1) + high.max(axis=1) > _FRAME_PURITY * total
    level = np.abs(10 * np.log10((high.max(axis=1) + 1e-9) / (low.max(axis=1) + 1e-9))) < 14.0
    keys = low.argmax(axis=1) * 4 + high.argmax(axis=1)
    return np.where(loud & pure & level, keys, -1)


def _runs(keys: npt.NDArray[np.intp]) -> list[tuple[int, int, int]]:
    """Return (first, last, key) of each run of one key, short holes closed."""
    runs: list[tuple[int, int, int]] = []
    for index in np.flatnonzero(keys >= 0).tolist():
        key = int(keys[index])
        if runs and runs[-1][2] == key and index - runs[-1][1] <= _MAX_HOLE + 1:
            runs[-1] = (runs[-1][0], index, key)
        else:
            runs.append((index, index, key))
    return runs


def _true_hz(core: npt.NDArray[np.float64], nominal_hz: float) -> float | None:
    """Return the frequency of the peak near `nominal_hz`, None when it lies outside the tolerance."""
    candidates_hz = nominal_hz * np.linspace(1 - 2 * MAX_DETUNE, 1 + 2 * MAX_DETUNE, 33)
    windowed = core * np.hanning(core.size)
    peak_hz = float(candidates_hz[np.abs(_quadratures(candidates_hz, core.size) @ windowed).argmax()])
    return peak_hz if abs(peak_hz / nominal_hz - 1) <= MAX_DETUNE else None


def _edge_is_clean(edge: Float32, low_hz: float, high_hz: float, burst_dbfs: float) -> bool:
    if edge.size < _EDGE // 2:
        return True
    return fit_pair(edge.astype(np.float64), low_hz, high_hz).level_dbfs < burst_dbfs + MAX_EDGE_DB


def _symbol(key: int) -> str:
    return KEYPAD[key // 4][key % 4]
