"""Short words that stand side by side. An index that keeps no places finds phrases by such pairs.

Short words are the common ones, in any language: nearly every session has all of "was", "with" and "on", and whether
they stand together is then a question to each session by itself. In scripts without spaces every character is a word,
and its pairs are the usual bigrams.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SHORT_CHARS = 4  # of English speech more than half; a third of what stands side by side, mostly the same pairs


def pairs_in(words: Sequence[str]) -> list[str]:
    """Return the pairs of short neighbours among `words`, each as one word that nobody can type.

    Its first sign keeps it apart from words: the beginning of a word would be looked for in every pair that has it.
    """
    return [f"§p{one} {next_one}" for one, next_one in pairwise(words) if _is_short(one) and _is_short(next_one)]


def _is_short(word: str) -> bool:
    return len(word) <= MAX_SHORT_CHARS
