"""Going over a session once it has ended: its picture, its lines, and for its owner what may be changed in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from django.shortcuts import render

from sessions_app import calibration, editing, look, revisions, transcript
from sessions_app.annotation.affect import Affect
from sessions_app.engine.tone import LABELS, NOT_ENOUGH
from sessions_app.forms import SessionKeepingForm
from sessions_app.lines import originals_of, timecode
from sessions_app.models import FOR_EVER, AuditEntry, Note, Revision, SpeakerName, ToneFeedback
from sessions_app.views.access import number

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from sessions_app.lines import Line
    from sessions_app.models import VoiceSession
    from sessions_app.transcript import Reading

SHOWN_CHANGES = 200
SHOWN_VOICES = 50
HEADING = "transcript-heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line with what its owner said and may say about it."""

    line: Line
    before: str = ""  # the anchor of the line before it, or of the heading: where one is when it is gone
    original: str = ""
    feedback: ToneFeedback | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One of the session's voices; `name` is "" as long as nobody named it, `same_as` that of the person it is."""

    mark: str
    name: str
    same_as: str
    anchor: str

    @property
    def shown(self) -> str:
        return self.same_as or self.name or self.mark


@dataclass(frozen=True, slots=True)
class Changed:
    """A change, and the time of its line ("" for what belongs to no line)."""

    revision: Revision
    timecode: str


def debrief(request: HttpRequest, voice_session: VoiceSession) -> HttpResponse:
    """Show the owner their session. About ten queries, and one more for every thousand events."""
    is_editing = request.GET.get("edit") == "1"
    wanted = _wanted(request)
    reading = transcript.read(
        voice_session,
        wanted,
        names=revisions.names_of(voice_session.pk),
        notes=Note.objects.filter(session=voice_session),
        softened=calibration.softened_labels(voice_session.owner_id),
    )
    anchors = {"keeping", HEADING, *(line.anchor for line in reading.lines)}
    context = {
        "voice_session": voice_session,
        "simulated": voice_session.simulated,
        "is_editing": is_editing,
        "elcor": look.is_elcor(request, voice_session),
        "wanted": wanted,
        "reading": reading,
        "here": _query(request),
        "tones": sorted(reading.tones),
        "anchors": anchors,
        "rows": _rows(voice_session, reading, opened=wanted.line if is_editing else None),
        "changes": _changes(voice_session),
        "revealed": AuditEntry.objects.filter(session_id=voice_session.pk, action="reveal").order_by("at"),
        "keeping": _keeping(voice_session),
        "more_changes": max(0, voice_session.revision - SHOWN_CHANGES),
    }
    if is_editing:
        context |= _for_editing(voice_session, reading, anchors)
    return render(request, "sessions_app/debrief.html", context)


def _keeping(voice_session: VoiceSession) -> SessionKeepingForm:
    """Return the form with the choice that stands; a number of days was counted from the day it was chosen."""
    is_for_ever = voice_session.keep_until == FOR_EVER
    return SessionKeepingForm(initial={"keep": SessionKeepingForm.FOR_EVER} if is_for_ever else None)


def _for_editing(voice_session: VoiceSession, reading: Reading, anchors: set[str]) -> dict[str, object]:
    voices = _voices(voice_session)
    return {
        "voices": voices,
        "anchors": {*anchors, "editing", *(voice.anchor for voice in voices)},
        "known_tones": _known_tones(reading),
        "shares_feedback": calibration.shares_feedback(voice_session.owner_id),
    }


def _wanted(request: HttpRequest) -> transcript.Wanted:
    line, note = number(request, "line", 0), number(request, "note", 0)
    return transcript.Wanted(
        speaker=request.GET.get("speaker", "")[:200],
        tone=request.GET.get("tone", "")[:200],
        page=number(request, "page", 1),
        line=line or None,
        note=note or None,
    )


def _query(request: HttpRequest) -> dict[str, str]:
    """Return the query strings of the links that change one thing about the page and keep the rest."""

    def changed(*without: str, **values: str) -> str:
        query = request.GET.copy()
        for name in (*without, *values):
            query.pop(name, None)
        query.update(values)
        return query.urlencode()

    return {
        "elcor_on": changed(elcor="1"),
        "elcor_off": changed(elcor="0"),
        "edit": changed(edit="1"),
        "read": changed("edit", "line", "note"),
        "pages": changed("page", "line", "note"),
        "lines": changed("speaker", "tone", "page", "line", "note"),
        "same_lines": changed("line", "note"),
    }


def _rows(voice_session: VoiceSession, reading: Reading, *, opened: int | None) -> list[Row]:
    """Return the page's lines with their originals and verdicts; two queries."""
    originals = originals_of(voice_session.pk, [line.seq for line in reading.lines if line.is_corrected])
    tones = [line.tone_seq for line in reading.lines if line.tone_seq]
    mine = ToneFeedback.objects.filter(session=voice_session, user_id=voice_session.owner_id, seq__in=tones)
    verdicts = {feedback.seq: feedback for feedback in mine}
    before = [HEADING, *(line.anchor for line in reading.lines)]
    return [
        Row(
            line=line,
            before=before[place],
            original=originals.get(line.seq, ""),
            feedback=verdicts.get(line.tone_seq),
            is_open=opened is not None and line.seq == opened,
        )
        for place, line in enumerate(reading.lines)
    ]


def _voices(voice_session: VoiceSession) -> list[Voice]:
    given = {row.speaker: row for row in SpeakerName.objects.filter(session=voice_session)}
    names = revisions.names_of(voice_session.pk)
    return [
        Voice(
            mark=mark,
            name=given[mark].name if mark in given else "",
            same_as=names[mark] if mark in given and given[mark].same_as else "",
            anchor=f"voice-{place}",
        )
        for place, mark in enumerate(editing.voices_of(voice_session)[:SHOWN_VOICES], 1)
    ]


def _known_tones(reading: Reading) -> list[str]:
    """Return the labels that somebody may have heard instead: those of the engine, of the session, and the affects."""
    return sorted({*LABELS, *reading.tones, *(affect.capitalize() for affect in get_args(Affect))} - {NOT_ENOUGH})


def _changes(voice_session: VoiceSession) -> list[Changed]:
    """Return what was changed, the latest first, with the time of the line; two queries."""
    rows = Revision.objects.filter(session=voice_session).select_related("author").order_by("-number")[:SHOWN_CHANGES]
    changes = list(rows)
    lines = voice_session.events.filter(seq__in={change.seq for change in changes if change.seq is not None})
    starts_ms = dict(lines.values_list("seq", "start_ms"))
    return [Changed(change, timecode(starts_ms[change.seq]) if change.seq in starts_ms else "") for change in changes]
