"""The noise behind everything: its level by minimum statistics, its colour, and when either changes for good.

Minimum statistics: R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
statistics", IEEE Trans. Speech Audio Proc. 9(5), 2001; here on the whole band, since only the level is wanted.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, SILENCE_DBFS, Float32

Bands = npt.NDArray[np.float64]

BLOCK = 800  # 50 ms: shorter than the pauses between words
FLOOR_BLOCKS = 80  # 4 s hold a pause even in fluent speech
MINIMUM_BIAS_DB = 0.5  # the least of 80 blocks of steady noise lies that much under their mean (measured)

FLOOR_STEP_DB = 8.0  # a change people notice: more than twice as loud is 10 dB
LEAST_FLOOR_DBFS = -65.0  # below, gates and dither make the level jump without anything being heard
COLOUR_STEP_DB = 4.0  # mean over the bands, level taken out; the same noise twice stays below 1.5, pink to white is 5
SETTLED_S = 3.0  # a change must last that long

_BAND_EDGES_HZ = (100, 200, 400, 800, 1200, 1800, 2600, 3700, 7000)
_EDGES = np.rint(np.array(_BAND_EDGES_HZ) * BLOCK / SAMPLE_RATE_HZ).astype(int)
_HANN = np.hanning(BLOCK).astype(np.float32)
_NEAR_FLOOR_DB = 5.0  # louder blocks are not background
_COLOUR_BLOCKS = 60
_LEAST_COLOUR_BLOCKS = 30


class Background:
    """Follows one session's background; blocks of 50 ms, any window length."""

    def __init__(self) -> None:
        self._pending: Float32 = np.zeros(0, dtype=np.float32)
        self._levels_dbfs: deque[float] = deque(maxlen=FLOOR_BLOCKS)
        self._colours: deque[Bands] = deque(maxlen=_COLOUR_BLOCKS)
        self._usual_floor_dbfs: float | None = None
        self._usual_colour: Bands | None = None
        self._floor_off_s = 0.0
        self._colour_off_s = 0.0

    @property
    def floor_dbfs(self) -> float:
        """The level of the noise, `SILENCE_DBFS` before the first block."""
        if not self._levels_dbfs:
            return SILENCE_DBFS
        return min(self._levels_dbfs) + MINIMUM_BIAS_DB

    def hear(self, samples: Float32, *, is_covered: bool = False, is_speech: bool = False) -> tuple[str, ...]:
        """Return what changed for good: `noise_floor_change`, `background_shift`, mostly nothing.

        `is_covered`: a tone or music lies over the background, so nothing is learnt. `is_speech`: the floor is
        followed in the pauses, but no change is judged, since fluent speech hides what is behind it.
        """
        sound = np.concatenate([self._pending, samples])
        whole = sound.size // BLOCK * BLOCK
        self._pending = sound[whole:].copy()
        if is_covered or not whole:
            return ()
        blocks = sound[:whole].reshape(-1, BLOCK)
        levels_dbfs = self._learn(blocks, is_speech=is_speech)
        if is_speech:
            return ()
        heard_s = whole / SAMPLE_RATE_HZ
        return tuple(
            name
            for name, changed in (
                ("noise_floor_change", self._floor_changed(float(np.percentile(levels_dbfs, 20)), heard_s)),
                ("background_shift", self._colour_changed(heard_s)),
            )
            if changed
        )

    def _learn(self, blocks: Float32, *, is_speech: bool) -> Bands:
        power = np.mean(blocks.astype(np.float64) ** 2, axis=1)
        levels_dbfs: Bands = 10 * np.log10(power + 1e-10)
        self._levels_dbfs.extend(levels_dbfs.tolist())
        near = (levels_dbfs < self.floor_dbfs + _NEAR_FLOOR_DB) & (levels_dbfs > LEAST_FLOOR_DBFS)
        if not is_speech:
            self._colours.extend(_colour(block) for block in blocks[near])
        return levels_dbfs

    def _floor_changed(self, level_dbfs: float, heard_s: float) -> bool:
        floor_dbfs = max(level_dbfs, LEAST_FLOOR_DBFS)
        if self._usual_floor_dbfs is None:
            self._usual_floor_dbfs = floor_dbfs
        is_off = abs(floor_dbfs - self._usual_floor_dbfs) >= FLOOR_STEP_DB
        self._floor_off_s = self._floor_off_s + heard_s if is_off else 0.0
        if self._floor_off_s < SETTLED_S:
            return False
        self._usual_floor_dbfs, self._floor_off_s = floor_dbfs, 0.0
        return True

    def _colour_changed(self, heard_s: float) -> bool:
        if len(self._colours) < _LEAST_COLOUR_BLOCKS:
            return False
        colour = np.mean(self._colours, axis=0)
        if self._usual_colour is None:
            self._usual_colour = colour
        is_off = float(np.mean(np.abs(colour - self._usual_colour))) >= COLOUR_STEP_DB
        self._colour_off_s = self._colour_off_s + heard_s if is_off else 0.0
        if self._colour_off_s < SETTLED_S:
            return False
        self._usual_colour, self._colour_off_s = colour, 0.0
        return True


def _colour(block: Float32) -> Bands:
    """Return the level of each band in dB, their mean taken out."""
    spectrum = np.fft.rfft(block * _HANN)
    power = np.add.reduceat(spectrum.real**2 + spectrum.imag**2, _EDGES[:-1]) / np.diff(_EDGES)
    bands_db = 10 * np.log10(power.astype(np.float64) + 1e-12)
    return np.asarray(bands_db - bands_db.mean())
