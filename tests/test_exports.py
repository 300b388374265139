"""Exports, read back by somebody else's parser where there is one."""

from __future__ import annotations

import csv
import html
import io
import json
import tracemalloc
import zipfile

import pytest
import srt
import webvtt
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from sessions_app import archive, calibration, editing, exports, recording
from sessions_app.annotation.events import GapCause, Kind, SessionEvent, gap
from sessions_app.exports import Options
from sessions_app.models import Verdict, VoiceSession
from tests.test_hostile_words import shown
from tests.test_recording import words

NASTY = "=1+1 --> <b>*bold*</b>\nsecond & line"
NASTY_ON_ONE_LINE = "=1+1 → <b>*bold*</b> second & line"


@pytest.fixture
def spoken(voice_session):
    tone = SessionEvent(
        kind=Kind.TONE, start_ms=3_723_000, end_ms=3_725_000, label="Warm", confidence=0.5, payload={"band": "maybe"}
    )
    events = [
        SessionEvent(kind=Kind.TRANSCRIPT, start_ms=3_723_004, end_ms=3_725_000, text="Hello.", speaker="Speaker A"),
        tone,
        SessionEvent(kind=Kind.TRANSCRIPT, start_ms=3_726_000, end_ms=3_726_000, text=NASTY, speaker="@Speaker <B>"),
        gap(cause=GapCause.CONNECTION, start_ms=3_727_000, end_ms=3_731_100),
    ]
    recording.append(voice_session.pk, events)
    return voice_session


@pytest.fixture
def export(alices_browser, spoken):
    def fetch(fmt, query=""):
        answer = alices_browser.get(f"/sessions/{spoken.pk}/export.{fmt}{query}")
        assert answer["Content-Disposition"].startswith("attachment")
        return b"".join(answer.streaming_content).decode()

    return fetch


@pytest.mark.django_db
class TestFormats:
    def test_json_holds_every_event_as_on_the_wire(self, export, spoken):
        body = json.loads(export("json"))

        assert body["id"] == str(spoken.pk)
        assert [event["seq"] for event in body["events"]] == [1, 2, 3, 4]
        assert body["events"][2]["text"] == NASTY

    def test_csv_parses_back_and_holds_no_formula(self, export):
        rows = list(csv.DictReader(io.StringIO(export("csv"), newline="")))

        assert [row["kind"] for row in rows] == ["transcript", "transcript", "gap"]
        assert rows[0]["tone"] == "Warm"
        assert rows[1]["text"] == "'" + NASTY
        assert rows[1]["speaker"] == "'@Speaker <B>"

    def test_a_webvtt_parser_reads_the_cues(self, export):
        captions = webvtt.from_string(export("vtt")).captions

        assert (captions[0].start, captions[0].end) == ("01:02:03.004", "01:02:05.000")
        assert (captions[0].voice, captions[0].text) == ("Speaker A", "Hello.")
        assert html.unescape(captions[1].raw_text) == f"<v @Speaker <B>>{NASTY_ON_ONE_LINE}"
        assert len(captions) == 3

    def test_an_srt_parser_reads_the_cues(self, export):
        cues = list(srt.parse(export("srt"), ignore_errors=False))

        assert [cue.index for cue in cues] == [1, 2, 3]
        assert cues[0].content == "Speaker A: Hello."
        assert cues[0].start.total_seconds() == 3723.004
        assert cues[1].content == "@Speaker ‹B›: =1+1 → ‹b›*bold*‹/b› second & line"

    def test_markdown_shows_what_was_said(self, export):
        assert f"@Speaker <B>: {NASTY_ON_ONE_LINE}" in shown(export("md"))

    def test_text_is_plain_and_says_the_gap(self, export):
        text = export("txt")

        assert "[1:02:03] Speaker A: Hello.\n" in text
        assert "4.1 s not captioned: the connection was lost" in text

    @pytest.mark.parametrize("fmt", ["txt", "vtt", "md"])
    def test_a_simulated_session_says_so(self, export, spoken, fmt):
        VoiceSession.objects.update(simulated=True)

        assert "SIMULATED" in export(fmt)

    def test_an_unknown_format_is_not_found(self, alices_browser, voice_session):
        assert alices_browser.get(f"/sessions/{voice_session.pk}/export.exe").status_code == 404


