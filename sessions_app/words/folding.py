"""How text becomes words to look for. Both databases are given these words and cut nothing themselves.

Case, accents and width do not count, in any language. Scripts that put no space between words (Chinese, Japanese,
Thai) give a word for each character; a word of the question is then a phrase of those.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_WORD_CHARS = 64

# Thai, Lao and Myanmar, Khmer, kana, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
# What belongs to the letter before it: accents, and the vowels of Cyrillic, Hebrew, Arabic and Indic scripts.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0963\u0971-\u0de5"
)
_WORD = re.compile(rf"[{_UNSPACED}]|(?:[^\W_{_UNSPACED}]|[{_MARKS}])+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ACCENT = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: how it is looked for, and where it stands."""

    folded: str
    start: int
    end: int

    @property
    def stands_alone(self) -> bool:
        """Tell whether it is a character of a script without spaces; such words have no beginnings."""
        return _UNSPACED_ONLY.fullmatch(self.folded) is not None


_UNSPACED_ONLY = re.compile(f"[{_UNSPACED}]")


def words_in(text: str) -> Iterator[Word]:
    """Yield the words of `text` with their places in it."""
    for found in _WORD.finditer(text):
        if folded := fold(found.group()):
            yield Word(folded, found.start(), found.end())


def folded_words(text: str) -> list[str]:
    """Return the words of `text` as they are looked for; what `words_in` yields, and quicker."""
    if text.isascii():
        return [word[:MAX_WORD_CHARS] for word in _ASCII_WORD.findall(text.lower())]
    return [word.folded for word in words_in(text)]


def fold(word: str) -> str:
    """Return one word without case, accents and width: "Müller" is "muller". Letters, digits and marks only."""
    if word.isascii():
        return word.lower()[:MAX_WORD_CHARS]
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", word).casefold())
    return "".join(_WORD.findall(unicodedata.normalize("NFC", bare)))[:MAX_WORD_CHARS]
