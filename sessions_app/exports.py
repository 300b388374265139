"""A session as a file: streamed, escaped for its format, with or without the tone in the words."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from django.utils import timezone

from sessions_app.annotation.events import Kind
from sessions_app.lines import Line, lines_of, timecode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sessions_app.models import Event, VoiceSession

CHUNK_EVENTS = 1000
SIMULATED_NOTICE = "SIMULATED: these captions were made up, nobody listened."
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~])")
_MARKDOWN_BLOCK = re.compile(r"^(\s*)([-+=>]|\d+[.)])")


@dataclass(frozen=True, slots=True)
class Format:
    content_type: str
    write: Callable[[VoiceSession, bool], Iterator[str]]


def _events(voice_session: VoiceSession) -> Iterable[Event]:
    return voice_session.events.order_by("seq").iterator(chunk_size=CHUNK_EVENTS)


def _spoken(voice_session: VoiceSession) -> Iterator[Line]:
    """Yield what subtitles show: words and gaps."""
    return (line for line in lines_of(_events(voice_session)) if line.kind in {Kind.TRANSCRIPT, Kind.GAP})


def _words(line: Line, *, elcor: bool) -> str:
    prefix = line.elcor if elcor else ""
    return f"{prefix} {line.text}".strip()


def as_json(voice_session: VoiceSession, elcor: bool) -> Iterator[str]:
    """The session and every event, as the protocol spells them."""
    head = orjson.dumps(session_wire(voice_session) | {"elcor": elcor or voice_session.elcor}).decode()
    yield head[:-1] + ',"events":['
    separator = "\n"
    for event in _events(voice_session):
        yield separator + orjson.dumps(event.as_wire()).decode()
        separator = ",\n"
    yield "\n]}\n"


def as_csv(voice_session: VoiceSession, elcor: bool) -> Iterator[str]:
    """One row per line; RFC 4180, and no cell that a spreadsheet would run as a formula."""
    row = _csv_writer()
    yield row("start", "end", "kind", "speaker", "text", "tone", "tone_band", "simulated")
    for line in lines_of(_events(voice_session)):
        yield row(
            timecode(line.start_ms),
            timecode(line.end_ms),
            line.kind,
            line.speaker,
            _words(line, elcor=elcor) or line.label,
            line.tone,
            line.tone_band,
            "yes" if line.simulated else "no",
        )


def as_vtt(voice_session: VoiceSession, elcor: bool) -> Iterator[str]:
    yield "WEBVTT\n\n"
    if voice_session.simulated:
        yield f"NOTE\n{SIMULATED_NOTICE}\n\n"
    for number, line in enumerate(_spoken(voice_session), 1):
        voice = f"<v {_cue_text(line.speaker)}>" if line.speaker else ""
        start, end = _cue_time(line.start_ms, "."), _cue_time(_cue_end(line), ".")
        yield f"{number}\n{start} --> {end}\n{voice}{_cue_text(_words(line, elcor=elcor))}\n\n"


def as_srt(voice_session: VoiceSession, elcor: bool) -> Iterator[str]:
    for number, line in enumerate(_spoken(voice_session), 1):
        speaker = f"{_plain(line.speaker)}: " if line.speaker else ""
        start, end = _cue_time(line.start_ms, ","), _cue_time(_cue_end(line), ",")
        yield f"{number}\n{start} --> {end}\n{speaker}{_plain(_words(line, elcor=elcor))}\n\n"


def as_markdown(voice_session: VoiceSession, elcor: bool) -> Iterator[str]:
    yield f"# {_markdown(voice_session.display_title)}\n\n"
    yield f"{_when(voice_session)}\n\n"
    if voice_session.simulated:
        yield f"**{SIMULATED_NOTICE}**\n\n"
    for line in _spoken(voice_session):
        speaker = f"**{_markdown(line.speaker)}**: " if line.speaker else ""
        words = _markdown(_words(line, elcor=elcor))
        tone = f" *(sounds {_markdown(line.tone.lower())}, {line.tone_band})*" if line.tone and not elcor else ""
        yield f"`{timecode(line.start_ms)}` {speaker}{words}{tone}\n\n"


def as_text(voice_session: VoiceSession, elcor: bool) -> Iterator[str]:
    yield f"{_plain(voice_session.display_title)}\n{_when(voice_session)}\n"
    if voice_session.simulated:
        yield f"{SIMULATED_NOTICE}\n"
    yield "\n"
    for line in _spoken(voice_session):
        speaker = f"{_plain(line.speaker)}: " if line.speaker else ""
        yield f"[{timecode(line.start_ms)}] {speaker}{_plain(_words(line, elcor=elcor))}\n"


FORMATS = {
    "json": Format("application/json", as_json),
    "csv": Format("text/csv; charset=utf-8", as_csv),
    "vtt": Format("text/vtt; charset=utf-8", as_vtt),
    "srt": Format("application/x-subrip; charset=utf-8", as_srt),
    "md": Format("text/markdown; charset=utf-8", as_markdown),
    "txt": Format("text/plain; charset=utf-8", as_text),
}


def session_wire(voice_session: VoiceSession) -> dict[str, object]:
    """Return the session as JSON clients see it (docs/protocol.md)."""
    return {
        "id": str(voice_session.pk),
        "title": voice_session.title,
        "state": voice_session.state,
        "end_reason": voice_session.end_reason,
        "elcor": voice_session.elcor,
        "captions_only": voice_session.captions_only,
        "window_ms": voice_session.window_ms,
        "language": voice_session.language,
        "num_speakers": voice_session.num_speakers,
        "created_at": voice_session.created_at,
        "started_at": voice_session.started_at,
        "ended_at": voice_session.ended_at,
        "last_seq": voice_session.last_seq,
        "audio_ms": voice_session.audio_ms,
        "engine": voice_session.engine,
        "simulated": voice_session.simulated,
    }


def _when(voice_session: VoiceSession) -> str:
    began = timezone.localtime(voice_session.started_at or voice_session.created_at)
    return f"{began:%Y-%m-%d %H:%M}, {timecode(voice_session.audio_ms)} listened"


def _csv_writer() -> Callable[..., str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def row(*cells: str) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells])
        return buffer.getvalue()

    return row


def _plain(text: str) -> str:
    """Return `text` on one line, with nothing that a subtitle parser takes for a time line."""
    return " ".join(text.split()).replace("-->", "→")


def _cue_text(text: str) -> str:
    return html.escape(_plain(text), quote=False)


def _markdown(text: str) -> str:
    return _MARKDOWN_BLOCK.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", _plain(text)))


def _cue_end(line: Line) -> int:
    return max(line.end_ms, line.start_ms + 1)  # a cue without length is invalid


def _cue_time(ms: int, decimal_mark: str) -> str:
    seconds, millis = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{decimal_mark}{millis:03}"
