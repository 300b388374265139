"""The event stream for programs."""

from __future__ import annotations

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from sessions_app import lifecycle, recording
from sessions_app.models import EndReason
from tests.test_recording import words

pytestmark = pytest.mark.django_db(transaction=True)

store = sync_to_async(recording.append)


@pytest.fixture
def alices_program(alice):
    client = AsyncClient()
    client.force_login(alice)
    return client


async def events_of(answer, number):
    """Return the next `number` events as (id, name, fields)."""
    got = []
    async with asyncio.timeout(5):
        async for chunk in answer.streaming_content:
            for block in chunk.decode().split("\n\n"):
                fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
                if "event" in fields:
                    got.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            if len(got) >= number:
                return got


async def test_what_is_stored_comes_first_and_then_what_happens(alices_program, voice_session):
    await store(voice_session.pk, [words("before")])
    answer = await alices_program.get(f"/sessions/{voice_session.pk}/stream/")
    reading = asyncio.create_task(events_of(answer, 3))
    await asyncio.sleep(0.2)

    await sync_to_async(lifecycle.end)(voice_session, EndReason.USER)
    await sync_to_async(lifecycle.reopen)(voice_session)

    events = await reading
    assert answer["Content-Type"] == "text/event-stream"
    assert [event[:2] for event in events] == [(1, "transcript-event"), (2, "state-event"), (3, "state-event")]
    assert events[0][2]["text"] == "before"


@pytest.mark.parametrize("how", [{"headers": {"Last-Event-ID": "2"}}, {"query_params": {"after": "2"}}])
async def test_it_resumes_behind_the_last_event(alices_program, voice_session, how):
    await store(voice_session.pk, [words()] * 4)

    answer = await alices_program.get(f"/sessions/{voice_session.pk}/stream/", **how)

    assert [event[0] for event in await events_of(answer, 2)] == [3, 4]


async def test_a_reader_counts_as_somebody_who_is_there(alices_program, voice_session):
    before = voice_session.last_seen_at
    answer = await alices_program.get(f"/sessions/{voice_session.pk}/stream/")
    await anext(aiter(answer.streaming_content))

    await voice_session.arefresh_from_db()
    assert voice_session.last_seen_at > before
