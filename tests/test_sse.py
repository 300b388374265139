"""The event stream for programs."""

from __future__ import annotations

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import AsyncClient

from sessions_app import broadcast, lifecycle, permission, presence, recording
from sessions_app.models import EndReason
from tests.sockets import view_of
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
                    got.append(
                        (int(fields["id"]) if "id" in fields else None, fields["event"], json.loads(fields["data"]))
                    )
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


async def test_a_reader_waits_for_a_database_that_takes_nothing(alices_program, voice_session, monkeypatch):
    def away(session_id):
        raise OperationalError

    await store(voice_session.pk, [words("before")])
    monkeypatch.setattr(presence, "touch", away)

    answer = await alices_program.get(f"/sessions/{voice_session.pk}/stream/")

    assert [event[2]["text"] for event in await events_of(answer, 1)] == ["before"]


async def test_a_reader_counts_as_somebody_who_is_there(alices_program, voice_session):
    before = voice_session.last_seen_at
    answer = await alices_program.get(f"/sessions/{voice_session.pk}/stream/")
    await anext(aiter(answer.streaming_content))

    await voice_session.arefresh_from_db()
    assert voice_session.last_seen_at > before


async def test_what_is_said_off_the_record_comes_without_an_id(alices_program, voice_session):
    """A reader that comes back names the last id it saw."""
    answer = await alices_program.get(f"/sessions/{voice_session.pk}/stream/")
    reading = asyncio.create_task(events_of(answer, 1))
    await asyncio.sleep(0.2)

    secret = recording.Stored(
        session_id=voice_session.pk, first_seq=1, events=(), is_running=True, off_record=(words("secret"),)
    )
    await broadcast.publish(secret)

    [(cursor, name, event)] = await reading
    assert (cursor, name, event["text"]) == (None, "transcript-event", "secret")


class TestTooManyStreams:
    @pytest.fixture
    def address(self, voice_session, settings):
        settings.LINNET_MAX_VIEWERS_PER_USER = 2
        return f"/sessions/{voice_session.pk}/stream/"

    async def test_are_refused_in_words(self, alices_program, address):
        held = [await alices_program.get(address) for _ in range(2)]

        refused = await alices_program.get(address)

        assert [answer.status_code for answer in held] == [200, 200]
        assert (refused.status_code, refused["Retry-After"]) == (429, "30")
        assert refused.json()["error"] == "rate_limited"

    async def test_and_one_that_ends_makes_place(self, alices_program, address):
        first, _ = [await alices_program.get(address) for _ in range(2)]
        reading = asyncio.create_task(events_of(first, 1))
        await asyncio.sleep(0.2)

        reading.cancel()
        await asyncio.wait([reading])

        assert (await alices_program.get(address)).status_code == 200

    async def test_views_of_the_page_count_too(self, alices_program, voice_session, address):
        async with (
            view_of(alices_program.cookies, voice_session) as first,
            view_of(alices_program.cookies, voice_session) as second,
        ):
            await first.until("snapshot")
            await second.until("snapshot")

            assert (await alices_program.get(address)).status_code == 429


async def test_a_stream_whose_permission_cannot_be_watched_ends(alices_program, voice_session, monkeypatch):
    def broken(held):
        raise ValueError

    monkeypatch.setattr(permission, "objection", broken)
    monkeypatch.setattr("sessions_app.guard.CHECK_S", 0.1)
    answer = await alices_program.get(f"/sessions/{voice_session.pk}/stream/")

    async with asyncio.timeout(5):
        texts = [text async for text in answer.streaming_content]
    assert texts[0].startswith(b"retry:")
