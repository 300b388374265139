"""PCM16LE mono at 16 kHz, as bytes and as float32 samples, and levels in dBFS."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 16_000  # what the wire carries and every model here was trained on
BYTES_PER_SAMPLE = 2
SILENCE_DBFS = -100.0  # below the quantisation noise of 16 bits (-98 dBFS)

_FULL_SCALE = 32_768.0  # 2**15: int16 maps onto [-1, 1)


class OddPcmLength(ValueError):
    """The bytes cannot be 16-bit samples: their number is odd."""


def to_float32(pcm16: bytes) -> Float32:
    """Return the samples of `pcm16` (s16le mono) as float32, shape (n,), in [-1, 1).

    Raises `OddPcmLength` when half a sample is left over.
    """
    if len(pcm16) % BYTES_PER_SAMPLE:
        raise OddPcmLength(f"{len(pcm16)} bytes are not a whole number of 16-bit samples")
    return np.frombuffer(pcm16, dtype="<i2").astype(np.float32) / np.float32(_FULL_SCALE)


def to_pcm16(samples: Float32) -> bytes:
    """Return float32 `samples` in [-1, 1] as s16le bytes; what lies outside is clipped."""
    scaled = np.clip(np.rint(samples * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1)
    return bytes(scaled.astype("<i2").tobytes())


def dbfs(samples: Float32) -> float:
    """Return the RMS level of `samples` in dBFS (0 = full-scale square wave).

    `samples`: float32, shape (n,), in [-1, 1). Digital silence and n = 0 give `SILENCE_DBFS`, never -inf.
    """
    if samples.size == 0:
        return SILENCE_DBFS
    mean_square = float(np.dot(samples, samples)) / samples.size
    if mean_square <= 0.0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 10.0 * float(np.log10(mean_square)))


def samples_in(pcm16: bytes | bytearray) -> int:
    """Return how many whole samples `pcm16` holds."""
    return len(pcm16) // BYTES_PER_SAMPLE


def ms_from_samples(samples: int) -> int:
    """Return `samples` of the session's clock as whole milliseconds, rounded down."""
    return samples * 1000 // SAMPLE_RATE_HZ


def samples_from_ms(ms: int) -> int:
    """Return `ms` milliseconds as samples of the session's clock."""
    return ms * SAMPLE_RATE_HZ // 1000