@pytest.mark.django_db
class TestOptions:
    @pytest.mark.parametrize("fmt", ["txt", "vtt", "srt", "md", "csv"])
    def test_elcor_says_the_tone_before_the_words(self, export, fmt):
        assert "Maybe warm" in export(fmt, "?elcor=1")

    @pytest.mark.parametrize("fmt", ["txt", "vtt", "srt", "md"])
    def test_the_tone_behind_the_words(self, export, fmt):
        assert "may sound warm" in export(fmt, "?tone=1").replace("\\", "")
        assert "warm" not in export(fmt, "?tone=0")

    @pytest.mark.parametrize("fmt", ["csv", "json"])
    def test_tables_and_programs_get_the_tone_unless_they_do_not_want_it(self, export, fmt):
        assert "Warm" in export(fmt)
        assert "Warm" not in export(fmt, "?tone=0")

    @pytest.mark.parametrize("fmt", list(exports.FORMATS))
    def test_without_speakers(self, export, spoken, alice, fmt):
        editing.name_speaker(spoken, "Speaker A", "Dr. Okafor", author=alice)

        assert "Dr. Okafor" in export(fmt).replace("\\", "")
        text = export(fmt, "?speakers=0")
        assert "Okafor" not in text
        assert "Speaker A" not in text

    @pytest.mark.parametrize("fmt", list(exports.FORMATS))
    def test_original_words_instead_of_corrections(self, export, spoken, alice, fmt):
        editing.correct_words(spoken, 1, "Hallo.", author=alice)
        editing.correct_words(spoken, 1, "Hullo.", author=alice)

        assert "Hullo" in export(fmt)
        text = export(fmt, "?original=1")
        assert "Hello" in text
        assert "Hullo" not in text

    @pytest.mark.parametrize("fmt", list(exports.FORMATS))
    @pytest.mark.parametrize("query", ["", "?original=1", "?notes=1&tone=1"])
    def test_a_removed_line_is_in_no_file(self, export, spoken, alice, fmt, query):
        editing.correct_words(spoken, 1, "Hullo.", author=alice)
        editing.remove_line(spoken, 1, author=alice)

        text = export(fmt, query)

        assert "Hello" not in text
        assert "Hullo" not in text
        assert "1:02:03" not in text

    def test_words_that_a_removed_line_got_count_as_the_original(self, export, spoken, alice):
        editing.remove_line(spoken, 1, author=alice)
        editing.correct_words(spoken, 1, "Something else", author=alice)
        editing.correct_words(spoken, 1, "Something other", author=alice)

        assert "Something else" in export("txt", "?original=1")

    @pytest.mark.parametrize("fmt", list(exports.FORMATS))
    def test_notes_only_when_they_are_asked_for(self, export, spoken, alice, fmt):
        editing.add_note(spoken, author=alice, at_ms=3_725_500, text="ask again")

        assert "ask again" not in export(fmt)
        assert "ask again" in export(fmt, "?notes=1")


@pytest.fixture
def long(voice_session):
    lines = [words("word " * 200, start_ms=ms, end_ms=ms + 900) for ms in range(0, 8_000_000, 1000)]
    recording.append(voice_session.pk, lines)
    return voice_session


def peak_of(pieces):
    """Return the bytes in memory at most while `pieces` are thrown away, and how many pieces and bytes they were."""
    tracemalloc.start()
    sizes = [len(piece) for piece in pieces]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, len(sizes), sum(sizes)


@pytest.mark.django_db
class TestLongSessions:
    @pytest.mark.parametrize("fmt", ["json", "vtt"])
    def test_a_file_is_never_in_memory_as_a_whole(self, long, fmt):
        peak, pieces, size = peak_of(exports.FORMATS[fmt].write(long, Options(original=True)))

        assert pieces >= 8000
        assert size > 8_000_000
        assert peak < 5_500_000

    def test_neither_is_everything_of_mine(self, alice, long):
        peak, pieces, _ = peak_of(archive.everything_of(alice))

        assert pieces > 1
        assert peak < 5_500_000


@pytest.mark.django_db(transaction=True)
async def test_an_asgi_server_sends_a_file_in_pieces(alice, voice_session):
    lines = [words("word " * 40, start_ms=ms, end_ms=ms + 900) for ms in range(0, 3_000_000, 1000)]
    await sync_to_async(recording.append)(voice_session.pk, lines)
    program = AsyncClient()
    await program.aforce_login(alice)

    answer = await program.get(f"/sessions/{voice_session.pk}/export.json")
    sizes = [len(piece) async for piece in answer]

    assert len(sizes) > 10
    assert max(sizes) < 200_000


@pytest.mark.django_db
class TestEverythingOfMine:
    @pytest.fixture
    def files(self, alices_browser, spoken, alice, bob):
        editing.correct_words(spoken, 1, "Hullo.", author=alice)
        editing.add_note(spoken, author=alice, at_ms=1, text="ask again")
        calibration.judge(spoken, 2, user=alice, verdict=Verdict.HEARD_AS, heard_as="Tired")
        others = VoiceSession.objects.create(owner=bob, title="Not mine")
        recording.append(others.pk, [words("secret")])

        answer = alices_browser.get("/profile/export.zip")

        assert answer["Content-Type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as whole:
            assert whole.testzip() is None
            return {name: whole.read(name).decode() for name in whole.namelist()}

    def one(self, files, name):
        [text] = [text for path, text in files.items() if path.endswith(name)]
        return text

    def test_it_holds_sessions_notes_verdicts_and_the_account(self, files):
        assert "Hullo." in self.one(files, "transcript.txt")
        assert json.loads(self.one(files, "session.json"))["notes"][0]["text"] == "ask again"
        assert json.loads(self.one(files, "feedback.json"))[0]["heard_as"] == "Tired"
        assert json.loads(self.one(files, "account.json"))["username"] == "alice"
        assert json.loads(self.one(files, "changes.json"))[0]["before"] == "Hello."
        assert json.loads(self.one(files, "links.json")) == []

    def test_nothing_of_anybody_else_is_in_it(self, files):
        assert "secret" not in "".join(files.values())
        assert "Not mine" not in "".join(files.values())

    def test_only_for_who_is_logged_in(self, client):
        assert client.get("/profile/export.zip").status_code == 302
