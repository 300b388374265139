"""Reapers against people who come back, and clocks that jump."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels import layers
from django.db import connections
from django.utils import timezone

from sessions_app import consumers, lifecycle, presence, recording
from sessions_app.models import VoiceSession
from tests.sockets import view_of
from tests.test_recording import words

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
        for closing in [threads.submit(connections.close_all) for _ in range(12)]:
            closing.result()


@pytest.mark.parametrize("jump_s", [61, 90_000])
async def test_a_clock_that_jumps_costs_a_view_nothing(alices_browser, voice_session, monkeypatch, jump_s):
    monkeypatch.setattr(consumers, "REJOIN_S", 0.2)
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("snapshot")
        jumped = time.time() + jump_s
        monkeypatch.setattr(layers.time, "time", lambda: jumped)
        await asyncio.sleep(0.5)

        await sync_to_async(recording.append)(voice_session.pk, [words("after the jump")])
        await presence.current().beat_once()

        assert (await view.until_event("transcript"))["text"] == "after the jump"
