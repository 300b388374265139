"""A session as a file: streamed, escaped for its format, with as much of tone, speakers and notes as was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import orjson
from django.utils import timezone

from sessions_app import revisions
from sessions_app.annotation import escaping
from sessions_app.annotation.bands import Band
from sessions_app.annotation.events import Kind
from sessions_app.engine.observation import UNKNOWN_SPEAKER
from sessions_app.lines import CHUNK_EVENTS, columns_of, events_of, lines_of, originals_of, timecode
from sessions_app.models import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sessions_app.annotation.events import Json
    from sessions_app.lines import E, Line
    from sessions_app.models import Event, VoiceSession
    from sessions_app.models.event import StoredEvent

SIMULATED_NOTICE = "SIMULATED: these captions were made up, nobody listened."
MARK_MS = 2000  # how long subtitles show a note or a bookmark


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a file shall hold. `elcor` says the tone before the words, `tone` behind them or in columns of its own.

    `original` gives the words as they were heard; lines that were removed are in no file. `notes` are the owner's.
    """

    elcor: bool = False
    tone: bool = True
    speakers: bool = True
    original: bool = False
    notes: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """`has_tone` says whether such files tell the tone when nobody says whether they should."""

    content_type: str
    write: Callable[[VoiceSession, Options], Iterator[str]]
    has_tone: bool = False


def as_json(voice_session: VoiceSession, options: Options) -> Iterator[str]:
    """The session and every event, as the protocol spells them."""
    head = session_wire(voice_session) | {"elcor": options.elcor or voice_session.elcor}
    if options.speakers:
        head["speakers"] = revisions.names_of(voice_session.pk)
    if options.notes:
        head["notes"] = revisions.notes_of(voice_session.pk)
    yield orjson.dumps(head).decode()[:-1] + ',"events":['
    separator = "\n"
    for event in _events(voice_session, options):
        if event.payload.get("removed") or (event.kind == Kind.TONE and not options.tone):
            continue
        yield separator + orjson.dumps(_wire(event, options)).decode()
        separator = ",\n"
    yield "\n]}\n"


def as_csv(voice_session: VoiceSession, options: Options) -> Iterator[str]:
    """One row per line; RFC 4180, and no cell that a spreadsheet would run as a formula."""
    columns = [
        name
        for name in ("start", "end", "kind", "speaker", "text", "tone", "tone_band", "simulated")
        if (options.tone or not name.startswith("tone")) and (options.speakers or name != "speaker")
    ]
    row = escaping.csv_writer()
    yield row(columns)
    for line in _lines(voice_session, options):
        cells = {
            "start": timecode(line.start_ms),
            "end": timecode(line.end_ms),
            "kind": line.kind,
            "speaker": line.speaker or line.author,
            "text": line.text if line.note_id else _elcor_words(line, options) or line.label,
            "tone": line.tone,
            "tone_band": line.tone_band,
            "simulated": "yes" if line.simulated else "no",
        }
        yield row([cells[name] for name in columns])


def as_vtt(voice_session: VoiceSession, options: Options) -> Iterator[str]:
    yield "WEBVTT\n\n"
    if voice_session.simulated:
        yield f"NOTE\n{SIMULATED_NOTICE}\n\n"
    for number, line in enumerate(_spoken(voice_session, options), 1):
        voice = f"<v {escaping.cue(line.speaker)}>" if line.speaker else ""
        start, end = _cue_time(line.start_ms, "."), _cue_time(_cue_end(line), ".")
        yield f"{number}\n{start} --> {end}\n{voice}{escaping.cue(_words(line, options))}\n\n"


def as_srt(voice_session: VoiceSession, options: Options) -> Iterator[str]:
    for number, line in enumerate(_spoken(voice_session, options), 1):
        speaker = f"{escaping.subtitle(line.speaker)}: " if line.speaker else ""
        start, end = _cue_time(line.start_ms, ","), _cue_time(_cue_end(line), ",")
        words = escaping.subtitle(_words(line, options))
        yield f"{number}\n{start} --> {end}\n{f'{speaker}{words}'.rstrip()}\n\n"


def as_markdown(voice_session: VoiceSession, options: Options) -> Iterator[str]:
    yield f"# {escaping.markdown(voice_session.display_title)}\n\n"
    yield f"{_when(voice_session)}\n\n"
    if voice_session.simulated:
        yield f"**{SIMULATED_NOTICE}**\n\n"
    for line in _spoken(voice_session, options):
        speaker = f"**{escaping.markdown(line.speaker)}**: " if line.speaker else ""
        words = escaping.markdown(_elcor_words(line, options))
        tone = escaping.markdown(_tone_behind(line, options))
        yield f"`{timecode(line.start_ms)}` {speaker}{words}{f' *{tone}*' if tone else ''}\n\n"


