"""Whisper through CTranslate2: one utterance in, its words out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from sessions_app.audio.pcm import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from pathlib import Path

    from sessions_app.audio.pcm import Float32

# What a multilingual model may know, ISO 639-1 where there is such a code; each model says itself which it does.
WHISPER_LANGUAGES = frozenset({
    "af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs", "cy", "da", "de", "el", "en",
    "es", "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu", "ha", "haw", "he", "hi", "hr", "ht", "hu", "hy", "id", "is",
    "it", "ja", "jw", "ka", "kk", "km", "kn", "ko", "la", "lb", "ln", "lo", "lt", "lv", "mg", "mi", "mk", "ml", "mn",
    "mr", "ms", "mt", "my", "ne", "nl", "nn", "no", "oc", "pa", "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk",
    "sl", "sn", "so", "sq", "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl", "tr", "tt", "uk", "ur", "uz",
    "vi", "yi", "yo", "yue", "zh",
})  # fmt: skip

_MAX_COLUMNS = 3000  # 30 s, what Whisper was trained on: a column of its spectrogram is 10 ms

# The encoder's cost grows with its input. Padded to the utterance + 4 s, at least 10 s, tiny.en makes as many
# errors as with all 30 s (5.4 and 5.5 % on 90 prompts) for 27 % of the time; with less room it begins to loop.
_PAD_COLUMNS = 400
_MIN_COLUMNS = 1000

# More than anybody says; without a limit noise ends in a loop.
_TOKENS_PER_S = 6
_TOKENS_PER_S_MULTILINGUAL = 15  # scripts that the tokenizer spells byte by byte
_TOKENS_MORE = 8
_MAX_TOKENS = 224  # half of Whisper's context
_LENGTH_PER_TOKEN = 2  # CTranslate2 gives a Whisper model half of the `max_length` it is asked for

_NO_REPEAT_NGRAM = 8
_LOOP_WORDS = 3  # said twice in one utterance: a loop, or somebody who repeats himself

# People say three or four tokens a second. Now and then Whisper ends after the first sentence of a long utterance;
# heard in two parts it does not.
_BREAKS_OFF_BELOW_TOKENS_PER_S = 1.5
_BREAKS_OFF_FROM_S = 5.0
_SPLIT_FRAME_SAMPLES = 1600  # 100 ms: a gap between two words

# Whisper's own limits for "nobody speaks": both must be passed.
_NO_SPEECH_ABOVE = 0.6
_LOGPROB_BELOW = -1.0


@dataclass(frozen=True, slots=True)
class Words:
    """What was said: `text` is "" when nothing was; `confidence` is the geometric mean of its tokens', 0..1."""

    text: str
    confidence: float = 0.0
    language: str = ""


@dataclass(frozen=True, slots=True)
class _Decoded:
    words: Words
    tokens: int


_NOTHING = _Decoded(Words(""), 0)


class _Result(Protocol):
    sequences_ids: list[list[int]]
    scores: list[float]
    no_speech_prob: float


class _Tokenizer(Protocol):
    sot_sequence: list[int]
    no_timestamps: int
    language_code: str

    def decode(self, tokens: list[int]) -> str: ...


class _Model(Protocol):
    is_multilingual: bool

    def detect_language(self, encoded: object) -> list[list[tuple[str, float]]]: ...


class _Whisper(Protocol):
    supported_languages: list[str]
    model: _Model


