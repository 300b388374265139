"""Reapers against people who come back, and clocks that jump."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import sync_to_async
from channels import layers
from django.utils import timezone

from sessions_app import database_threads, hearing, lease, lifecycle, presence, recording
from sessions_app.models import VoiceSession
from tests.conftest import SECOND_OF_SILENCE
from tests.sockets import microphone_of, view_of
from tests.test_recording import batch_of, words

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 200


def test_two_reapers_against_a_speaker_who_comes_back(alice):
    """In every round either the speaker was first and nothing ended, or one reaper was, and there is one event."""
    voice_session = lifecycle.create(alice)

    def reap():
        return [ended.pk for ended in lifecycle.end_idle(90)]

    with ThreadPoolExecutor(3) as threads:
        for _ in range(ROUNDS):
            long_ago = timezone.now() - timedelta(seconds=100)
            VoiceSession.objects.update(state="running", ended_at=None, end_reason="", last_seen_at=long_ago)
            before = voice_session.events.count()

            reapers = [threads.submit(reap), threads.submit(reap)]
            threads.submit(presence.touch, voice_session.pk).result()
            ended = [pk for reaper in reapers for pk in reaper.result()]

            voice_session.refresh_from_db()
            assert len(ended) == (0 if voice_session.is_running else 1)
            assert voice_session.events.count() - before == len(ended)
        database_threads.close_connections_of(threads, threads=3)


def test_two_reapers_against_a_live_microphone_that_was_late(alice):
    """In every round the words are stored once; the session goes on, or ended once and its microphone is told."""
    voice_session = lifecycle.create(alice)

    def reap():
        return [ended.pk for ended in lifecycle.end_idle(90)]

    with ThreadPoolExecutor(3) as threads:
        for number in range(ROUNDS):
            VoiceSession.objects.update(state="running", ended_at=None, end_reason="", stream_id=None)
            held = lease.claim(voice_session.pk, take_over=True)
            VoiceSession.objects.update(last_seen_at=timezone.now() - timedelta(seconds=100))
            sound = {"heard": 16_000 * (number + 1), "settled": 16_000 * (number + 1)}
            batch = batch_of(held, events=[words(f"round {number}")], **sound)

            late = [threads.submit(reap), threads.submit(recording.store, [batch]), threads.submit(reap)]
            [stored] = late[1].result()
            ended = [pk for reaper in (late[0], late[2]) for pk in reaper.result()]

            voice_session.refresh_from_db()
            assert len(ended) == (0 if voice_session.is_running else 1)
            assert stored.is_running or not voice_session.is_running
            assert voice_session.events.filter(text=f"round {number}").count() == 1
        seqs = list(voice_session.events.order_by("seq").values_list("seq", flat=True))
        assert seqs == list(range(1, len(seqs) + 1))
        database_threads.close_connections_of(threads, threads=3)


@pytest.mark.parametrize("step_s", [3600, -3600])
async def test_a_wall_clock_that_steps_by_an_hour_disturbs_nobody(alices_browser, voice_session, step_s):
    async with (
        view_of(alices_browser.cookies, voice_session) as view,
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 3)
        await microphone.until("ack", through_sample=48_000)

        with time_machine.travel(time.time() + step_s, tick=True):
            await presence.current().beat_once()
            await microphone.send_sound(SECOND_OF_SILENCE * 3)
            await microphone.until("ack", through_sample=96_000)
            await microphone.say("close")
            assert await microphone.closed() == 1000
            await view.until_event("tone")
    await voice_session.arefresh_from_db()
    assert voice_session.is_running
    assert not [event async for event in voice_session.events.filter(kind="gap")]


@pytest.mark.parametrize("jump_s", [61, 90_000])
async def test_a_clock_that_jumps_costs_a_view_nothing(alices_browser, voice_session, monkeypatch, jump_s):
    monkeypatch.setattr(hearing, "REJOIN_S", 0.2)
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("snapshot")
        jumped = time.time() + jump_s
        monkeypatch.setattr(layers.time, "time", lambda: jumped)
        await asyncio.sleep(0.5)

        await sync_to_async(recording.append)(voice_session.pk, [words("after the jump")])
        await presence.current().beat_once()

        assert (await view.until_event("transcript"))["text"] == "after the jump"
