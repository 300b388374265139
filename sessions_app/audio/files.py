"""Sound files as the wire carries them: any WAV by itself, everything else through PyAV when it is installed."""

from __future__ import annotations

import wave
from itertools import chain
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from sessions_app.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, to_pcm16

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sessions_app.audio.pcm import Float32

BLOCK_S = 1  # what is converted at once: an hour of studio sound would otherwise take a gigabyte
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 192_000  # beyond these a header is spoiled rather than true

# The low-pass of the resampler: a Kaiser window over 32 zero crossings to each side of the sinc. Beta 8.6 is 85 dB
# of stop band (Kaiser's formula: 0.1102 × (85 - 8.7)); its transition band is then 0.17 of the Nyquist
# frequency wide, and the cut-off lies half of that below it.
ZERO_CROSSINGS = 32
KAISER_BETA = 8.6
CUTOFF = 0.92

NEEDS_PYAV = 'is not a plain WAV file. Other formats need PyAV: pip install av (pip install "linnet[voice]" has it).'
_RAW_FORMATS = {".g722": "g722"}  # without a header: nothing but the name says what they are


class UnreadableSound(ValueError):
    """No sound can be had from this file. The message says why, and what to do."""


def read(path: Path) -> bytes:
    """Return the sound in `path` as s16le mono at 16 kHz, never empty; more channels are averaged.

    Raises `UnreadableSound`.
    """
    try:
        pcm16 = _wav(path) if _is_wav(path) else _other(path)
    except OSError as error:
        raise UnreadableSound(f"{path}: {error.strerror or error}") from error
    if not pcm16:
        raise UnreadableSound(f"{path} holds no sound.")
    return pcm16


def resampled(blocks: Iterable[Float32], rate_hz: int) -> Iterator[Float32]:
    """Yield the sound of `blocks`, float32 mono at `rate_hz`, at 16 kHz.

    Out come ceil(n × 16 000 / rate) samples for n in, aligned with them (the filter's delay is taken off);
    before and after the sound there is silence.
    """
    if rate_hz == SAMPLE_RATE_HZ:
        yield from blocks
        return
    common = gcd(rate_hz, SAMPLE_RATE_HZ)
    step, phases = rate_hz // common, SAMPLE_RATE_HZ // common
    bank = _filter_bank(step, phases)
    reach = bank.shape[1] // 2
    padding = np.zeros(reach, dtype=np.float32)
    held, held_from, received, made = padding, -reach, 0, 0
    for block in chain(blocks, [padding]):
        held = np.concatenate([held, block])
        received += block.size
        # Output n sits at input n × step / phases; its filter needs `reach` samples beyond that.
        until = max(made, -(-(received - reach) * phases // step))
        numbers = np.arange(made, until, dtype=np.int64)
        centres = numbers * step // phases - held_from
        if numbers.size:
            windows = np.lib.stride_tricks.sliding_window_view(held, bank.shape[1])[centres - reach + 1]
            yield np.einsum("nt,nt->n", windows, bank[numbers * step % phases])
        made = until
        passed = max(0, made * step // phases - held_from - reach + 1)
        held, held_from = held[passed:], held_from + passed


def _filter_bank(step: int, phases: int) -> Float32:
    """Return one low-pass per fraction of an input sample, shape (phases, taps), each with a gain of 1.

    Row p interpolates at `p / phases` behind the tap in the middle (index taps / 2 - 1).
    """
    slowdown = max(1.0, step / phases)  # going down, the filter is as much wider as its cut-off is lower
    reach = int(np.ceil(ZERO_CROSSINGS * slowdown)) + 1
    offsets = np.arange(-reach + 1, reach + 1)[None, :] - np.arange(phases)[:, None] / phases
    cutoff = CUTOFF / slowdown
    inside = np.clip(1 - (offsets / reach) ** 2, 0, None)
    bank = np.sinc(offsets * cutoff) * np.i0(KAISER_BETA * np.sqrt(inside))
    return np.asarray(bank / bank.sum(axis=1, keepdims=True), dtype=np.float32)


def _is_wav(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"WAVE"


def _wav(path: Path) -> bytes:
    try:
        with wave.open(str(path), "rb") as file:
            rate_hz = file.getframerate()
            if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ or file.getsampwidth() > 4:
                raise UnreadableSound(f"{path} claims {rate_hz} Hz and {8 * file.getsampwidth()} bits: it is spoiled.")
            return b"".join(to_pcm16(block) for block in resampled(_mono_blocks(file), rate_hz))
    except (wave.Error, EOFError):
        return _other(path)  # floats, µ-law, extensible headers: WAV in name only, for the standard library


def _mono_blocks(file: wave.Wave_read) -> Iterator[Float32]:
    channels, width = file.getnchannels(), file.getsampwidth()
    while raw := file.readframes(BLOCK_S * file.getframerate()):
        whole = len(raw) - len(raw) % (channels * width)  # a file that was cut off may end within a frame
        yield _as_float32(raw[:whole], width).reshape(-1, channels).mean(axis=1, dtype=np.float32)


def _as_float32(raw: bytes, width: int) -> Float32:
    """Return little-endian integers of `width` bytes as float32 in [-1, 1); one byte is unsigned, as WAV has it."""
    if width == 1:
        return (np.frombuffer(raw, dtype=np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
    octets = np.frombuffer(raw, dtype=np.uint8).reshape(-1, width)
    integers = np.zeros((octets.shape[0], 4), dtype=np.uint8)
    integers[:, 4 - width :] = octets  # in the upper bytes, so that all widths share one full scale
    return (integers.view("<i4")[:, 0] / np.float64(2**31)).astype(np.float32)


def _other(path: Path) -> bytes:
    try:
        import av
    except ImportError as error:
        raise UnreadableSound(f"{path} {NEEDS_PYAV}") from error
    try:
        with av.open(str(path), format=_RAW_FORMATS.get(path.suffix.lower())) as container:
            if not container.streams.audio:
                raise UnreadableSound(f"{path} holds no sound.")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
            pcm16 = bytearray()
            for frame in chain(container.decode(audio=0), [None]):  # None: what the resampler still holds
                for piece in resampler.resample(frame):
                    pcm16 += bytes(piece.planes[0])[: piece.samples * BYTES_PER_SAMPLE]
            return bytes(pcm16)
    except av.FFmpegError as error:
        raise UnreadableSound(f"{path} is no sound file that can be read ({error.strerror}).") from error
