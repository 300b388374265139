"""One session's ears, fed with real speech in windows."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.engine.transcripts import word_error_rate
from sessions_app.audio.pcm import to_pcm16
from sessions_app.audio.window import PcmWindow, Windower
from sessions_app.engine.listener import Listener
from tests import speech

SECOND = 16_000
QUIET_SECOND = bytes(2 * SECOND)


@pytest.fixture
def listener(engine):
    """Ears without partials."""
    return Listener(engine._speech_model, engine._recogniser)


@pytest.fixture
def guessing_listener(engine):
    return Listener(engine._speech_model, engine._recogniser, may_guess=lambda: True)


def deaf_listener():
    """What is left without the voice extra: levels."""
    return Listener(None, None)


def labels(observations, kind):
    return [observation.label for observation in observations if observation.kind == kind]


def hum(seconds):
    return to_pcm16(0.1 * np.sin(2 * np.pi * 120 * np.arange(seconds * SECOND) / SECOND).astype(np.float32))


@pytest.mark.speech
def test_what_is_said_is_written_down(listener):
    sound = b"".join(speech.prompt(name) + speech.SILENCE for name in speech.TEXTS)

    heard = speech.finals(speech.listen(listener, sound))

    said = " ".join(speech.TEXTS.values())
    assert word_error_rate(said, " ".join(final.label for final in heard)) <= 0.05
    assert len({final.utterance_id for final in heard}) == len(heard)


@pytest.mark.speech
def test_an_utterance_lies_where_it_was_said(listener):
    start_ms, spoken_ms = 2_000, len(speech.prompt("vm-nobox")) // 32

    (final,) = speech.finals(speech.listen(listener, 2 * QUIET_SECOND + speech.prompt("vm-nobox") + speech.SILENCE))

    assert start_ms - 320 <= final.start_ms <= start_ms + 200
    assert start_ms + spoken_ms - 400 <= final.end_ms <= start_ms + spoken_ms + 250
    assert final.utterance_id == f"u{final.start_ms}"


@pytest.mark.speech
def test_the_clock_starts_where_the_session_says(engine):
    listener = Listener(engine._speech_model, engine._recogniser, start_sample=600 * SECOND)

    (final,) = speech.finals(speech.listen(listener, speech.prompt("agent-pass"), start_sample=600 * SECOND))

    assert 600_000 <= final.start_ms <= 600_400


@pytest.mark.speech
@pytest.mark.parametrize("window_ms", [500, 3000])
def test_the_length_of_a_window_does_not_change_the_words(engine, window_ms):
    sound = speech.prompt("vm-nobox") + speech.SILENCE

    def words(window_ms):
        listener = Listener(engine._speech_model, engine._recogniser)
        return [(one.label, one.start_ms) for one in speech.finals(speech.listen(listener, sound, window_ms=window_ms))]

    assert words(window_ms) == words(1000)


@pytest.mark.speech
def test_partials_grow_and_the_final_replaces_them(guessing_listener):
    observations = speech.listen(guessing_listener, speech.prompt("ss-noservice") + speech.SILENCE)

    partials, (final,) = speech.partials(observations), speech.finals(observations)
    assert 3 <= len(partials) <= 1 + final.end_ms // 1000
    assert {partial.utterance_id for partial in partials} == {final.utterance_id}
    assert all(partial.end_ms <= final.end_ms for partial in partials)


@pytest.mark.speech
def test_nobody_guesses_while_others_wait(listener):
    observations = speech.listen(listener, speech.prompt("ss-noservice"))

    assert speech.partials(observations) == []


@pytest.mark.speech
def test_only_the_open_utterance_is_unsettled(listener):
    windows = [*Windower(window_ms=1000).push(2 * QUIET_SECOND + speech.prompt("vm-nobox") + 2 * QUIET_SECOND)]

    marks = [listener.hear(window).settled_sample for window in windows]

    assert marks == sorted(marks)
    assert marks[:2] == [SECOND, 2 * SECOND]
    assert marks[3] < 2.2 * SECOND  # while the voice speaks
    assert marks[-1] == windows[-1].end_sample


@pytest.mark.speech
def test_a_flush_ends_the_utterance_and_settles_everything(listener):
    listener.hear(PcmWindow(0, speech.prompt("agent-pass")[:64_000]))

    hearing = listener.flush()

    assert speech.finals(hearing.observations)
    assert hearing.settled_sample == 2 * SECOND
    assert listener.flush().observations == ()


@pytest.mark.speech
def test_missing_sound_ends_the_utterance_there(listener):
    voice = speech.prompt("vm-nobox")
    listener.hear(PcmWindow(0, voice[:64_000]))

    hearing = listener.hear(PcmWindow(10 * SECOND, voice[64_000:96_000]))
    (before,) = speech.finals(hearing.observations)
    (after,) = speech.finals(listener.flush().observations)

    assert before.end_ms == 2_000
    assert after.start_ms >= 10_000
    assert hearing.settled_sample >= 10 * SECOND


@pytest.mark.speech
def test_hold_music_has_no_words(guessing_listener):
    observations = speech.listen(guessing_listener, b"".join(speech.hold_music(seconds=10)))

    assert labels(observations, "transcript") == []


@pytest.mark.speech
def test_who_speaks_is_said_once_for_each_change(listener):
    sound = 4 * QUIET_SECOND + speech.prompt("vm-nobox") + 5 * QUIET_SECOND

    observations = speech.listen(listener, sound)

    assert labels(observations, "speaker") == ["no_speaker", "human_single", "no_speaker"]
    assert labels(observations, "environ") == ["quiet", "quiet"]


def test_quiet_is_said_once():
    assert labels(speech.listen(deaf_listener(), 10 * QUIET_SECOND), "environ") == ["quiet"]


def test_a_short_silence_does_not_mean_that_nobody_is_there():
    observations = speech.listen(deaf_listener(), hum(2) + 2 * QUIET_SECOND + hum(2))

    assert labels(observations, "speaker") == []


def test_without_models_nobody_is_called_human():
    observations = speech.listen(deaf_listener(), 4 * QUIET_SECOND + hum(2) + 4 * QUIET_SECOND)

    assert labels(observations, "speaker") == ["no_speaker", "no_speaker"]
    assert labels(observations, "environ") == ["quiet", "quiet"]


def test_without_models_every_window_is_settled_at_once():
    hearing = deaf_listener().hear(PcmWindow(0, hum(1)))

    assert hearing.settled_sample == SECOND
