"""The command-line microphone loses nothing and waits for the listener."""

from __future__ import annotations

import asyncio
import time

import pytest

from sessions_app.management import streaming
from sessions_app.management.site import Failure
from sessions_app.management.streaming import LEAD_SAMPLES, RING_SAMPLES, Ring
from tests.stream_audio.listener import SECOND, Listener, microphone_at


def counted(first: int, samples: int) -> bytes:
    """Sound in which every sample says its own number (modulo 2 ** 15)."""
    return b"".join((number % 32_768).to_bytes(2, "little") for number in range(first, first + samples))


class TestRing:
    def test_it_gives_back_what_was_sent(self):
        ring = Ring(start_sample=1_000)
        ring.append(counted(1_000, 5_000))

        assert ring.frame_at(3_000) == counted(3_000, 1_600)
        assert ring.frame_at(5_900) == counted(5_900, 100)
        assert ring.frame_at(6_000) == b""

    def test_it_forgets_what_is_settled_and_no_more(self):
        ring = Ring(0)
        ring.append(bytes(20_000))

        ring.forget_before(4_000)
        ring.forget_before(3_000)

        assert (ring.start_sample, ring.end_sample) == (4_000, 10_000)

    def test_it_keeps_thirty_seconds(self):
        ring = Ring(0)
        for _ in range(40):
            ring.append(bytes(2 * SECOND))

        assert ring.end_sample == 40 * SECOND
        assert ring.start_sample == ring.end_sample - RING_SAMPLES


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch):
    monkeypatch.setattr(streaming, "RETRY_FIRST_S", 0.01)


class TestMicrophone:
    async def test_every_sample_arrives_once_and_in_place(self, listener):
        async with microphone_at(listener, counted(0, 3 * SECOND + 17)) as microphone:
            await microphone.run()

        assert listener.heard_everything(3 * SECOND + 17)
        assert listener.connections == [{"type": "configure", "take_over": False}]

    async def test_a_file_never_runs_more_than_ten_seconds_ahead(self, listener):
        listener.is_deaf.set()

        async with microphone_at(listener, bytes(2 * 15 * SECOND)) as microphone:
            running = asyncio.create_task(microphone.run())
            await asyncio.sleep(0.5)
            held_back = microphone.streamed_samples
            running.cancel()

        assert LEAD_SAMPLES - SECOND < held_back <= LEAD_SAMPLES + streaming.FRAME_SAMPLES
        assert listener.most_ahead_samples <= LEAD_SAMPLES

    async def test_real_time_is_kept(self, listener):
        async with microphone_at(listener, bytes(2 * SECOND), is_fast=False) as microphone:
            began_s = time.monotonic()
            await microphone.run()

        assert 0.8 < time.monotonic() - began_s < 5

    async def test_a_lost_connection_is_made_anew_and_nothing_is_lost(self, listener):
        listener.drop_once_at = 8 * SECOND

        async with microphone_at(listener, counted(0, 12 * SECOND)) as microphone:
            await microphone.run()

        assert listener.heard_everything(12 * SECOND)
        assert listener.gap_samples == 0
        assert listener.connections[1]["take_over"] is True
        assert "connecting again" in microphone.said[0]

    async def test_what_the_ring_no_longer_has_is_said_to_be_missing(self, listener, monkeypatch):
        monkeypatch.setattr(streaming, "RING_SAMPLES", 2 * SECOND)
        listener.drop_once_at = 4 * SECOND

        async with microphone_at(listener, counted(0, 6 * SECOND)) as microphone:
            await microphone.run()

        assert listener.gap_samples >= 2 * SECOND
        assert set(range(listener.gap_samples, 6 * SECOND)) <= set(listener.heard)

    @pytest.mark.parametrize("code", [4400, 4401, 4403, 4404, 4409, 4410])
    async def test_a_final_refusal_is_not_argued_with(self, listener, code):
        listener.refusal = (code, "Another microphone is already listening here.")

        async with microphone_at(listener, bytes(SECOND)) as microphone:
            with pytest.raises(Failure, match="Another microphone"):
                await microphone.run()

        assert len(listener.connections) == 1

    @pytest.mark.parametrize("code", [1012, 4408, 4429, 4500, 4503])
    async def test_a_passing_trouble_is_waited_out(self, listener, code):
        listener.refusal = (code, "Please try again in a moment.")

        async with microphone_at(listener, bytes(SECOND)) as microphone:
            running = asyncio.create_task(microphone.run())
            while len(listener.connections) < 2:
                await asyncio.sleep(0.01)
            listener.refusal = None
            await asyncio.wait_for(running, 10)

        assert listener.heard

    async def test_patience_ends(self, listener, monkeypatch):
        monkeypatch.setattr(streaming, "GIVE_UP_AFTER_S", 0.1)
        listener.refusal = (4503, "The server is going away.")

        async with microphone_at(listener, bytes(SECOND)) as microphone:
            with pytest.raises(Failure, match="going away"):
                await asyncio.wait_for(microphone.run(), 10)

    async def test_stopped_it_sends_no_more_and_ends_properly(self, listener):
        async with microphone_at(listener, counted(0, 60 * SECOND), is_fast=False) as microphone:
            running = asyncio.create_task(microphone.run())
            await asyncio.sleep(0.4)
            microphone.stop()
            await asyncio.wait_for(running, 5)

        assert listener.heard_everything(microphone.streamed_samples)
