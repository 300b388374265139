"""Which telephone tone, if any, fills each frame: exact least-squares projection on the pairs of the standards.

Frequencies: US Telcordia GR-506 (dial 350+440, ringback 440+480, busy and reorder 480+620), UK BTNR 1080 /
SIN 350 (dial 350+450, ringback 400+450, busy 400), CEPT and ITU-T E.180 (425 for all, 400 to 450 in the wild;
special information 950, 1400, 1800).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, SILENCE_DBFS, Float32

ToneFamily = Literal[
    "", "us_dial", "uk_dial", "us_ringback", "us_busy", "uk_ringback", "single", "sit_1", "sit_2", "sit_3"
]

FRAME = 800  # 50 ms: tells 400 from 450 Hz, and fits the shortest burst (200 ms) four times
HOP = 320  # 20 ms

MIN_PURITY = 0.75  # share of the telephone band that is the tone: 0.91 is left of it at 10 dB SNR
MIN_LEVEL_DBFS = -55.0
PAIR_GAIN = 0.04  # a second tone must explain that much more than the first alone: 14 dB of imbalance

_BAND_HZ = (200.0, 3800.0)  # rumble and hiss outside what a telephone carries do not count against a tone
_DETUNES = (0.99, 1.0, 1.01)  # the standards say ±0.5 %, old exchanges and resamplers say otherwise

_PAIRS_HZ: dict[ToneFamily, tuple[float, float]] = {
    "us_dial": (350.0, 440.0),
    "uk_dial": (350.0, 450.0),
    "us_ringback": (440.0, 480.0),
    "us_busy": (480.0, 620.0),
    "uk_ringback": (400.0, 450.0),
}
_SINGLES_HZ: dict[ToneFamily, npt.NDArray[np.float64]] = {
    "single": np.arange(384.0, 461.0, 8.0),
    "sit_1": np.arange(900.0, 1001.0, 10.0),
    "sit_2": np.arange(1350.0, 1451.0, 10.0),
    "sit_3": np.arange(1750.0, 1851.0, 10.0),
}


@dataclass(frozen=True, slots=True)
class ToneFrames:
    """Frames of 50 ms, one every 20 ms: the tone that fills each, and its level in the telephone band."""

    families: tuple[ToneFamily, ...]
    levels_dbfs: tuple[float, ...]


def _orthonormal(frequencies_hz: tuple[float, ...]) -> npt.NDArray[np.float64]:
    angle = 2 * np.pi * np.outer(np.arange(FRAME), frequencies_hz) / SAMPLE_RATE_HZ
    return np.linalg.qr(np.concatenate([np.cos(angle), np.sin(angle)], axis=1))[0]


_SINGLE_NAMES: list[ToneFamily] = [name for name, grid in _SINGLES_HZ.items() for _ in grid]
_PAIR_NAMES: list[ToneFamily] = [name for name in _PAIRS_HZ for _ in _DETUNES]
_BANK = np.concatenate(
    [_orthonormal((hz,)) for grid in _SINGLES_HZ.values() for hz in grid]
    + [_orthonormal((low * d, high * d)) for low, high in _PAIRS_HZ.values() for d in _DETUNES],
    axis=1,
).astype(np.float32)  # shape (FRAME, 2 · singles + 4 · pairs)
_BAND = slice(int(_BAND_HZ[0] * FRAME / SAMPLE_RATE_HZ), int(_BAND_HZ[1] * FRAME / SAMPLE_RATE_HZ))


def name_frames(samples: Float32) -> ToneFrames:
    """Return what fills each whole frame of `samples` (float32, shape (n,)); none when n < `FRAME`."""
    if samples.size < FRAME:
        return ToneFrames((), ())
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    spectrum = np.fft.rfft(frames, axis=1)[:, _BAND]
    band = 2.0 / FRAME * np.sum(spectrum.real**2 + spectrum.imag**2, axis=1) + 1e-9
    explained = (frames @ _BANK) ** 2 / band[:, None]
    split = 2 * len(_SINGLE_NAMES)
    singles = explained[:, :split].reshape(len(frames), -1, 2).sum(axis=2)
    pairs = explained[:, split:].reshape(len(frames), -1, 4).sum(axis=2)
    levels_dbfs = np.maximum(10 * np.log10(band / FRAME), SILENCE_DBFS)
    return ToneFrames(_name(singles, pairs, levels_dbfs), tuple(levels_dbfs.tolist()))


def _name(
    singles: npt.NDArray[np.float32], pairs: npt.NDArray[np.float32], levels_dbfs: npt.NDArray[np.float32]
) -> tuple[ToneFamily, ...]:
    best_single, best_pair = singles.argmax(axis=1), pairs.argmax(axis=1)
    rows = np.arange(len(singles))
    single_purity, pair_purity = singles[rows, best_single], pairs[rows, best_pair]
    is_pair = pair_purity > single_purity + PAIR_GAIN
    is_tone = (np.maximum(single_purity, pair_purity) > MIN_PURITY) & (levels_dbfs > MIN_LEVEL_DBFS)
    return tuple(
        "" if not heard else _PAIR_NAMES[pair] if paired else _SINGLE_NAMES[single]
        for heard, paired, single, pair in zip(
            is_tone.tolist(), is_pair.tolist(), best_single.tolist(), best_pair.tolist(), strict=True
        )
    )
