"""Seeded test sounds, float32 at 16 kHz: tones with cadence, DTMF digits, noise, silence, a voice of known F0."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32

DTMF_HZ = {  # ITU-T Q.23
    symbol: (low, high)
    for low, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for high, symbol in zip((1209, 1336, 1477, 1633), row, strict=True)
}

US_DIAL_HZ = (350, 440)
US_RINGBACK_HZ = (440, 480)
US_BUSY_HZ = (480, 620)
UK_RINGBACK_HZ = (400, 450)
CEPT_HZ = (425,)
SPECIAL_INFORMATION_HZ = (950, 1400, 1800)  # ITU-T E.180, each 330 ms

VOWEL_FORMANTS = ((660, 90), (1170, 110), (2490, 170), (3350, 250))  # Hz and bandwidth, an open central vowel


def samples_of(duration_s: float) -> int:
    return round(duration_s * SAMPLE_RATE_HZ)


def silence(duration_s: float) -> Float32:
    return np.zeros(samples_of(duration_s), dtype=np.float32)


def at_level(samples: npt.NDArray[np.floating], dbfs: float) -> Float32:
    """Return `samples` scaled to an RMS of `dbfs`."""
    rms = float(np.sqrt(np.mean(np.square(samples))))
    return (samples * (10 ** (dbfs / 20) / rms)).astype(np.float32)


def white_noise(duration_s: float, dbfs: float = -40.0, seed: int = 0) -> Float32:
    return at_level(np.random.default_rng(seed).standard_normal(samples_of(duration_s)), dbfs)


def pink_noise(duration_s: float, dbfs: float = -40.0, seed: int = 0) -> Float32:
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples_of(duration_s)))
    hz = np.fft.rfftfreq(samples_of(duration_s), 1 / SAMPLE_RATE_HZ)
    spectrum /= np.sqrt(np.maximum(hz, 1.0))
    spectrum[hz < 20.0] = 0.0  # no microphone hears below
    return at_level(np.fft.irfft(spectrum, samples_of(duration_s)), dbfs)


def tone(*frequencies_hz: float, duration_s: float, dbfs: float = -20.0) -> Float32:
    """Return equally loud sines, `dbfs` together."""
    time_s = np.arange(samples_of(duration_s)) / SAMPLE_RATE_HZ
    return at_level(np.sum([np.sin(2 * np.pi * hz * time_s) for hz in frequencies_hz], axis=0), dbfs)


def cadence(*frequencies_hz: float, on_off_s: tuple[float, ...], duration_s: float, dbfs: float = -20.0) -> Float32:
    """Return a tone keyed on, off, on, off … by `on_off_s`, again and again for `duration_s`."""
    keyed = tone(*frequencies_hz, duration_s=duration_s, dbfs=dbfs)
    position_s = np.arange(keyed.size) / SAMPLE_RATE_HZ % sum(on_off_s)
    step = np.searchsorted(np.cumsum(on_off_s), position_s, side="right")
    return np.where(step % 2 == 0, keyed, np.float32(0.0)).astype(np.float32)


def special_information(dbfs: float = -20.0) -> Float32:
    return np.concatenate([tone(hz, duration_s=0.33, dbfs=dbfs) for hz in SPECIAL_INFORMATION_HZ])


def dtmf(
    symbols: str,
    *,
    on_s: float = 0.08,
    off_s: float = 0.08,
    twist_db: float = 0.0,
    detune: float = 0.0,
    dbfs: float = -20.0,
) -> Float32:
    """Return keyed digits; `twist_db` is the level of the high tone over the low one, `detune` a fraction."""
    time_s = np.arange(samples_of(on_s)) / SAMPLE_RATE_HZ
    parts: list[Float32] = [silence(off_s)]
    for symbol in symbols:
        low_hz, high_hz = (hz * (1 + detune) for hz in DTMF_HZ[symbol])
        high = np.sin(2 * np.pi * high_hz * time_s) * 10 ** (twist_db / 20)
        parts += [at_level(np.sin(2 * np.pi * low_hz * time_s) + high, dbfs), silence(off_s)]
    return np.concatenate(parts)


def with_noise(samples: Float32, snr_db: float, seed: int = 0) -> Float32:
    """Return `samples` in white noise, `snr_db` below the RMS of what in them is not silence."""
    sounding = samples[np.abs(samples) > 0]
    level_dbfs = 10 * float(np.log10(np.mean(np.square(sounding))))
    return samples + white_noise(samples.size / SAMPLE_RATE_HZ, level_dbfs - snr_db, seed)


def voice(
    duration_s: float,
    f0_hz: float = 120.0,
    *,
    dbfs: float = -23.0,
    tilt_db_per_octave: float = -9.0,
    wander_semitones: float = 1.5,
    syllables_per_s: float = 4.0,
    seed: int = 0,
) -> Float32:
    """Return a vowel sung by a machine: harmonics of a wandering F0 through formants, in syllables."""
    f0_track_hz = f0_contour(duration_s, f0_hz, wander_semitones=wander_semitones, seed=seed)
    phase = 2 * np.pi * np.cumsum(f0_track_hz) / SAMPLE_RATE_HZ
    sung, before, now, twice_cos = np.zeros(phase.size), np.zeros(phase.size), np.sin(phase), 2 * np.cos(phase)
    for harmonic in range(1, int(3800 / float(f0_track_hz.max())) + 1):
        sung += harmonic ** (tilt_db_per_octave / 6.02) * _formant_gain(harmonic * f0_hz) * now
        before, now = now, twice_cos * now - before  # sin (k + 1)x, without another sine
    time_s = np.arange(sung.size) / SAMPLE_RATE_HZ
    syllable = 0.1 + 0.9 * np.sin(np.pi * syllables_per_s * time_s) ** 2
    return at_level(sung * syllable, dbfs)


def f0_contour(
    duration_s: float, f0_hz: float, *, wander_semitones: float = 1.5, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Return the F0 of `voice` for each sample: three slow seeded sines around `f0_hz`."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(samples_of(duration_s)) / SAMPLE_RATE_HZ
    sway = [np.sin(2 * np.pi * (hz * time_s + rng.random())) for hz in (0.31, 0.73, 1.7)]
    contour_hz: npt.NDArray[np.float64] = f0_hz * 2 ** (wander_semitones * np.mean(sway, axis=0) / 12)
    return contour_hz


def _formant_gain(hz: float) -> float:
    return 0.05 + sum(1 / float(np.hypot(1, (hz - centre) / width)) for centre, width in VOWEL_FORMANTS)
