"""What the prompts say, and how much of it was misheard."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import jiwer

TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
HOW_TO_GET_TEXTS = (
    "The texts of the prompts are not installed (slim systems leave documentation out). To get them:\n"
    "  apt-get download asterisk-core-sounds-en && dpkg-deb -x asterisk-core-sounds-en_*.deb texts\n"
    f"  python -m benchmarks.engine --texts texts{TEXTS}"
)

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def texts(path: Path = TEXTS) -> dict[str, str]:
    """Return what each prompt says, by its name; those with sounds that are no words are left out."""
    with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
        entries = [line.split(":", 1) for line in file if ":" in line and not line.startswith(";")]
    return {name.strip(): text.strip() for name, text in entries if "[" not in text}


def word_error_rate(said: str, heard: str) -> float:
    """Return the share of words in `said` that `heard` has wrong; case, punctuation and digits do not count."""
    return float(jiwer.wer(plain(said), plain(heard)))


def plain(text: str) -> str:
    """Return `text` in small letters, numbers spelled out, without punctuation."""
    spelled = re.sub(r"\d+", lambda number: f" {_spelled(number[0])} ", text.lower().replace("’", "'"))
    return " ".join(re.sub(r"[^a-z' ]", " ", spelled).split())


def _spelled(digits: str) -> str:
    if len(digits) > 2 or digits.startswith("0"):  # an extension or a code, said digit by digit
        return " ".join(_ONES[int(digit)] for digit in digits)
    tens, ones = divmod(int(digits), 10)
    if tens < 2:
        return _ONES[int(digits)]
    return f"{_TENS[tens]} {_ONES[ones] if ones else ''}"