class Recogniser:
    """The model of the whole process; as many threads as `workers` may decode at once."""

    def __init__(self, weights: Path, *, workers: int) -> None:
        """Load the CTranslate2 model in the directory `weights`; int8, one core a decode.

        Raises `ImportError` without the voice extra, `RuntimeError` when the directory holds no such model.
        """
        from faster_whisper import WhisperModel

        # CTranslate2 shares the weights between its workers: one more costs only its activations.
        self._whisper = WhisperModel(
            str(weights), device="cpu", compute_type="int8", cpu_threads=1, num_workers=workers
        )
        self._tokenizers: dict[str, _Tokenizer] = {}

    @property
    def is_multilingual(self) -> bool:
        return bool(self._whisper.model.is_multilingual)

    def words(self, samples: Float32, *, language: str | None = None, is_final: bool = True) -> Words:
        """Return what is said in `samples`, float32 in [-1, 1), shape (n,), at most 30 s.

        `language`: see `WHISPER_LANGUAGES`; None, or one it does not know, lets a multilingual model find out. Only a
        final is worth a second decode: an unfinished utterance whose words loop gives none.
        """
        if not is_final:
            decoded = self._decode(samples, language, is_full=False)
            return Words("") if _loops(decoded.words.text) else decoded.words
        return self._final(samples, language)

    def _final(self, samples: Float32, language: str | None) -> Words:
        decoded = self._decode(samples, language, is_full=False)
        if _loops(decoded.words.text):
            decoded = self._decode(samples, language, is_full=True)
        if not _breaks_off(decoded, samples.size / SAMPLE_RATE_HZ):
            return decoded.words
        return _joined([self._final(half, language) for half in _halves(samples)])

    def _decode(self, samples: Float32, language: str | None, *, is_full: bool) -> _Decoded:
        """Decode `samples` with all the room that Whisper was trained with, or with as little as does no harm."""
        spectrogram = self._whisper.feature_extractor(samples)[:, :_MAX_COLUMNS]
        used = spectrogram.shape[1]
        columns = _MAX_COLUMNS if is_full else min(_MAX_COLUMNS, max(_MIN_COLUMNS, used + _PAD_COLUMNS))
        encoded = self._whisper.encode(np.pad(spectrogram, ((0, 0), (0, columns - used))))
        tokenizer = self._tokenizer(_spoken(self._whisper, language, encoded=encoded))
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = self._whisper.model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=self._most_tokens(samples.size / SAMPLE_RATE_HZ) * _LENGTH_PER_TOKEN,
            no_repeat_ngram_size=_NO_REPEAT_NGRAM,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        return _decoded(result, tokenizer)

    def _most_tokens(self, duration_s: float) -> int:
        rate = _TOKENS_PER_S_MULTILINGUAL if self.is_multilingual else _TOKENS_PER_S
        return min(_MAX_TOKENS, int(rate * duration_s) + _TOKENS_MORE)

    def _tokenizer(self, language: str) -> _Tokenizer:
        from faster_whisper.tokenizer import Tokenizer

        if language not in self._tokenizers:
            tokenizer = Tokenizer(
                self._whisper.hf_tokenizer, self.is_multilingual, task="transcribe", language=language
            )
            self._tokenizers[language] = cast("_Tokenizer", tokenizer)
        return self._tokenizers[language]


def _spoken(whisper: _Whisper, language: str | None, *, encoded: object) -> str:
    """Return the language to write down: `language` if `whisper` knows it, else what it takes the sound for."""
    if language in whisper.supported_languages:
        return language
    if not whisper.model.is_multilingual:
        return "en"
    token, _ = whisper.model.detect_language(encoded)[0][0]
    return token.strip("<|>")


def _decoded(result: _Result, tokenizer: _Tokenizer) -> _Decoded:
    tokens = result.sequences_ids[0]
    logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)  # the end token counts, too
    if result.no_speech_prob > _NO_SPEECH_ABOVE and logprob < _LOGPROB_BELOW:
        return _NOTHING
    text = tokenizer.decode(tokens).strip()
    if not any(character.isalnum() for character in text):  # silence is often written as "."
        return _NOTHING
    return _Decoded(Words(text, min(1.0, math.exp(logprob)), tokenizer.language_code), len(tokens))


def _loops(text: str) -> bool:
    words = text.lower().split()
    runs = [tuple(words[at : at + _LOOP_WORDS]) for at in range(len(words) - _LOOP_WORDS + 1)]
    return len(set(runs)) < len(runs)


def _breaks_off(decoded: _Decoded, duration_s: float) -> bool:
    is_sparse = decoded.tokens < _BREAKS_OFF_BELOW_TOKENS_PER_S * duration_s
    return bool(decoded.words.text) and duration_s >= _BREAKS_OFF_FROM_S and is_sparse


def _halves(samples: Float32) -> tuple[Float32, Float32]:
    """Return `samples` cut at the quietest place of its middle half."""
    frames = samples[: samples.size // _SPLIT_FRAME_SAMPLES * _SPLIT_FRAME_SAMPLES]
    energies = np.square(frames).reshape(-1, _SPLIT_FRAME_SAMPLES).sum(axis=1)
    first, last = energies.size // 4, energies.size * 3 // 4
    cut = (first + int(np.argmin(energies[first:last]))) * _SPLIT_FRAME_SAMPLES + _SPLIT_FRAME_SAMPLES // 2
    return samples[:cut], samples[cut:]


def _joined(parts: list[Words]) -> Words:
    said = [part for part in parts if part.text]
    if not said:
        return Words("")
    confidence = min(part.confidence for part in said)
    return Words(" ".join(part.text for part in said), confidence, said[0].language)
