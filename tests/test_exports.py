"""Exports, read back by somebody else's parser where there is one."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from sessions_app import recording
from sessions_app.annotation.events import GapCause, Kind, SessionEvent, gap
from sessions_app.models import VoiceSession

pytestmark = pytest.mark.django_db

NASTY = "=1+1 --> <b>*bold*</b>\nsecond & line"


@pytest.fixture
def spoken(voice_session):
    said = SessionEvent(kind=Kind.TRANSCRIPT, start_ms=3_723_004, end_ms=3_725_000, text="Hello.", speaker="Speaker A")
    nasty = SessionEvent(kind=Kind.TRANSCRIPT, start_ms=3_726_000, end_ms=3_726_000, text=NASTY, speaker="@Speaker <B>")
    tone = SessionEvent(
        kind=Kind.TONE, start_ms=3_723_000, end_ms=3_725_000, label="Warm", confidence=0.5, payload={"band": "maybe"}
    )
    recording.append(
        voice_session.pk, [said, tone, nasty, gap(cause=GapCause.CONNECTION, start_ms=3_727_000, end_ms=3_731_100)]
    )
    return voice_session


@pytest.fixture
def export(alices_browser, spoken):
    def fetch(fmt, query=""):
        answer = alices_browser.get(f"/sessions/{spoken.pk}/export.{fmt}{query}")
        assert answer["Content-Disposition"].startswith("attachment")
        return b"".join(answer.streaming_content).decode()

    return fetch


def test_json_holds_every_event_as_on_the_wire(export, spoken):
    body = json.loads(export("json"))

    assert body["id"] == str(spoken.pk)
    assert [event["seq"] for event in body["events"]] == [1, 2, 3, 4]
    assert body["events"][2]["text"] == NASTY


def test_csv_parses_back_and_holds_no_formula(export):
    rows = list(csv.DictReader(io.StringIO(export("csv"))))

    assert [row["kind"] for row in rows] == ["transcript", "transcript", "gap"]
    assert rows[0]["tone"] == "Warm"
    assert rows[1]["text"] == "'" + NASTY
    assert rows[1]["speaker"] == "'@Speaker <B>"


def test_vtt_has_cues_that_cannot_be_broken_out_of(export):
    text = export("vtt")

    assert text.startswith("WEBVTT\n\n1\n01:02:03.004 --> 01:02:05.000\n<v Speaker A>Hello.\n\n")
    assert text.count("-->") == 3
    assert "<b>" not in text
    assert all(block.count("\n") == 2 for block in text.strip().split("\n\n")[1:])


def test_srt_counts_its_cues(export):
    cues = re.findall(r"^(\d+)\n(\S+) --> (\S+)\n(.+)\n\n", export("srt"), re.MULTILINE)

    assert [cue[0] for cue in cues] == ["1", "2", "3"]
    assert cues[0][1:] == ("01:02:03,004", "01:02:05,000", "Speaker A: Hello.")


def test_markdown_shows_asterisks_as_asterisks(export):
    assert r"\*bold\*" in export("md")


def test_text_is_plain_and_says_the_gap(export):
    text = export("txt")

    assert "[1:02:03] Speaker A: Hello.\n" in text
    assert "4.1 s not captioned: the connection was lost" in text


@pytest.mark.parametrize("fmt", ["txt", "vtt", "srt", "md", "csv"])
def test_elcor_says_the_tone_before_the_words(export, fmt):
    assert "Maybe warm" in export(fmt, "?elcor=1")


@pytest.mark.parametrize("fmt", ["txt", "vtt", "md"])
def test_a_simulated_session_says_so(export, spoken, fmt):
    VoiceSession.objects.update(simulated=True)

    assert "SIMULATED" in export(fmt)


def test_an_unknown_format_is_not_found(alices_browser, voice_session):
    assert alices_browser.get(f"/sessions/{voice_session.pk}/export.exe").status_code == 404
