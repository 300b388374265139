"""What a log line may hold, and how it looks."""

from __future__ import annotations

import logging
import re
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Links that open a session, set a new password or confirm an address: whoever reads the log could use them. However
# they are spelt: a link that a slash too many was typed into is written down as not found, and works without it.
_SECRET = re.compile(r"(/shared/+|/password/reset/key/+|/confirm-email/+)[^/\s\"']+", re.IGNORECASE)
# PostgreSQL repeats the row that it refuses, or the statement with its values: what was said. A value may have lines.
_REPEATED = re.compile(r"\n\s*(?:DETAIL|QUERY|CONTEXT|LINE \d+):.*", re.DOTALL)
_SHOWN_FIELDS = ("error", "failed_calls")  # the others may hold anything
_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"


class HidesSecrets(logging.Filter):
    """Leaves the tokens in addresses ("Not Found: /shared/…/") and what the database repeats out of every line."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = _message(record)
        hidden = _without_secrets(said)
        if hidden != said:
            record.msg, record.args = hidden, None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = _traceback(record.exc_info[1])  # a formatter takes it as it is
        return True


class Line(logging.Formatter):
    """Shows beside the message the fields that say what failed."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        fields = vars(record)
        shown = [f"{name}: {fields[name]}" for name in _SHOWN_FIELDS if name in fields]
        line = super().formatMessage(record)
        return f"{line} ({_without_secrets(', '.join(shown))})" if shown else line


def _message(record: logging.LogRecord) -> str:
    """Return the line's message. One that cannot be made is replaced: it is told, and whoever logged it goes on."""
    try:
        return record.getMessage()
    except Exception:
        is_text = isinstance(record.msg, str)
        record.msg = f"{record.msg} (with arguments that do not fit)" if is_text else "a line that cannot be shown"
        record.args = None
        return record.msg


def _without_secrets(said: str) -> str:
    return _REPEATED.sub("", _SECRET.sub(r"\1…", said))


def _traceback(error: BaseException) -> str:
    try:
        return "".join(_lines(traceback.TracebackException.from_exception(error))).rstrip("\n")
    except Exception:
        return f"{type(error).__name__}, which cannot be shown"


def _lines(told: traceback.TracebackException) -> Iterator[str]:
    """Yield a traceback as Python shows it, each exception of it without its secrets."""
    if told.__cause__ is not None:
        yield from _lines(told.__cause__)
        yield _CAUSE
    elif told.__context__ is not None and not told.__suppress_context__:
        yield from _lines(told.__context__)
        yield _CONTEXT
    yield "Traceback (most recent call last):\n"
    yield from told.stack.format()
    yield _without_secrets("".join(told.format_exception_only())).rstrip("\n") + "\n"
    for one in told.exceptions or ():
        yield from _lines(one)