def as_text(voice_session: VoiceSession, options: Options) -> Iterator[str]:
    yield f"{escaping.plain(voice_session.display_title)}\n{_when(voice_session)}\n"
    if voice_session.simulated:
        yield f"{SIMULATED_NOTICE}\n"
    yield "\n"
    for line in _spoken(voice_session, options):
        speaker = f"{escaping.plain(line.speaker)}: " if line.speaker else ""
        yield f"[{timecode(line.start_ms)}] {speaker}{escaping.plain(_words(line, options))}\n"


FORMATS = {
    "txt": Format("text/plain; charset=utf-8", as_text),
    "md": Format("text/markdown; charset=utf-8", as_markdown, has_tone=True),
    "srt": Format("application/x-subrip; charset=utf-8", as_srt),
    "vtt": Format("text/vtt; charset=utf-8", as_vtt),
    "csv": Format("text/csv; charset=utf-8", as_csv, has_tone=True),
    "json": Format("application/json", as_json, has_tone=True),
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


def _events(voice_session: VoiceSession, options: Options) -> Iterator[Event]:
    """Yield every event, with the words as they were heard when that is asked for."""
    for event, words in _with_words(voice_session, events_of(voice_session), options):
        event.text = words
        yield event


def _columns(voice_session: VoiceSession, options: Options) -> Iterator[StoredEvent]:
    """Yield what lines are made of; words as in `_events`."""
    for event, words in _with_words(voice_session, columns_of(voice_session), options):
        yield event if words is event.text else event._replace(text=words)


def _with_words(voice_session: VoiceSession, events: Iterator[E], options: Options) -> Iterator[tuple[E, str]]:
    """Yield each event with its words; a query for every chunk of them when those that were heard are asked for."""
    while chunk := list(islice(events, CHUNK_EVENTS)):
        corrected = [event.seq for event in chunk if event.payload.get("corrected")] if options.original else []
        originals = originals_of(voice_session.pk, corrected) if corrected else {}
        yield from ((event, originals.get(event.seq, event.text)) for event in chunk)


def _lines(voice_session: VoiceSession, options: Options) -> Iterator[Line]:
    """Yield the lines that are left, with what is not asked for taken out."""
    lines = lines_of(
        _columns(voice_session, options),
        names=revisions.names_of(voice_session.pk),
        notes=Note.objects.filter(session=voice_session) if options.notes else (),
    )
    for line in lines:
        if not line.is_removed:
            yield line if options.speakers else replace(line, speaker="")


def _spoken(voice_session: VoiceSession, options: Options) -> Iterator[Line]:
    """Yield what subtitles show: words, gaps, and the owner's notes."""
    shown = {Kind.TRANSCRIPT, Kind.GAP, "note", "bookmark"}
    return (line for line in _lines(voice_session, options) if line.kind in shown)


def _wire(event: Event, options: Options) -> dict[str, Json]:
    wire = event.as_wire()
    return wire if options.speakers or "speaker_id" not in wire else wire | {"speaker_id": UNKNOWN_SPEAKER}


def _words(line: Line, options: Options) -> str:
    return f"{_elcor_words(line, options)} {_tone_behind(line, options)}".strip()


def _elcor_words(line: Line, options: Options) -> str:
    if line.kind == "bookmark":
        return "[Bookmark]"
    if line.kind == "note":
        return f"[Note by {line.author}: {line.text}]" if line.author else f"[Note: {line.text}]"
    prefix = line.elcor if options.elcor else ""
    return f"{prefix} {line.text}".strip()


def _tone_behind(line: Line, options: Options) -> str:
    """Return "(may sound warm)"; "" when the tone is said before the words, or not at all."""
    if options.elcor or not options.tone or not line.tone:
        return ""
    if line.tone_band == Band.UNCLEAR:
        return "(tone unclear)"
    return f"({'sounds' if line.tone_band == Band.CLEAR else 'may sound'} {line.tone[:1].lower()}{line.tone[1:]})"


def _when(voice_session: VoiceSession) -> str:
    began = timezone.localtime(voice_session.started_at or voice_session.created_at)
    return f"{began:%Y-%m-%d %H:%M %Z}, {timecode(voice_session.audio_ms)} listened"


def _cue_end(line: Line) -> int:
    if line.note_id:
        return line.start_ms + MARK_MS
    return max(line.end_ms, line.start_ms + 1)  # a cue without length is invalid


def _cue_time(ms: int, decimal_mark: str) -> str:
    seconds, millis = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{decimal_mark}{millis:03}"
