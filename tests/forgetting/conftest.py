"""Sessions to forget, purges, and a look at what is left: in every table, and in the bytes of the files."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from sessions_app import editing, lifecycle, recording, search
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import EndReason, Share, ToneFeedback, VoiceSession
from tests.test_recording import words

CANARY = "quartzowl"


def purge(**options):
    output = StringIO()
    call_command("purge_expired", stdout=output, **options)
    return output.getvalue().splitlines()


def planted(owner):
    """Return an ended session with the canary wherever people or machines may write."""
    voice_session = lifecycle.create(owner, title=f"{CANARY} title")
    tone = SessionEvent(kind=Kind.TONE, start_ms=0, end_ms=9, speaker="Speaker A", label=f"{CANARY} label")
    recording.append(voice_session.pk, [words(f"{CANARY} said"), words("plain"), tone])
    editing.correct_words(voice_session, 2, f"{CANARY} corrected", author=owner)
    editing.correct_words(voice_session, 1, "the original is kept beside it", author=owner)
    editing.name_speaker(voice_session, "Speaker A", f"{CANARY} name", author=owner)
    editing.rename(voice_session, f"{CANARY} again", author=owner)
    editing.add_note(voice_session, author=owner, at_ms=0, text=f"{CANARY} note")
    Share.objects.create(session=voice_session, name=f"{CANARY} friend", token_sha256=f"{voice_session.pk.hex:0>64}")
    ToneFeedback.objects.create(
        session=voice_session, seq=3, user=owner, label=f"{CANARY} label", verdict="heard_as", heard_as=CANARY
    )
    lifecycle.end(voice_session, EndReason.USER)
    search.index(voice_session.pk)
    return voice_session


def tables_with(canary):
    """Return the tables in which `canary` is, looked for in every column of every row."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return [table for table in tables if canary in dump_of(cursor, table)]


def dump_of(cursor, table):
    whole_row = f'SELECT row_to_json(t)::text FROM "{table}" t'
    cursor.execute(whole_row if connection.vendor == "postgresql" else f'SELECT * FROM "{table}"')
    return "".join(
        value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        for row in cursor.fetchall()
        for value in row
    )


def files_with(canary):
    path = Path(connection.settings_dict["NAME"])
    return [file.name for file in path.parent.glob(f"{path.name}*") if canary.encode() in file.read_bytes()]


def aged(voice_session, **ages):
    """Move moments of a session into the past: `ended_at=3` is three days ago."""
    moments = {name: timezone.now() - timedelta(days=days) for name, days in ages.items()}
    VoiceSession.objects.filter(pk=voice_session.pk).update(**moments)


def is_there(voice_session):
    return VoiceSession.objects.filter(pk=voice_session.pk).exists()


@pytest.fixture
def ended(voice_session):
    lifecycle.end(voice_session, EndReason.USER)
    return voice_session
