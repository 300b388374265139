"""Exports of words that break parsers, read back by several of them."""

from __future__ import annotations

import csv
import html
import io
import json
import re

import pytest
import srt
import webvtt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sessions_app import exports
from sessions_app.annotation import escaping
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.exports import Options
from sessions_app.models import Event, VoiceSession
from sessions_app.models.event import StoredEvent


def written(fmt, voice_session, **options):
    return "".join(exports.FORMATS[fmt].write(voice_session, Options(**options)))


# Everything that somebody may say or be called, with what parsers stumble over drawn more often.
hostile = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        st.sampled_from(
            [
                "-->", "\n", "\r\n\n", "<v Bob>", "</v>", "<b>", "&amp;", "&#60;", "{\\an8}", "00:00:01,000", "1\n",
                "NOTE ", "WEBVTT", "=cmd|' /C calc'!A0", ";=1+1", "\t@SUM(1)", '"', "'", ",", "**", "# ", "1. ",
                "[x](javascript:1)", "<script>", "`", "~~~", "|", "\\", "https://a.example", "$x$", "![i](x)", " - ",
            ]
        ),
    ),
    min_size=1,
    max_size=8,
).map("".join)  # fmt: skip


def said(text, *, speaker="Speaker A", start_ms=1000):
    return SessionEvent(kind=Kind.TRANSCRIPT, start_ms=start_ms, end_ms=start_ms + 1000, text=text, speaker=speaker)


def shown(markdown):
    """Return what a reader sees of a Markdown text; headings, lists and quotes would stand there as their marks."""
    text = []
    for token in MarkdownIt("commonmark", {"html": True}).parse(markdown):
        assert token.type in {"heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline"}, token
        for child in token.children or []:
            assert child.type in {"text", "code_inline", "strong_open", "strong_close", "em_open", "em_close",
                                  "text_special"}, child  # fmt: skip
            text.append(child.content)
    return "".join(text)


HOSTILE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class _Unsaved:
    """A session of two lines for the writers, without a database."""

    def __init__(self, monkeypatch, text, speaker):
        events = [said(text, speaker=speaker), said("Goodbye.", speaker="Ann", start_ms=5000)]
        rows = [_row(event, seq) for seq, event in enumerate(events, 1)]
        monkeypatch.setattr(exports, "events_of", lambda voice_session: iter(rows))
        monkeypatch.setattr(exports, "columns_of", lambda voice_session: map(_columns, rows))
        monkeypatch.setattr(exports.revisions, "names_of", lambda session_id: {})
        self.voice_session = VoiceSession(title=text, heard_sample=160_000)


def _row(event, seq):
    return Event(
        seq=seq, kind=event.kind, start_ms=event.start_ms, end_ms=event.end_ms, speaker=event.speaker, text=event.text
    )


def _columns(event):
    return StoredEvent._make(getattr(event, name) for name in StoredEvent._fields)


class TestHostileWords:
    @HOSTILE
    @given(text=hostile, speaker=hostile)
    def test_srt(self, text, speaker):
        with pytest.MonkeyPatch.context() as patch:
            written_text = written("srt", _Unsaved(patch, text, speaker).voice_session)

        cues = list(srt.parse(written_text, ignore_errors=False))

        assert len(cues) == 2
        name = f"{escaping.subtitle(speaker)}: " if speaker and speaker != "speaker_a" else ""
        assert cues[0].content == f"{name}{escaping.subtitle(text)}".rstrip()
        assert "<" not in written_text

    @HOSTILE
    @given(text=hostile, speaker=hostile)
    def test_webvtt(self, text, speaker):
        with pytest.MonkeyPatch.context() as patch:
            written_text = written("vtt", _Unsaved(patch, text, speaker).voice_session)

        blocks = written_text.strip("\n").split("\n\n")
        captions = webvtt.from_string(written_text).captions

        assert len(blocks) == 3
        assert written_text.count("-->") == 2
        assert captions[-1].text == "Goodbye."
        payload = blocks[1].split("\n", 2)[2] if blocks[1].count("\n") > 1 else ""
        assert html.unescape(re.sub(r"^<v [^>]*>", "", payload)) == escaping.plain(text)
        assert re.findall(r"<(?!v )", payload) == []

    @HOSTILE
    @given(text=hostile, speaker=hostile)
    def test_csv_in_whatever_way_it_is_read(self, text, speaker):
        with pytest.MonkeyPatch.context() as patch:
            written_text = written("csv", _Unsaved(patch, text, speaker).voice_session)

        rows = list(csv.DictReader(io.StringIO(written_text, newline="")))

        assert len(rows) == 2
        assert rows[0]["text"].replace("'", "").strip() == text.replace("'", "").strip()
        for separator in ",;\t":
            for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
                if separator == "," and quoting == csv.QUOTE_NONE:
                    continue  # a program that reads commas reads quotes
                read = csv.reader(io.StringIO(written_text, newline=""), delimiter=separator, quoting=quoting)
                assert [cell for row in read for cell in row if re.match(r"""[\s"]*[=+\-@＝＋－＠]""", cell)] == []

    @HOSTILE
    @given(text=hostile, speaker=hostile)
    def test_markdown(self, text, speaker):
        with pytest.MonkeyPatch.context() as patch:
            written_text = written("md", _Unsaved(patch, text, speaker).voice_session)

        assert escaping.plain(text) in shown(written_text)
        assert "Goodbye." in shown(written_text)

    @HOSTILE
    @given(text=hostile, speaker=hostile)
    def test_text_and_json(self, text, speaker):
        with pytest.MonkeyPatch.context() as patch:
            voice_session = _Unsaved(patch, text, speaker).voice_session
            lines, body = written("txt", voice_session).splitlines(), json.loads(written("json", voice_session))

        assert len(lines) == 5
        assert lines[-1] == "[0:05] Ann: Goodbye."
        assert [event["text"] for event in body["events"]] == [text, "Goodbye."]
