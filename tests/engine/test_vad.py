"""The speech detector, and where utterances begin and end."""

from __future__ import annotations

import numpy as np
import pytest

from sessions_app.audio.pcm import to_float32
from sessions_app.engine.endpointing import Endpointer
from sessions_app.engine.vad import CHUNK_SAMPLES, SpeechModel, SpeechStream
from tests import speech

SPEECH, SILENCE = 0.9, 0.1


def probabilities(*runs):
    """Return one probability for each chunk of `runs`, pairs of a probability and a number of chunks."""
    return np.concatenate([np.full(count, probability, np.float32) for probability, count in runs])


def utterances(endpointer, *runs):
    likely = probabilities(*runs)
    return endpointer.push(np.zeros((likely.size, CHUNK_SAMPLES), np.float32), likely)


@pytest.fixture(scope="module")
def model():
    pytest.importorskip("onnxruntime")
    return SpeechModel()


@pytest.mark.speech
def test_a_voice_is_speech(model):
    stream = SpeechStream(model)

    _, likely = stream.push(to_float32(speech.prompt("vm-nobox")))

    assert np.mean(likely > 0.5) > 0.7


@pytest.mark.speech
def test_silence_noise_and_a_tone_are_not_speech(model):
    second = np.arange(16_000, dtype=np.float32) / 16_000
    noise = np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)
    tone = 0.5 * np.sin(2 * np.pi * 440 * second)

    _, likely = SpeechStream(model).push(np.concatenate((0 * second, noise, tone)))

    assert likely.max() < 0.5


@pytest.mark.speech
def test_any_chunking_gives_the_same_probabilities(model):
    sound = to_float32(speech.prompt("agent-pass"))
    whole = SpeechStream(model)
    pieces = SpeechStream(model)

    _, at_once = whole.push(sound)
    in_pieces = np.concatenate([pieces.push(part)[1] for part in np.array_split(sound, 37)])

    np.testing.assert_allclose(in_pieces, at_once, atol=1e-5)
    assert pieces.rest.size == whole.rest.size == sound.size % CHUNK_SAMPLES


def test_an_utterance_begins_320_ms_before_its_speech_and_ends_after_its_last():
    (utterance,) = utterances(Endpointer(1000), (SILENCE, 50), (SPEECH, 30), (SILENCE, 19))

    assert utterance.start_sample == 1000 + 40 * CHUNK_SAMPLES
    assert utterance.end_sample == 1000 + (80 + 4) * CHUNK_SAMPLES
    assert utterance.utterance_id == f"u{utterance.start_ms}"


def test_a_pause_of_half_a_second_ends_nothing():
    endpointer = Endpointer(0)

    ended = utterances(endpointer, (SPEECH, 30), (SILENCE, 16), (SPEECH, 30), (SILENCE, 16))

    assert ended == []
    assert endpointer.open_start_sample == 0


def test_a_click_is_no_utterance():
    endpointer = Endpointer(0)

    assert utterances(endpointer, (SILENCE, 20), (SPEECH, 7), (SILENCE, 30)) == []
    assert endpointer.open_start_sample is None


def test_after_12_seconds_a_breath_is_enough_to_cut():
    endpointer = Endpointer(0)

    (utterance,) = utterances(endpointer, (SPEECH, 380), (SILENCE, 3), (SPEECH, 20))

    assert utterance.end_sample == endpointer.open_start_sample == 382 * CHUNK_SAMPLES


def test_nobody_may_talk_for_more_than_18_seconds_uncut():
    endpointer = Endpointer(0)

    ended = utterances(endpointer, (SPEECH, 2000))

    starts = [utterance.start_sample for utterance in ended] + [endpointer.open_start_sample]
    assert [utterance.end_sample for utterance in ended] == starts[1:]
    assert max(utterance.samples.size for utterance in ended) <= 18 * 16_000


def test_the_hard_cut_falls_into_the_quietest_moment_of_the_last_3_seconds():
    chunks = np.full((562, CHUNK_SAMPLES), 0.1, np.float32)
    chunks[520] = 0.001

    (utterance,) = Endpointer(0).push(chunks, probabilities((SPEECH, 562)))

    assert utterance.end_sample == 520 * CHUNK_SAMPLES


def test_the_end_takes_the_last_incomplete_chunk_along():
    endpointer = Endpointer(0)
    utterances(endpointer, (SPEECH, 20))

    utterance = endpointer.end(np.zeros(100, np.float32))

    assert utterance.end_sample == 20 * CHUNK_SAMPLES + 100
