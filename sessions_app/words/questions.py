"""What somebody looks for: words that must all be there, "phrases", and the beginning of a last word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessions_app.words.folding import words_in
from sessions_app.words.pairs import pairs_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_app.words.folding import Word

MAX_QUESTION_CHARS = 300
MAX_TERMS = 12
MIN_PREFIX_CHARS = 3  # "th" begins too many words to be a help
MAX_EXCERPT_CHARS = 240
LEAD_CHARS = 80  # before the first word looked for
_QUOTES = re.compile('["“”„‟«»]')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand side by side in one line; of the last one perhaps only its beginning."""

    words: tuple[str, ...]
    is_prefix: bool = False

    def is_in(self, padded: str) -> bool:
        """Tell whether it stands in a text of folded words with a space before and after each."""
        return self.needle in padded

    @property
    def pairs(self) -> list[str]:
        """Its pairs of short words; the beginning of a word makes none."""
        return pairs_in(self.words[:-1] if self.is_prefix else self.words)

    @property
    def needle(self) -> str:
        return f" {' '.join(self.words)}{'' if self.is_prefix else ' '}"


def terms_of(question: str) -> tuple[Term, ...]:
    """Return what `question` asks for; nothing when there is no word in it. Never raises, whatever is typed."""
    terms: list[Term] = []
    for number, piece in enumerate(_QUOTES.split(question[:MAX_QUESTION_CHARS])):
        is_phrase = number % 2 == 1
        for wording in [piece] if is_phrase else piece.split():
            if words := list(words_in(wording)):
                is_prefix = not is_phrase and _may_go_on(words[-1])
                terms.append(Term(tuple(word.folded for word in words), is_prefix))
    whole = [Term(term.words) for term in terms[:-1]]
    return tuple(dict.fromkeys(whole + terms[-1:]))[:MAX_TERMS]


def _may_go_on(word: Word) -> bool:
    return len(word.folded) >= MIN_PREFIX_CHARS and not word.stands_alone


def fragments_of(text: str, terms: tuple[Term, ...]) -> list[tuple[str, bool]]:
    """Return `text` in pieces, each with whether it was looked for."""
    pieces, last = [], 0
    for start, end in _spans(list(words_in(text)), terms):
        if start < last:
            continue
        pieces += [(text[last:start], False), (text[start:end], True)]
        last = end
    return [(piece, is_hit) for piece, is_hit in [*pieces, (text[last:], False)] if piece]


def _spans(words: list[Word], terms: tuple[Term, ...]) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(words):
        lengths = [len(term.words) for term in terms if _stands_at(words, at, term)]
        if lengths:
            yield words[at].start, words[at + max(lengths) - 1].end
        at += max(lengths, default=1)


def _stands_at(words: list[Word], at: int, term: Term) -> bool:
    there = tuple(word.folded for word in words[at : at + len(term.words)])
    if not term.is_prefix:
        return there == term.words
    return len(there) == len(term.words) and there[:-1] == term.words[:-1] and there[-1].startswith(term.words[-1])


def excerpt_of(text: str, terms: tuple[Term, ...]) -> list[tuple[str, bool]]:
    """Return `fragments_of` a stretch around the first word looked for; all of it, when it is short."""
    fragments = fragments_of(text, terms)
    if len(text) <= MAX_EXCERPT_CHARS or not fragments:
        return fragments
    if not fragments[0][1]:
        fragments[0] = (_tail(fragments[0][0], LEAD_CHARS), False)
    shown, room = [], MAX_EXCERPT_CHARS
    for piece, is_hit in fragments:
        if room <= 0:
            break
        shown.append((piece if len(piece) <= room or is_hit else _head(piece, room), is_hit))
        room -= len(piece)
    return shown


def _tail(text: str, chars: int) -> str:
    return text if len(text) <= chars else "…" + text[-chars:].partition(" ")[2]


def _head(text: str, chars: int) -> str:
    return text[:chars].rpartition(" ")[0] + " …"
