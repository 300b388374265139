"""Words of strangers, made harmless for each kind of file. Pure: text in, text out."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# What a spreadsheet runs as a formula when a cell begins with it. A program that takes another character for the
# separator (";" in much of Europe, a tab) or does not see the quotes begins cells in the middle of ours, too.
_FORMULA_START = re.compile(r"(\A|[;\t\r\n])([\s\0\"]*)(?=[=+\-@＝＋－＠])")
_SEPARATOR_START = re.compile(r"\A(?=[\t\r\0])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")  # but not white space
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&!$^:])")
_MARKDOWN_BLOCK = re.compile(r"^(\d+)([.)])|^([-+=])")


def csv_writer() -> Callable[[Sequence[str]], str]:
    """Return a function that gives a row as text, its cells quoted where they have to be and none a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def row(cells: Sequence[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([cell(each) for each in cells])
        return buffer.getvalue()

    return row


def cell(text: str) -> str:
    """Return `text` with an apostrophe before everything that a spreadsheet might run."""
    return _SEPARATOR_START.sub("'", _FORMULA_START.sub(r"\1\2'", text))


def plain(text: str) -> str:
    """Return `text` on one line, without control characters and without what a parser takes for a time line."""
    return " ".join(_CONTROL.sub("", text).split()).replace("-->", "→")


def cue(text: str) -> str:
    """Return `text` for a WebVTT cue, in which < and & begin markup."""
    return html.escape(plain(text), quote=False)


def subtitle(text: str) -> str:
    """Return `text` for SubRip, which has no way to write a tag as text: players obey <b> and {\\an8}."""
    return plain(text).replace("<", "‹").replace(">", "›").replace("{\\", "{ \\")


def markdown(text: str) -> str:
    """Return `text` so that CommonMark shows it as it is, also at the beginning of a line."""
    return _MARKDOWN_BLOCK.sub(_escaped_block, _MARKDOWN.sub(r"\\\1", plain(text)))


def _escaped_block(found: re.Match[str]) -> str:
    number, dot, bullet = found.groups()
    return f"\\{bullet}" if bullet else f"{number}\\{dot}"
