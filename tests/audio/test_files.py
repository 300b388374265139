"""Sound files become 16 kHz PCM, whatever they were."""

from __future__ import annotations

import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from sessions_app.audio.files import UnreadableSound, read, resampled
from sessions_app.audio.pcm import to_float32


def tone(hz: float, rate_hz: int, duration_s: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(rate_hz * duration_s)) / rate_hz)


def write_wav(path: Path, channels: list[np.ndarray], rate_hz: int, width: int = 2) -> Path:
    scaled = np.rint(np.stack(channels, axis=1).ravel() * (2 ** (8 * width - 1) - 1)).astype("<i4")
    octets = scaled.view(np.uint8).reshape(-1, 4)[:, :width]
    raw = (scaled + 128).astype(np.uint8).tobytes() if width == 1 else octets.tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(raw)
    return path


def worst_difference(samples: np.ndarray, expected: np.ndarray) -> float:
    """Compare the middles: at the ends the sound begins out of nothing, which no filter of finite length follows."""
    return float(np.abs(samples[400:-400] - expected[400:-400]).max())


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 12_345])
def test_a_tone_keeps_its_pitch_level_and_place_at_every_rate(tmp_path, rate_hz):
    path = write_wav(tmp_path / "tone.wav", [tone(440, rate_hz)], rate_hz)

    samples = to_float32(read(path))

    assert samples.size == 16_000
    assert worst_difference(samples, tone(440, 16_000)) < 1e-3


@pytest.mark.parametrize(("width", "tolerance"), [(1, 0.01), (2, 1e-4), (3, 1e-4), (4, 1e-4)])
def test_every_sample_width_is_read(tmp_path, width, tolerance):
    path = write_wav(tmp_path / "tone.wav", [tone(440, 16_000)], 16_000, width)

    assert worst_difference(to_float32(read(path)), tone(440, 16_000)) < tolerance


def test_stereo_is_averaged(tmp_path):
    path = write_wav(tmp_path / "stereo.wav", [tone(440, 16_000), np.zeros(16_000)], 16_000)

    assert worst_difference(to_float32(read(path)), tone(440, 16_000) / 2) < 1e-4


def test_what_16_khz_cannot_carry_does_not_come_back_as_another_pitch():
    above = tone(9_000, 48_000).astype(np.float32)

    samples = np.concatenate(list(resampled([above], 48_000)))

    assert np.abs(samples[400:-400]).max() < 10 ** (-70 / 20)


@pytest.mark.parametrize("block_samples", [1, 7, 441, 100_000])
def test_the_size_of_the_blocks_does_not_matter(block_samples):
    sound = np.random.default_rng(1).standard_normal(4_410).astype(np.float32)
    blocks = [sound[at : at + block_samples] for at in range(0, sound.size, block_samples)]

    samples = np.concatenate(list(resampled(blocks, 44_100)))

    assert samples.size == 1_600
    assert np.allclose(samples, np.concatenate(list(resampled([sound], 44_100))), atol=1e-5)


def test_a_sound_of_one_sample_is_still_a_sound():
    assert sum(piece.size for piece in resampled([np.ones(1, dtype=np.float32)], 48_000)) == 1


def test_conversion_is_many_times_faster_than_the_sound():
    minute = [np.zeros(48_000, dtype=np.float32)] * 60
    began_s = time.perf_counter()

    pieces = list(resampled(minute, 48_000))

    assert sum(piece.size for piece in pieces) == 60 * 16_000
    assert time.perf_counter() - began_s < 15


def test_a_file_that_was_cut_off_gives_what_is_there(tmp_path):
    path = write_wav(tmp_path / "cut.wav", [tone(440, 16_000)], 16_000, width=3)
    path.write_bytes(path.read_bytes()[:-1_000])

    assert len(read(path)) // 2 == 16_000 - 334


def test_floating_point_wav_is_read_through_pyav(tmp_path):
    pytest.importorskip("av")
    samples = tone(440, 16_000).astype("<f4").tobytes()
    form = b"fmt " + (16).to_bytes(4, "little") + b"\3\0\1\0" + (16_000).to_bytes(4, "little")
    form += (64_000).to_bytes(4, "little") + b"\4\0\x20\0"
    body = b"WAVE" + form + b"data" + len(samples).to_bytes(4, "little") + samples
    path = tmp_path / "float.wav"
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)

    assert worst_difference(to_float32(read(path)), tone(440, 16_000)) < 1e-4


@pytest.mark.parametrize("content", [b"", b"not sound at all" * 50, b"RIFF\0\0\0\0WAVE", b"RIFF\4\0\0\0WAVEfmt "])
def test_what_is_no_sound_is_refused_in_words(tmp_path, content):
    path = tmp_path / "letter.wav"
    path.write_bytes(content)

    with pytest.raises(UnreadableSound, match=r"letter\.wav"):
        read(path)


def test_a_wav_of_no_length_is_refused(tmp_path):
    with pytest.raises(UnreadableSound, match="holds no sound"):
        read(write_wav(tmp_path / "empty.wav", [np.zeros(0)], 16_000))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableSound, match=r"nowhere\.wav.*No such file"):
        read(tmp_path / "nowhere.wav")


def test_a_format_that_needs_pyav_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    path = tmp_path / "talk.mp3"
    path.write_bytes(b"ID3" + bytes(100))

    with pytest.raises(UnreadableSound, match="pip install av"):
        read(path)
