"""A channel layer that fails: counted, told now and then, and made good by the database."""

from __future__ import annotations

import asyncio
import time

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, channel_layers

from sessions_app import broadcast, presence, recording
from sessions_app.broadcast import COMPLAIN_EVERY_S, LayerFailures
from tests.conftest import SECOND_OF_SILENCE
from tests.sockets import microphone_of, view_of
from tests.test_recording import words

pytestmark = pytest.mark.django_db(transaction=True)


class BrokenLayer(InMemoryChannelLayer):
    """Does nothing that it is asked to do."""

    async def group_add(self, group, channel):
        raise ConnectionError("no Redis at 192.0.2.1")

    group_discard = group_send = group_add


class HangingLayer(InMemoryChannelLayer):
    """Takes what it is asked, and never answers."""

    async def group_add(self, group, channel):
        await asyncio.Event().wait()

    group_discard = group_send = group_add

    async def new_channel(self, prefix=""):
        await asyncio.Event().wait()


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def failures(monkeypatch):
    fresh = LayerFailures()
    monkeypatch.setattr(broadcast, "layer_failures", fresh)
    return fresh


@pytest.fixture
def broken_layer(failures):
    channel_layers.backends = {"default": BrokenLayer()}
    return failures


@pytest.fixture
def hanging_layer(failures):
    channel_layers.backends = {"default": HangingLayer()}
    return failures


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(broadcast.time, "monotonic", clock)
    return clock


async def test_every_call_that_fails_is_counted_and_costs_its_caller_nothing(broken_layer, voice_session):
    for _ in range(3):
        await broadcast.publish(await sync_to_async(recording.append)(voice_session.pk, [words()]))

    await broadcast.all_told()
    assert (broken_layer.total, broken_layer.by_error) == (3, {"ConnectionError": 3})


async def test_a_layer_that_hangs_is_given_up_and_what_waits_is_dropped_and_counted(
    hanging_layer, voice_session, monkeypatch
):
    monkeypatch.setattr(broadcast, "LAYER_TIMEOUT_S", 0.05)

    await broadcast.show(voice_session.pk, "{}", "{}", "{}")

    await broadcast.all_told()
    assert hanging_layer.by_error == {"TimeoutError": 1, "NotSent": 2}


async def test_no_more_waits_for_the_layer_than_it_may(hanging_layer, voice_session, monkeypatch):
    monkeypatch.setattr(broadcast, "MAX_UNSENT", 5)

    await broadcast.show(voice_session.pk, *["{}"] * 8)

    assert hanging_layer.by_error == {"NotSent": 3}


async def test_sound_does_not_wait_for_a_layer_that_hangs(hanging_layer, alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        began_s = time.monotonic()
        await microphone.send_sound(SECOND_OF_SILENCE * 5)

        await microphone.until("ack", heard_sample=80_000)

        assert time.monotonic() - began_s < broadcast.LAYER_TIMEOUT_S


async def test_a_view_opens_though_the_layer_hangs(hanging_layer, alices_browser, voice_session, monkeypatch):
    monkeypatch.setattr(broadcast, "LAYER_TIMEOUT_S", 0.2)
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.until("presence")


def test_a_layer_that_fails_all_the_time_is_told_now_and_then(failures, clock, caplog):
    for _ in range(500):
        failures.note(ConnectionError("no Redis at 192.0.2.1"))
    clock.now_s += COMPLAIN_EVERY_S
    failures.note(TimeoutError())

    assert [(record.error, record.failed_calls) for record in caplog.records] == [
        ("ConnectionError", 1),
        ("TimeoutError", 500),
    ]
    assert failures.total == 501
    assert "192.0.2.1" not in caplog.text


async def test_a_viewer_gets_all_that_is_said_though_the_layer_does_nothing(
    broken_layer, alices_browser, voice_session
):
    async with (
        view_of(alices_browser.cookies, voice_session) as view,
        microphone_of(alices_browser.cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 3)
        await microphone.say("finalize")
        await microphone.until("finalized")

        await presence.current().beat_once()

        await view.until_event("transcript")
    assert broken_layer.total > 0


async def test_a_command_tells_before_its_loop_ends(failures, voice_session):
    layer = channel_layers["default"]
    await layer.group_add(broadcast.group_of(voice_session.pk), "one")
    stored = await sync_to_async(recording.append)(voice_session.pk, [words()])

    await asyncio.to_thread(broadcast.publish_sync, stored)

    assert (await layer.receive("one"))["last_seq"] == 1
